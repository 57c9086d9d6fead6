import Glibc
package import Logging
package import ServiceLifecycle
package import UnixSignals

/// Runs services until one fails or a signal asks to stop, and keeps the promise about shutdown:
/// `SIGTERM received`, `Shutdown initiated`, drain, close, `Shutdown complete`. A second signal
/// exits at once.
package struct ServiceRunner: Sendable {
    /// How long services may drain what is in flight.
    package static let drainLimit = Duration.seconds(5)
    /// How long they may take after that, once cancelled.
    package static let cancellationLimit = Duration.seconds(1)
    package static let shutdownSignals: [UnixSignal] = [.sigterm, .sigint]

    private let services: [any Service]
    private let logger: Logger
    private let drainLimit: Duration
    private let cancellationLimit: Duration
    private let exitAtOnce: @Sendable (Int32) -> Void

    /// - Parameters:
    ///   - services: in dependency order; they stop in reverse.
    ///   - exitAtOnce: leaves the process without waiting for anything.
    package init(
        _ services: [any Service], logger: Logger,
        drainLimit: Duration = ServiceRunner.drainLimit,
        cancellationLimit: Duration = ServiceRunner.cancellationLimit,
        exitAtOnce: @escaping @Sendable (Int32) -> Void = LogOutput.exitAtOnce
    ) {
        self.services = services
        self.logger = logger
        self.drainLimit = drainLimit
        self.cancellationLimit = cancellationLimit
        self.exitAtOnce = exitAtOnce
    }

    /// Runs with the process's own signals.
    ///
    /// - Parameter closing: closes stores and caches once all services have stopped.
    /// - Throws: what the failing service threw, after everything else has stopped.
    package func run(closing: () async -> Void = {}) async throws {
        let signals = await UnixSignalsSequence(trapping: ServiceRunner.shutdownSignals)
        try await run(stoppingOn: signals, closing: closing)
    }

    /// Runs with signals from anywhere.
    ///
    /// - Parameter requests: each a reason to stop, as a signal is, but never to exit at once.
    package func run(
        stoppingOn signals: some AsyncSequence<UnixSignal, Never> & Sendable,
        requests: AsyncStream<String> = AsyncStream { $0.finish() },
        closing: () async -> Void = {}
    ) async throws {
        try await run(stoppingOn: signals, requests: requests, beginning: {}, closing: closing)
    }

    /// - Parameter beginning: called when the shutdown begins, before any service is told.
    func run(
        stoppingOn signals: some AsyncSequence<UnixSignal, Never> & Sendable,
        requests: AsyncStream<String>, beginning: @escaping @Sendable () -> Void,
        closing: () async -> Void
    ) async throws {
        var configuration = ServiceGroupConfiguration(services: services, logger: logger)
        configuration.maximumGracefulShutdownDuration = drainLimit
        let group = ServiceGroup(configuration: configuration)
        let outcome = await withTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                await obey(signals, requests) {
                    beginning()
                    await group.triggerGracefulShutdown()
                }
            }
            let outcome: Result<Void, any Error>
            do {
                outcome = .success(try await group.run())
            } catch {
                outcome = .failure(error)
                logger.error("Shutdown initiated", metadata: ["reason": "\(error)"])
            }
            await closing()
            tasks.cancelAll()
            return outcome
        }
        logger.info("Shutdown complete")
        try outcome.get()
    }

    private enum Stop {
        case signal(UnixSignal)
        case request(String)
    }

    /// The first signal or request starts the shutdown, a signal after that ends the process.
    private func obey(
        _ signals: some AsyncSequence<UnixSignal, Never> & Sendable,
        _ requests: AsyncStream<String>, _ begin: @Sendable () async -> Void
    ) async {
        // More than the two newest say nothing new.
        let (stops, stop) = AsyncStream.makeStream(
            of: Stop.self, bufferingPolicy: .bufferingNewest(2))
        await withTaskGroup(of: Void.self) { tasks in
            tasks.addTask { for await signal in signals { stop.yield(.signal(signal)) } }
            tasks.addTask { for await reason in requests { stop.yield(.request(reason)) } }
            var isStopping = false
            for await stop in stops {
                var metadata: Logger.Metadata = [:]
                switch stop {
                case .signal(let signal):
                    logger.info("\(signal.description.uppercased()) received")
                    if isStopping {
                        logger.warning("Exiting at once: the second signal")
                        exitAtOnce(128 + signal.rawValue)
                        tasks.cancelAll()
                        return
                    }
                case .request(let reason):
                    if isStopping { continue }
                    metadata["reason"] = "\(reason)"
                }
                isStopping = true
                logger.info("Shutdown initiated", metadata: metadata)
                tasks.addTask { await exitWhenOverdue() }
                await begin()
            }
            tasks.cancelAll()
        }
    }

    /// What neither drains nor heeds cancellation does not keep the process.
    private func exitWhenOverdue() async {
        do {
            try await Task.sleep(for: drainLimit + cancellationLimit)
        } catch {
            return
        }
        logger.error(
            "Shutdown incomplete: a service did not stop",
            metadata: ["limit": "\(drainLimit + cancellationLimit)"])
        exitAtOnce(1)
    }
}
