import Logging
import ServiceLifecycle
import Synchronization

/// A service ended without an error of its own to say why.
package struct ServiceFailure: Error, Equatable, Sendable, CustomStringConvertible {
    package let instance: String
    package let reason: String

    package var description: String { "\(instance): \(reason)" }
}

/// Makes a service, runs it, and says what became of it: there before the service, and after it.
package final class ServiceController: Sendable {
    package let entry: ServiceEntry
    package let instance: String

    private struct State {
        var life: ServiceLife
        var failure: (any Error)?
        var node: StatusNode
    }

    private let state: Mutex<State>
    private let logger: Logger

    /// - Parameter node: where the status is shown.
    init(_ entry: ServiceEntry, instance: String, node: StatusNode, logger: Logger) {
        self.entry = entry
        self.instance = instance
        var logger = logger
        logger[metadataKey: "instance"] = "\(instance)"
        self.logger = logger
        let life = ServiceLife(entry.shape)
        node.report(life.report, by: .life)
        state = Mutex(State(life: life, node: node))
    }

    package var life: ServiceLife { state.withLock { $0.life } }

    /// Why the service failed, if it did.
    package var failure: (any Error)? { state.withLock { $0.failure } }

    /// Runs the service; returns once that has ended and this task was asked to stop: a service
    /// group would take an earlier end for a reason to end the others.
    func run(in process: ServiceProcess) async {
        await withTaskCancellationOrGracefulShutdownHandler {
            await live(in: process)
            try? await gracefulShutdown()
        } onCancelOrGracefulShutdown: {
            self.advance(.stop, in: process)
        }
    }

    private func live(in process: ServiceProcess) async {
        guard advance(.begin, in: process) else { return }
        let limit = process.limits.start
        let started = Flight<Void>()
        let service = Task {
            await serve(in: process) { started.land(.success(())) }
            started.land(.success(()))
        }
        await withTaskCancellationHandler {
            let isLate = (try? await started.lands(within: limit)) == false
            if isLate, advance(.overdue(limit: limit), in: process) {
                // What hangs is left to itself: it shall not keep the others from closing.
                service.cancel()
            } else {
                await service.value
            }
        } onCancel: {
            service.cancel()
        }
    }

    private func serve(in process: ServiceProcess, _ started: @Sendable () -> Void) async {
        let context = ServiceContext(
            instance: instance, logger: logger, status: state.withLock { $0.node },
            settings: NoSettings(), process: process)
        do {
            try await process.openNeeds()
            let service = try await entry.make(context)
            // Made too late, or for a process that is ending: it never lives.
            guard life.state == .starting else { throw CancellationError() }
            try await service.live {
                self.advance(.ready, in: process)
                started()
            }
            advance(.end, in: process)
        } catch is CancellationError {
            advance(.cancelled, in: process)
        } catch {
            fail(error, in: process)
        }
    }

    /// The service, made or not, has failed.
    func fail(_ error: any Error, in process: ServiceProcess) {
        advance(.failure(StatusReport.line("\(error)")), because: error, in: process)
    }

    /// - Returns: whether the event changed anything.
    @discardableResult
    private func advance(
        _ event: ServiceLife.Event, because error: (any Error)? = nil, in process: ServiceProcess
    ) -> Bool {
        let life = state.withLock { state -> ServiceLife? in
            guard state.life.advance(event) else { return nil }
            if case .failed(let reason) = state.life.state {
                state.failure = error ?? ServiceFailure(instance: instance, reason: reason)
            }
            if state.life.isOver {
                // What is left of the service has nothing to say any more.
                state.node = state.node.renewed(saying: state.life.report)
            } else {
                state.node.report(state.life.report, by: .life)
            }
            return state.life
        }
        guard let life else { return false }
        log(life.state)
        if life.isOver { process.hasEnded(self) }
        return true
    }

    private func log(_ state: ServiceLife.State) {
        switch state {
        case .declared, .starting, .stopping: logger.debug("Service \(state)")
        case .running, .stopped, .finished: logger.info("Service \(state)")
        case .failed(let reason): logger.error("Service failed", metadata: ["reason": "\(reason)"])
        }
    }
}
