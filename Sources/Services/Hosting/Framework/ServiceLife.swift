/// Where a service is in its life, as its controller decides it: no clock, no task.
package struct ServiceLife: Sendable, Equatable {
    package enum State: Sendable, Equatable {
        /// There is a controller, and nothing more.
        case declared
        /// Being made, or starting.
        case starting
        case running
        case stopping
        /// Ended because it was asked to.
        case stopped
        /// A single shot that did what it is for.
        case finished
        case failed(reason: String)
    }

    enum Event: Sendable, Equatable {
        case begin
        case ready
        /// Somebody asks it to stop.
        case stop
        case end
        /// Ended by its cancellation.
        case cancelled
        case failure(String)
        /// Has not been ready for as long as a start may take.
        case overdue(limit: Duration)
    }

    package let shape: ServiceShape
    package private(set) var state = State.declared

    init(_ shape: ServiceShape) {
        self.shape = shape
    }

    /// Takes an event. One that comes too late changes nothing: an end is an end.
    ///
    /// - Returns: whether the state is another one.
    mutating func advance(_ event: Event) -> Bool {
        guard let next = next(event) else { return false }
        state = next
        return true
    }

    private func next(_ event: Event) -> State? {
        switch (state, event) {
        case (.stopped, _), (.finished, _), (.failed, _): nil
        case (_, .failure(let reason)): .failed(reason: reason)
        case (.declared, .begin): .starting
        case (.declared, .stop): .stopped
        case (.starting, .ready): .running
        case (.starting, .overdue(let limit)):
            .failed(reason: "not started within \(limit.text)")
        case (.starting, .stop), (.running, .stop): .stopping
        case (.stopping, .cancelled): .stopped
        case (.starting, .cancelled), (.running, .cancelled): .failed(reason: "cancelled")
        case (.stopping, .end): shape == .singleShot ? .finished : .stopped
        case (.starting, .end), (.running, .end):
            shape == .singleShot ? .finished : .failed(reason: "ended though nobody asked it to")
        default: nil
        }
    }

    package var isOver: Bool {
        switch state {
        case .declared, .starting, .running, .stopping: false
        case .stopped, .finished, .failed: true
        }
    }

    /// What the status tree shows.
    var report: StatusReport {
        switch state {
        case .declared: StatusReport(.unknown, "declared")
        case .starting: StatusReport(.startup, "starting")
        case .running: StatusReport(.ok, "running")
        case .stopping: StatusReport(.shutdown, "stopping")
        case .stopped: StatusReport(.shutdown, "stopped")
        case .finished: StatusReport(.ok, "finished")
        case .failed(let reason): StatusReport(.failed, reason)
        }
    }
}
