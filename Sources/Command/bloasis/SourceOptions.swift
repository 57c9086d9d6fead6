import ArgumentParser
import Clients
import Contracts
import Hosting
import Market

/// Where a verb's answers come from: the store, or a server.
struct SourceOptions: ParsableArguments {
    @Option(help: "Ask this server, as in http://localhost:8080, in place of the store.")
    var server: String?

    /// Opens the source, acts, and closes it again.
    func answering<Answer>(
        _ configuration: BloasisConfiguration,
        _ action: (any MarketRegimeAPI) async throws -> Answer
    ) async throws -> Answer {
        try await asking(
            configuration, store: { try await action($0.queries()) },
            server: { try await action(RemoteMarketRegime($0)) })
    }

    /// Opens the source, asks whichever it is, and closes it again.
    func asking<Answer>(
        _ configuration: BloasisConfiguration, store: (Assembly) async throws -> Answer,
        server ask: (any RemoteCalls) async throws -> Answer
    ) async throws -> Answer {
        guard let server else { return try await Assembly.with(configuration, store) }
        let calls = try HTTPCalls(
            server, token: configuration.token?.exposed, try ServiceDescriptors(),
            now: { SteadyClock.now }, chance: { Assembly.chance })
        return try await closing(calls.close) {
            do {
                return try await ask(calls)
            } catch let fault as RPCFault where fault.code == .unavailable {
                let hint =
                    fault.message == calls.unavailable.message
                    ? "see that bloasis serve runs there and that --server names its HTTP port; "
                        + "without --server the store is asked"
                    : "the server says so of what it depends on: see \(server)/ready"
                throw CommandFailure(.unavailable, fault.message, hint: hint)
            }
        }
    }

    /// The market as it is asked for: a server has a default of its own.
    func market(_ options: SeriesOptions, _ series: Series) -> String {
        server != nil && options.market == nil ? "" : series.market.text
    }
}
