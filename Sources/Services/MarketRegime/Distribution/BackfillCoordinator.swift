package import Contracts
package import Market
package import Ports

/// Puts jobs on the topic `backfill-jobs` and follows `backfill-progress` until each is done or has
/// failed.
///
/// It keeps nothing: killed and started again it puts the same jobs, and what a worker did before
/// is found in the store and told as done.
package struct BackfillCoordinator: Sendable {
    /// Jobs that are put at a time.
    package static let batchLimit = 256
    /// How often it is shown how things are.
    package static let showInterval = Duration.seconds(1)

    private let bus: any EventBus
    private let silenceLimit: Duration
    private let now: @Sendable () -> Timestamp
    private let sleep: @Sendable (Duration) async throws -> Void

    /// - Parameters:
    ///   - silenceLimit: how long no job may get any further.
    ///   - now: the wall clock.
    ///   - sleep: waits, and throws when it is cancelled.
    package init(
        bus: any EventBus, silenceLimit: Duration, now: @escaping @Sendable () -> Timestamp,
        sleep: @escaping @Sendable (Duration) async throws -> Void = {
            try await Task.sleep(for: $0)
        }
    ) {
        self.bus = bus
        self.silenceLimit = silenceLimit
        self.now = now
        self.sleep = sleep
    }

    private enum Turn: Sendable {
        case heard(LoggedEvent?)
        case waited
    }

    /// - Parameters:
    ///   - next: some more jobs; empty at the end.
    ///   - show: called now and then, and at the end.
    /// - Returns: the board with every job done or failed.
    /// - Throws: `CoordinatorError`, `EventBusError`, and what `next` throws.
    package func run(
        _ next: () throws -> [BackfillJobEvent], show: (JobBoard) -> Void = { _ in }
    ) async throws -> JobBoard {
        // Before anything is put, so that nothing is told unheard.
        let progress = try await bus.tap(.backfillProgress, from: .latest)
        let outcome: Result<JobBoard, any Error>
        do {
            var board = JobBoard()
            try await put(next, on: &board)
            try await follow(progress, &board, show)
            outcome = .success(board)
        } catch {
            outcome = .failure(error)
        }
        await progress.close()
        return try outcome.get()
    }

    private func put(_ next: () throws -> [BackfillJobEvent], on board: inout JobBoard) async throws
    {
        while true {
            let jobs = try next()
            if jobs.isEmpty { return }
            for start in stride(from: 0, to: jobs.count, by: BackfillCoordinator.batchLimit) {
                let batch = jobs[start...].prefix(BackfillCoordinator.batchLimit)
                // Before they can be done.
                for job in batch { board.put(job, at: now()) }
                try await bus.publish(batch.map(\.message))
            }
        }
    }

    private func follow(
        _ progress: any EventReading, _ board: inout JobBoard, _ show: (JobBoard) -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Turn.self) { group in
            defer { group.cancelAll() }
            group.addTask { .heard(try await progress.next()) }
            group.addTask { try await wait() }
            while !board.isOver, let turn = try await group.next() {
                switch turn {
                case .heard(let event?):
                    // What cannot be read is of another version, and not of these jobs.
                    if let event = try? BackfillProgressEvent(payload: event.message.payload) {
                        board.take(event, at: now())
                    }
                    group.addTask { .heard(try await progress.next()) }
                case .heard(nil): throw CoordinatorError.closed
                case .waited:
                    show(board)
                    guard board.silence(at: now()) <= silenceLimit else {
                        throw CoordinatorError.silent(board.tally(at: now()), silenceLimit)
                    }
                    group.addTask { try await wait() }
                }
            }
        }
        show(board)
    }

    private func wait() async throws -> Turn {
        try await sleep(BackfillCoordinator.showInterval)
        return .waited
    }
}

/// Why jobs were not followed to their end; they stay on the topic, and whoever asks again hears of
/// what became of them.
package enum CoordinatorError: Error, Equatable, Sendable {
    /// No job moved on for too long.
    case silent(JobBoard.Tally, Duration)
    /// The topic of progress was closed.
    case closed
}

extension CoordinatorError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .silent(let tally, let limit):
            "no job got any further for \(limit): \(tally.done) of \(tally.jobs) done, "
                + "\(tally.failed) failed, \(tally.running + tally.stalled) begun. Start workers "
                + "(bloasis serve backfill-worker) with the same REDPANDA_BROKERS; jobs stay "
                + "where they are, and the same command again follows them"
        case .closed: "the progress of the jobs was cut off: give the same command again"
        }
    }
}
