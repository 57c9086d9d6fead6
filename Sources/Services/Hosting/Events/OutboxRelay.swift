package import Logging
package import Market
import Metrics
package import Ports
import ServiceLifecycle

/// Publishes outbox rows in commit order and marks a row only after the bus acknowledged it. While
/// one batch is on its way, the one before is marked and the next is read.
///
/// Delivery is at least once: a relay killed between the two publishes the row again, with the same
/// `event_id`. One relay is active per store, by a lease that a dead one loses.
package struct OutboxRelay: Service {
    /// Rows published and marked together; twice as many are in memory at the most. Below some
    /// hundred the marks' commits take most of the time (`make bench-stack`).
    package static let batchLimit = 1_024
    /// How long a relay that stops renewing keeps the others waiting.
    static let leaseDurationSeconds: Int64 = 10
    /// How often a relay looks again without having been woken.
    static let recheckInterval: Duration = .seconds(2)
    /// Attempts that fail for no reason that passes, without one that succeeds in between, before
    /// the relay gives up and the process says so. A store or a bus that is away is waited for.
    package static let attemptLimit = 30

    private let outbox: any Outbox
    private let bus: any EventBus
    private let owner: String
    private let now: @Sendable () -> Timestamp
    private let logger: Logger
    private let batchLimit: Int

    /// - Parameters:
    ///   - owner: names this relay among those of the store, unique per process.
    ///   - now: the wall clock, for the lease.
    package init(
        outbox: any Outbox, bus: any EventBus, owner: String,
        now: @escaping @Sendable () -> Timestamp, logger: Logger,
        batchLimit: Int = OutboxRelay.batchLimit
    ) {
        self.batchLimit = batchLimit
        self.outbox = outbox
        self.bus = bus
        self.owner = owner
        self.now = now
        self.logger = logger
    }

    package func run() async throws {
        let (wakeUps, wake) = AsyncStream.makeStream(
            of: Void.self, bufferingPolicy: .bufferingNewest(1))
        try await withGracefulShutdownHandler {
            try await follow(wakeUps, wake)
        } onGracefulShutdown: {
            // A drain under way finishes: what was cancelled on its way to the bus may be there,
            // and would be published again.
            wake.finish()
        }
        // What is committed is relayed before the program ends; what cannot be stays in the outbox.
        do {
            try await drain()
            try await outbox.releaseLease(owner: owner)
        } catch {
            logger.warning(
                "Outbox not relayed to its end", metadata: ["error": "\(error)"])
        }
    }

    /// Drains after every commit, and at a steady pace besides: that is when a lease elsewhere may
    /// have run out and when a failed attempt is made again.
    private func follow(
        _ wakeUps: AsyncStream<Void>, _ wake: AsyncStream<Void>.Continuation
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for await _ in outbox.commits() { wake.yield() }
            }
            group.addTask {
                while (try? await Task.sleep(for: OutboxRelay.recheckInterval)) != nil {
                    wake.yield()
                }
            }
            defer { group.cancelAll() }
            var attempt = 0
            /// Of the attempts, those that failed for no reason that passes.
            var failures = 0
            for await _ in wakeUps {
                do {
                    try await drain()
                    (attempt, failures) = (0, 0)
                } catch is CancellationError {
                    return
                } catch {
                    attempt += 1
                    if !error.passes { failures += 1 }
                    logger.warning(
                        "Outbox relay attempt failed",
                        metadata: [
                            "attempt": "\(attempt)", "failures": "\(failures)",
                            "limit": "\(OutboxRelay.attemptLimit)", "error": "\(error)",
                        ])
                    guard failures < OutboxRelay.attemptLimit else { throw error }
                }
            }
        }
    }

    /// Publishes what is pending and gives the lease back: what a process does that announces and
    /// then ends. A lease that another relay holds is waited for as long as a dead one could hold
    /// it; after that the living one has the rows.
    package func drainOnce() async throws -> Outcome {
        let attempts =
            Int(
                Duration.seconds(OutboxRelay.leaseDurationSeconds) / OutboxRelay.recheckInterval)
            + 1
        for _ in 0..<attempts {
            let outcome = try await drain()
            if outcome != .leaseHeldElsewhere {
                try await outbox.releaseLease(owner: owner)
                return outcome
            }
            try await Task.sleep(for: OutboxRelay.recheckInterval)
        }
        return .leaseHeldElsewhere
    }

    /// What one look at the outbox came to.
    package enum Outcome: Sendable, Equatable {
        case drained(published: Int)
        /// Rows wait, and another relay has the lease.
        case leaseHeldElsewhere
    }

    /// Publishes until nothing is pending.
    @discardableResult
    package func drain() async throws -> Outcome {
        var published = 0
        var lease: LeaseTerm?
        /// The last row that the bus has and the outbox does not know of yet.
        var acknowledged: Int64?
        var rows = try await outbox.pending(limit: batchLimit)
        while let last = rows.last?.position {
            guard try await holdsLease(&lease) else {
                try await mark(acknowledged)
                return .leaseHeldElsewhere
            }
            let isFull = rows.count == batchLimit
            let before = acknowledged
            async let ahead = isFull ? read(after: last) : []
            async let marked: Void = mark(before)
            let outcome = await outcome(ofPublishing: rows)
            // Whatever became of these rows, those before them are marked.
            try await marked
            acknowledged = nil
            try outcome.get()
            acknowledged = last
            published += rows.count
            Counter(label: "outbox_relayed_total").increment(by: rows.count)
            rows = try await ahead
            if !isFull {
                try await mark(acknowledged)
                acknowledged = nil
                rows = try await read(after: last)
            }
        }
        try await mark(acknowledged)
        return .drained(published: published)
    }

    private func read(after position: Int64) async throws -> [OutboxRow] {
        try await outbox.pending(after: position, limit: batchLimit)
    }

    private func mark(_ position: Int64?) async throws {
        if let position { try await outbox.markPublished(through: position) }
    }

    /// Takes the lease, and extends it once half of it has run out.
    private func holdsLease(_ lease: inout LeaseTerm?) async throws -> Bool {
        let term = LeaseTerm(from: now(), seconds: OutboxRelay.leaseDurationSeconds)
        if let lease, !lease.isToBeExtended(at: term.start) { return true }
        guard try await outbox.acquireLease(owner: owner, for: term) else { return false }
        lease = term
        return true
    }

    private func outcome(ofPublishing rows: [OutboxRow]) async -> Result<Void, any Error> {
        do { return .success(try await publish(rows)) } catch { return .failure(error) }
    }

    /// Publishes rows in order; what the bus will never take goes to the dead-letter topic.
    private func publish(_ rows: [OutboxRow]) async throws {
        do {
            try await bus.publish(rows.map(\.message))
        } catch EventBusError.refused(let reasons) {
            if rows.count == 1 {
                return try await setAside(rows[0], reason: reasons[0] ?? "refused")
            }
            // Brokers refuse what they were sent together: which rows they mean shows when each
            // goes alone. Those that came later may be there already, and consumers tell a repeat
            // by its event_id.
            for row in rows.dropFirst(reasons.keys.min() ?? 0) { try await publish([row]) }
        }
    }

    private func setAside(_ row: OutboxRow, reason: String) async throws {
        logger.error(
            "Event set aside on the dead-letter topic",
            metadata: ["event_id": "\(row.eventID)", "reason": "\(reason)"])
        try await DeadLetters(bus: bus, now: now, logger: logger).setAside(
            LoggedEvent(message: row.message, partition: -1, offset: -1), reason: reason,
            attempts: 1)
    }
}
