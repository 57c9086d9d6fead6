package import Contracts
import Hosting
package import Logging
package import Market
package import Ports
import Regimes
import ServiceLifecycle
import Synchronization

/// Takes jobs from the topic `backfill-jobs`, one of a partition at a time, and does each as
/// `Backfill` does.
///
/// The offset is stored after the job's end was told on `backfill-progress`, so a job whose worker
/// dies comes to another one, and goes on where the store is. While a job runs its partition is
/// paused and the member goes on waiting for others, so that no job is too long for the group. One
/// that is lost to another member is given up at the next chunk. A job that cannot be done is told
/// as failed and not tried again; a message that is none goes to the dead-letter topic. A store
/// that is away is waited for as long as `JobPatience` lasts, a bus until it is back: without it
/// nothing can be told.
package struct BackfillWorker: Service {
    package static let group = ConsumerGroup("backfill-worker")
    /// How often a job that runs tells how it goes.
    package static let progressInterval = Duration.seconds(2)
    package static let retryDelay = Duration.milliseconds(200)
    package static let retryDelayMaximum = Duration.seconds(5)

    /// A job ready to be done.
    package struct Work {
        package let request: BackfillRequest
        package let pull: Backfill.Source
        /// The same bars, to be looked at before the first is written.
        package let scan: Backfill.Source?

        package init(
            request: BackfillRequest, pull: @escaping Backfill.Source,
            scan: Backfill.Source? = nil
        ) {
            self.request = request
            self.pull = pull
            self.scan = scan
        }
    }

    private let bus: any EventBus
    private let backfill: Backfill
    private let name: String
    private let concurrency: Int
    private let open: @Sendable (BackfillJobEvent) throws -> Work
    private let written: @Sendable (Series) async -> Void
    private let now: @Sendable () -> Timestamp
    private let logger: Logger
    private let sleep: @Sendable (Duration) async throws -> Void

    /// - Parameters:
    ///   - name: of this worker, among all.
    ///   - concurrency: jobs that run at once.
    ///   - open: finds a job's source; what it throws fails the job.
    ///   - written: hears of each series that may have been written.
    ///   - now: the wall clock.
    ///   - sleep: waits, and throws when it is cancelled.
    package init(
        bus: any EventBus, backfill: Backfill, name: String, concurrency: Int,
        open: @escaping @Sendable (BackfillJobEvent) throws -> Work,
        written: @escaping @Sendable (Series) async -> Void = { _ in },
        now: @escaping @Sendable () -> Timestamp, logger: Logger,
        sleep: @escaping @Sendable (Duration) async throws -> Void = {
            try await Task.sleep(for: $0)
        }
    ) {
        self.bus = bus
        self.backfill = backfill
        self.name = name
        self.concurrency = concurrency
        self.open = open
        self.written = written
        self.now = now
        self.logger = logger
        self.sleep = sleep
    }

    package func run() async throws {
        var delay = BackfillWorker.retryDelay
        do {
            while true {
                do {
                    try await cancelWhenGracefulShutdown { try await stay() }
                    return
                } catch  where error.passes {
                    logger.warning(
                        "Jobs not read, joining the group again", metadata: ["error": "\(error)"])
                }
                try await cancelWhenGracefulShutdown { [delay] in try await sleep(delay) }
                delay = min(delay * 2, BackfillWorker.retryDelayMaximum)
            }
        } catch is CancellationError {
            // Shutting down: what is committed stays, and the jobs in hand come again.
        }
    }

    /// Joins the group, works until something fails, and leaves.
    private func stay() async throws {
        let subscription = try await bus.subscribe(
            to: [.backfillJobs], as: BackfillWorker.group, from: .earliest)
        logger.notice("Waiting for jobs", metadata: ["worker": "\(name)"])
        let outcome: Result<Void, any Error>
        do {
            outcome = .success(try await work(subscription))
        } catch {
            outcome = .failure(error)
        }
        await subscription.close()
        try outcome.get()
    }

    private enum Turn: Sendable {
        case arrived(LoggedEvent)
        case ended(LoggedEvent, isLost: Bool)
        case closed
    }

    private func work(_ subscription: any EventSubscription) async throws {
        var desk = JobDesk(limit: concurrency)
        try await withThrowingTaskGroup(of: Turn.self) { group in
            group.addTask { try await listen(subscription) }
            while let turn = try await group.next() {
                let steps: [JobDesk.Step]
                switch turn {
                case .closed:
                    group.cancelAll()
                    return
                case .arrived(let event):
                    group.addTask { try await listen(subscription) }
                    steps = desk.arrived(event)
                case .ended(let event, let isLost):
                    steps = desk.ended(event, isLost: isLost)
                }
                for step in steps {
                    switch step {
                    case .start(let event):
                        group.addTask { try await perform(event, of: subscription) }
                    case .resume(let event): subscription.resume(after: event)
                    }
                }
            }
        }
    }

    private func listen(_ subscription: any EventSubscription) async throws -> Turn {
        guard let event = try await subscription.next() else { return .closed }
        // Before anything more is asked for.
        subscription.pause(after: event)
        return .arrived(event)
    }
}

// MARK: - One job

extension BackfillWorker {
    /// The partition went to another member.
    private struct JobLost: Error {}

    private func perform(
        _ event: LoggedEvent, of subscription: any EventSubscription
    ) async throws -> Turn {
        do {
            try await settle(event, of: subscription)
            try await subscription.commit(event)
            return .ended(event, isLost: false)
        } catch is JobLost {
            return .ended(event, isLost: true)
        } catch EventBusError.partitionLost {
            return .ended(event, isLost: true)
        } catch  where error.passes {
            // The position is stored with the next job's, or the job comes again and writes
            // nothing.
            logger.warning(
                "Position not stored",
                metadata: ["offset": "\(event.offset)", "error": "\(error)"])
            return .ended(event, isLost: false)
        }
    }

    /// Does a job and tells of its end, or sets aside what is none.
    private func settle(
        _ event: LoggedEvent, of subscription: any EventSubscription
    ) async throws {
        let job: BackfillJobEvent
        do {
            job = try BackfillJobEvent(payload: event.message.payload)
        } catch {
            logger.error(
                "Job set aside on the dead-letter topic",
                metadata: ["offset": "\(event.offset)", "reason": "\(error)"])
            let letters = DeadLetters(bus: bus, now: now, logger: logger)
            return try await lasting(event, of: subscription) {
                try await letters.setAside(event, reason: "\(error)", attempts: 1)
            }
        }
        let end: BackfillProgressEvent
        do {
            end = try await done(job, of: event, subscription)
        } catch  where error is JobLost || error is CancellationError {
            throw error
        } catch {
            logger.error(
                "Job failed", metadata: ["series": "\(job.series)", "error": "\(error)"])
            end = BackfillProgressEvent(of: job, .failed, worker: name, error: "\(error)")
        }
        try await lasting(event, of: subscription) { _ = try await bus.publish([end.message]) }
        logger.info(
            "Job over", metadata: ["series": "\(job.series)", "state": "\(end.state)"])
    }

    /// Does a job, and again while what keeps it from being done passes, but not for ever without
    /// getting any further.
    ///
    /// - Throws: `JobLost`, `JobGivenUp`, and what fails the job.
    private func done(
        _ job: BackfillJobEvent, of event: LoggedEvent, _ subscription: any EventSubscription
    ) async throws -> BackfillProgressEvent {
        let meter = Meter()
        var patience = JobPatience()
        var isBegun = false
        while true {
            do {
                return try await write(job, of: event, subscription, meter, isBegun: &isBegun)
            } catch  where error.passes {
                guard subscription.holds(event) else { throw JobLost() }
                guard let delay = patience.delay(havingReached: meter.last?.lastAsOf) else {
                    throw JobGivenUp(reason: "\(error)")
                }
                logger.warning(
                    "Job not done, trying again",
                    metadata: ["series": "\(job.series)", "error": "\(error)"])
                try await sleep(delay)
            }
        }
    }

    /// Tells something, and again for as long as the bus is away.
    private func lasting<Value>(
        _ event: LoggedEvent, of subscription: any EventSubscription,
        _ body: () async throws -> Value
    ) async throws -> Value {
        var delay = BackfillWorker.retryDelay
        while true {
            do {
                return try await body()
            } catch  where error.passes {
                guard subscription.holds(event) else { throw JobLost() }
                logger.warning(
                    "Not told, trying again",
                    metadata: ["key": "\(event.message.key)", "error": "\(error)"])
            }
            try await sleep(delay)
            delay = min(delay * 2, BackfillWorker.retryDelayMaximum)
        }
    }

    /// How far a job is, for whoever tells of it.
    private final class Meter: Sendable {
        private let progress = Mutex<BackfillProgress?>(nil)

        var last: BackfillProgress? { progress.withLock { $0 } }

        func set(_ value: BackfillProgress) { progress.withLock { $0 = value } }
    }

    /// - Parameter isBegun: whether it was told that the job is begun, which is told once.
    private func write(
        _ job: BackfillJobEvent, of event: LoggedEvent, _ subscription: any EventSubscription,
        _ meter: Meter, isBegun: inout Bool
    ) async throws -> BackfillProgressEvent {
        // The same job was done to its end, and nobody wrote the series since.
        let head = try await backfill.reader.head(of: job.series)
        if let head, !job.emitting,
            head.source == SourceMark(digest: job.id.text, writes: head.writes)
        {
            return BackfillProgressEvent(of: job, .done, worker: name, asOf: head.lastAsOf)
        }
        if !isBegun {
            logger.info("Job begun", metadata: ["series": "\(job.series)"])
            let start = BackfillProgressEvent(of: job, .started, worker: name)
            try await lasting(event, of: subscription) {
                _ = try await bus.publish([start.message])
            }
            isBegun = true
        }
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await tell(of: job, meter) }
            defer { group.cancelAll() }
            let work = try open(job)
            let outcome: Result<BackfillResult, any Error>
            do {
                outcome = .success(
                    try await backfill.run(
                        work.request,
                        from: { limit in
                            try Task.checkCancellation()
                            guard subscription.holds(event) else { throw JobLost() }
                            return try work.pull(limit)
                        }, scanning: work.scan, progress: meter.set))
            } catch {
                outcome = .failure(error)
            }
            // Also when nothing was: whoever wrote it may have been killed before it told.
            await written(job.series)
            let result = try outcome.get()
            return BackfillProgressEvent(
                of: job, .done, worker: name, work: result.work, asOf: result.last?.asOf)
        }
    }

    /// Tells now and then how a job goes, until it is cancelled.
    private func tell(of job: BackfillJobEvent, _ meter: Meter) async throws {
        while true {
            try await sleep(BackfillWorker.progressInterval)
            var work = BackfillWork()
            work.bars = meter.last?.bars ?? 0
            let event = BackfillProgressEvent(
                of: job, .running, worker: name, work: work, asOf: meter.last?.lastAsOf)
            do {
                _ = try await bus.publish([event.message])
            } catch let error as CancellationError {
                throw error
            } catch {
                logger.warning("Progress not told", metadata: ["error": "\(error)"])
            }
        }
    }
}
