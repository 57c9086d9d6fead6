package import Contracts
package import Market
import Regimes

/// What is known of the jobs that somebody put: which are open, done and failed. Decisions alone.
///
/// Jobs are counted by their ids: told twice, or by two workers, is told once. What is done stays
/// done, and a failed one that another worker did after all is done.
package struct JobBoard: Sendable {
    /// How long a job that runs may be silent before it counts as stalled: its worker is gone, or
    /// out of reach, and another will take it over.
    package static let stallLimit = Duration.seconds(60)

    private enum Place {
        case waiting
        case running(heard: Timestamp)
        case done
        case failed(String)

        var isOver: Bool {
            switch self {
            case .waiting, .running: false
            case .done, .failed: true
            }
        }
    }

    private struct Job {
        let series: Series
        var place = Place.waiting
        var work = BackfillWork()
        /// The last bar that any worker got to.
        var farthest: Timestamp?

        /// Whether what is told brings the job nearer to its end than whatever was told before: to
        /// begin again and again does not.
        func movesOn(with event: BackfillProgressEvent) -> Bool {
            switch (event.state, place) {
            case (.done, _), (.started, .waiting): true
            case (.started, _): false
            case (.failed, _): !place.isOver
            case (.running, _):
                event.asOf.map { asOf in farthest.map { $0 < asOf } ?? true } ?? false
            }
        }
    }

    private var jobs: [EventID: Job] = [:]
    private var open = 0
    /// When one of the jobs last moved on, or was put.
    private var moved: Timestamp?

    package init() {}

    package mutating func put(_ job: BackfillJobEvent, at now: Timestamp) {
        moved = now
        let id = job.id
        guard jobs[id] == nil else { return }
        jobs[id] = Job(series: job.series)
        open += 1
    }

    /// Takes what a worker tells; what is of others' jobs is let pass.
    package mutating func take(_ event: BackfillProgressEvent, at now: Timestamp) {
        guard var job = jobs[event.jobID] else { return }
        if case .done = job.place { return }
        let wasOver = job.place.isOver
        let movesOn = job.movesOn(with: event)
        switch event.state {
        case .started, .running:
            guard !wasOver else { return }
            job.place = .running(heard: now)
        case .done: job.place = .done
        case .failed: job.place = .failed(event.error ?? "no reason was given")
        }
        if movesOn { moved = now }
        if let asOf = event.asOf { job.farthest = max(job.farthest ?? asOf, asOf) }
        job.work = event.work
        if job.place.isOver, !wasOver { open -= 1 }
        jobs[event.jobID] = job
    }

    /// Whether nothing is left to be heard.
    package var isOver: Bool { open == 0 }

    /// For how long no job has moved on.
    package func silence(at now: Timestamp) -> Duration {
        moved.map { .nanoseconds(max(0, now.nanoseconds - $0.nanoseconds)) } ?? .zero
    }

    /// All of it in numbers.
    package struct Tally: Sendable, Equatable {
        package var jobs = 0
        /// Of which no worker has said anything.
        package var waiting = 0
        package var running = 0
        /// Running, and silent for longer than `stallLimit`.
        package var stalled = 0
        package var done = 0
        /// Done, and the store said all of it before.
        package var nothingNew = 0
        package var failed = 0
        package var work = BackfillWork()
    }

    package func tally(at now: Timestamp) -> Tally {
        var tally = Tally()
        tally.jobs = jobs.count
        for job in jobs.values {
            tally.work += job.work
            switch job.place {
            case .waiting: tally.waiting += 1
            case .running(let heard):
                let silence = Duration.nanoseconds(now.nanoseconds - heard.nanoseconds)
                if silence > JobBoard.stallLimit { tally.stalled += 1 } else { tally.running += 1 }
            case .done:
                tally.done += 1
                if job.work.wroteNothing { tally.nothingNew += 1 }
            case .failed: tally.failed += 1
            }
        }
        return tally
    }

    /// What failed and why, by name.
    package var failures: [(series: Series, reason: String)] {
        jobs.values.compactMap { job in
            guard case .failed(let reason) = job.place else { return nil }
            return (job.series, reason)
        }.sorted { $0.series.market < $1.series.market }
    }
}
