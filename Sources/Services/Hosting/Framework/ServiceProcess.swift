import Glibc
package import Logging
import ServiceLifecycle
import Synchronization
package import UnixSignals

/// How long the parts of a service's life may take.
package struct ServiceLimits: Sendable {
    /// To make a service and start it.
    package var start = Duration.seconds(30)
    package var drain = ServiceRunner.drainLimit
    /// Of the drain: kept for what stops after the doors.
    package var afterDoors = Duration.seconds(1)
    package var cancellation = ServiceRunner.cancellationLimit
    /// To close one shared value.
    package var close = Duration.seconds(2)
    /// To say how it fares when asked.
    package var answer = StatusTree.answerLimit

    package init() {}
}

/// The one object of a process that its services share: logger, values, statuses, what is made
/// once for all of them, and the one handler of signals.
package final class ServiceProcess: Sendable {
    package let logger: Logger
    package let values: ConfigurationValues
    package let status: StatusTree
    let limits: ServiceLimits

    private struct State {
        /// In dependency order.
        var controllers: [ServiceController] = []
        /// Of them, those that have failed, in that order.
        var failed: [ServiceController] = []
    }

    private let state = Mutex(State())
    private let sharedValues = SharedValues()
    private let needs: SharedValue<Void>
    private let exitAtOnce: @Sendable (Int32) -> Void
    private let stopRequests: AsyncStream<String>
    private let requestStop: AsyncStream<String>.Continuation
    /// Lands when a shutdown begins.
    private let shutdown = Flight<Void>()

    /// - Parameters:
    ///   - name: the root of the status tree.
    ///   - exitAtOnce: leaves the process without waiting for anything.
    ///   - needs: opens what must be there before any service is made.
    package init(
        name: String, values: ConfigurationValues, logger: Logger,
        limits: ServiceLimits = ServiceLimits(),
        exitAtOnce: @escaping @Sendable (Int32) -> Void = LogOutput.exitAtOnce,
        needing needs: @escaping @Sendable (ServiceProcess) async throws -> Void = { _ in }
    ) {
        self.values = values
        self.logger = logger
        self.limits = limits
        self.exitAtOnce = exitAtOnce
        self.needs = SharedValue("needs") { try await needs($0) }
        status = StatusTree(root: name, answerLimit: limits.answer)
        (stopRequests, requestStop) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    package var controllers: [ServiceController] { state.withLock { $0.controllers } }

    /// Adds a service that `run` will run; those it depends on come before it.
    ///
    /// - Parameter instance: `nil`: named like the service.
    /// - Throws: when another one is called so.
    @discardableResult
    package func declare(
        _ entry: ServiceEntry, as instance: String? = nil
    ) throws(StatusTreeError) -> ServiceController {
        let instance = instance ?? entry.name
        let controller = ServiceController(
            entry, instance: instance, node: try status.root.add(instance), logger: logger)
        state.withLock { $0.controllers.append(controller) }
        return controller
    }

    /// What services share under a key, made when it is first asked for; closed after the services
    /// have stopped, in reverse order of making.
    ///
    /// - Throws: what the making threw; `SharedValueError`; `CancellationError`.
    package func shared<Value>(_ key: SharedValue<Value>) async throws -> Value {
        try await sharedValues.value(of: key, in: self)
    }

    /// Waits for what must be there before any service is made.
    func openNeeds() async throws { try await shared(needs) }
}

// MARK: - Running

extension ServiceProcess {
    /// Runs what was declared until a signal, until a permanent service fails, or until all single
    /// shots are over and nothing else runs.
    ///
    /// Services start at once and stop one by one, the last declared first; doors that were
    /// declared one after the other stop together.
    ///
    /// - Throws: `ConfigurationError` before anything is started; afterwards the first failure of a
    ///   service that was to stay. Single shots' failures come out when nothing else was declared.
    package func run() async throws {
        try await run(stoppingOn: UnixSignalsSequence(trapping: ServiceRunner.shutdownSignals))
    }

    /// Runs with signals from anywhere.
    package func run(
        stoppingOn signals: some AsyncSequence<UnixSignal, Never> & Sendable
    ) async throws {
        try checkSettings()
        let runner = ServiceRunner(
            services(), logger: logger,
            drainLimit: limits.drain, cancellationLimit: limits.cancellation
        ) { code in
            let left = self.controllers.filter { !$0.life.isOver }.map(\.instance)
            self.logger.error("Services not stopped", metadata: ["instances": "\(left)"])
            self.exitAtOnce(code)
        }
        try await runner.run(
            stoppingOn: signals, requests: stopRequests,
            beginning: { self.shutdown.land(.success(())) },
            closing: { await sharedValues.close(within: limits.close, logger: logger) })
        let (controllers, failed) = state.withLock { ($0.controllers, $0.failed) }
        let isJob = controllers.allSatisfy { $0.entry.shape == .singleShot }
        if let error = failed.first(where: { isJob || $0.entry.shape != .singleShot })?.failure {
            throw error
        }
    }

    /// What stops at once, in dependency order.
    private func services() -> [any Service] {
        var services: [any Service] = []
        var doors: [ServiceController] = []
        func closeGroup() {
            if !doors.isEmpty { services.append(DoorGroup(doors: doors, process: self)) }
            doors = []
        }
        for controller in controllers {
            if controller.entry.isDoor {
                doors.append(controller)
            } else {
                closeGroup()
                services.append(ControlledService(controller: controller, process: self))
            }
        }
        closeGroup()
        return services
    }

    /// Returns when a shutdown has taken what doors may have of it.
    ///
    /// - Throws: `CancellationError`.
    func doorsAreOverdue() async throws {
        try await shutdown.value()
        try await Task.sleep(for: limits.drain - limits.afterDoors)
    }

    /// All problems of all services at once.
    private func checkSettings() throws(ConfigurationError) {
        var problems: [String] = []
        for controller in controllers {
            do {
                try controller.entry.check(values)
            } catch {
                controller.fail(error, in: self)
                problems += error.problems.filter { !problems.contains($0) }
            }
        }
        guard problems.isEmpty else { throw ConfigurationError(problems) }
    }

    /// A controller says that its service is over.
    func hasEnded(_ controller: ServiceController) {
        let controllers = state.withLock { state in
            if controller.failure != nil { state.failed.append(controller) }
            return state.controllers
        }
        let reason = ServiceProcess.reasonToStop(controllers.map { ($0.instance, $0.life) })
        if let reason { requestStop.yield(reason) }
    }

    /// Why the process should end, if it should.
    static func reasonToStop(_ services: [(instance: String, life: ServiceLife)]) -> String? {
        for (instance, life) in services where life.shape != .singleShot {
            if case .failed = life.state { return "\(instance) failed" }
        }
        return services.allSatisfy(\.life.isOver) ? "no service is left" : nil
    }
}

/// A controller as its service group sees it.
private struct ControlledService: Service {
    let controller: ServiceController
    let process: ServiceProcess

    func run() async { await controller.run(in: process) }
}
