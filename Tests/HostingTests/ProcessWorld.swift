import Hosting
import UnixSignals

/// A process of test services; its log lines and signals are in the test's hand.
struct ProcessWorld {
    let journal = Journal()
    let process: ServiceProcess
    let signal: AsyncStream<UnixSignal>.Continuation
    private let signals: AsyncStream<UnixSignal>

    /// - Parameter types: each declared under its name, in this order.
    init(
        _ types: [any HostedService.Type], environment: [String: String] = [:],
        limits: ServiceLimits = ServiceLimits()
    ) throws {
        let catalogue = try ServiceCatalogue(types)
        let configuration = try BloasisConfiguration.load(
            table: catalogue.table(), environment: environment, dotEnvPath: nil)
        process = ServiceProcess(
            name: "test", values: configuration.values, logger: journal.logger, limits: limits
        ) { [journal] in journal.note("exit \($0)") }
        (signals, signal) = AsyncStream.makeStream()
        for entry in catalogue.entries { try process.declare(entry) }
    }

    func run() async throws { try await process.run(stoppingOn: signals) }

    /// Waits until a service is in a state.
    func reaches(_ state: ServiceLife.State, _ instance: String) async {
        for await _ in process.status.snapshots() where life(instance) == state { return }
    }

    func life(_ instance: String) -> ServiceLife.State? {
        process.controllers.first { $0.instance == instance }?.life.state
    }

    func status(_ instance: String) -> StatusReport? {
        process.status.snapshot().find("test.\(instance)")?.own
    }
}
