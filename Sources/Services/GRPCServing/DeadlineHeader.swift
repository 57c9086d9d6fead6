import Contracts
import GRPCCore
import GRPCNIOTransportHTTP2Posix

/// The deadline that a caller sends (`grpc-timeout`: up to eight digits and a unit, «gRPC over
/// HTTP/2», Requests), in a form that the library can take.
///
/// grpc-swift 2.4.3 reads a number with a sign, and ends the process on a negative one; it passes
/// over eight digits and a unit, as clients send for some ten seconds in microseconds.
enum DeadlineHeader {
    private static let name = CallTimeout.header
    /// The most that the library takes: seven digits.
    private static let amountLimit = 9_999_999
    /// The next longer unit, and how many of a unit are one of it.
    private static let longer: [Character: (unit: Character, count: Int)] = [
        "n": ("u", 1_000), "u": ("m", 1_000), "m": ("S", 1_000), "S": ("M", 60), "M": ("H", 60),
    ]

    /// The same time or the least later one with fewer digits; `nil` for what is no timeout.
    static func taken(_ text: String) -> String? {
        guard var unit = text.last, unit == "H" || longer[unit] != nil,
            (2...9).contains(text.utf8.count),
            text.dropLast().utf8.allSatisfy({ (48...57).contains($0) }),
            var amount = Int(text.dropLast())
        else { return nil }
        while amount > amountLimit {
            guard let next = longer[unit] else { return "\(amountLimit)\(unit)" }
            amount = (amount + next.count - 1) / next.count
            unit = next.unit
        }
        return "\(amount)\(unit)"
    }

    static func normalize(_ metadata: inout Metadata) {
        let sent = metadata[stringValues: name].first { _ in true }
        metadata.removeAllValues(forKey: name)
        if let text = sent.flatMap(taken) { metadata.addString(text, forKey: name) }
    }
}

/// HTTP/2, with callers' deadlines put right before the library reads them.
struct DeadlineCheckingTransport: ListeningServerTransport {
    typealias Bytes = HTTP2ServerTransport.Posix.Bytes

    let base: HTTP2ServerTransport.Posix

    var listeningAddress: SocketAddress {
        get async throws { try await base.listeningAddress }
    }

    func configure(context: GRPCServerContext) { base.configure(context: context) }

    func beginGracefulShutdown() { base.beginGracefulShutdown() }

    func listen(
        streamHandler:
            @escaping @concurrent @Sendable (
                RPCStream<Inbound, Outbound>, ServerContext
            ) async -> Void
    ) async throws {
        try await base.listen { stream, context in
            var stream = stream
            stream.inbound = RPCAsyncSequence(
                wrapping: stream.inbound.map { part in
                    guard case .metadata(var metadata) = part else { return part }
                    DeadlineHeader.normalize(&metadata)
                    return .metadata(metadata)
                })
            await streamHandler(stream, context)
        }
    }
}
