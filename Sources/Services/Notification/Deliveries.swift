import Hosting
package import Logging
package import Market
import Metrics
import Notices
package import Ports
import ServiceLifecycle

/// Brings what people were told to their webhooks.
///
/// Any number of processes may do so at once: what one has taken no other sends for as long as its
/// lease lasts. A message is sent, then what became of it is written; a process that is killed in
/// between leaves it to be sent again, with the same id, when the lease has run out. One that is
/// shut down waits a little for what is under way, and gives the rest back.
package struct Deliveries: Service {
    /// Messages under way at the same time, and those among them to webhooks that did not take the
    /// last one: whoever hangs fails once, and from then on delays none that answers.
    package static let slots = 128
    package static let failingSlots = 32
    /// Longer than any attempt, with what is written of it.
    package static let leaseSeconds: Int64 = 60
    /// What is told goes on its way this soon.
    static let shortestPause: Duration = .milliseconds(50)
    /// What is under way when the process shuts down is waited for this long.
    package static let drainLimit: Duration = .seconds(3)
    /// Attempts to write what became of a message: while it isn't written, it may be sent again.
    static let writeAttempts = 5
    static let writePause: Duration = .milliseconds(250)

    private let store: any WebhookStore
    private let couriers: NoticeCouriers
    private let wording: NotificationWording
    private let owner: String
    private let time: Time
    private let logger: Logger
    private let state = DeliveryState()

    /// Clock, dice and patience of whoever runs it.
    package struct Time: Sendable {
        let now: @Sendable () -> Timestamp
        let sleep: @Sendable (Duration) async throws -> Void
        let draw: @Sendable () -> Double

        /// - Parameters:
        ///   - now: the wall clock.
        ///   - random: 0 ..< 1, uniform.
        ///   - sleep: waits, and throws when it is cancelled.
        package init(
            now: @escaping @Sendable () -> Timestamp, random: @escaping @Sendable () -> Double,
            sleep: @escaping @Sendable (Duration) async throws -> Void = {
                try await Task.sleep(for: $0)
            }
        ) {
            self.now = now
            draw = random
            self.sleep = sleep
        }
    }

    /// - Parameter owner: names the process, as no other is named.
    package init(
        from store: any WebhookStore, by couriers: NoticeCouriers, wording: NotificationWording,
        owner: String, time: Time, logger: Logger
    ) {
        self.store = store
        self.couriers = couriers
        self.wording = wording
        self.owner = owner
        self.time = time
        self.logger = logger
    }

    package func run() async throws {
        // Of an earlier run that failed, something may have been handed over that nobody sent.
        state.reset()
        let (taken, take) = AsyncStream.makeStream(of: TakenDelivery.self)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                // Ends when the process shuts down; what is under way does not.
                defer { take.finish() }
                try await self.work { take.yield($0) }.run()
            }
            group.addTask { await self.sendAll(taken) }
            try await group.waitForAll()
        }
    }

    // MARK: - Taking

    private func work(_ hand: @escaping @Sendable (TakenDelivery) -> Void) -> DueWork {
        DueWork(
            "Deliveries", after: { [store] in store.commits() },
            shortestPause: Deliveries.shortestPause, now: time.now, logger: logger,
            sleep: time.sleep, look: { try await self.look(at: $0, hand) })
    }

    /// Takes what is due, as far as there are slots.
    private func look(
        at present: Timestamp, _ hand: (TakenDelivery) -> Void
    ) async throws -> Timestamp? {
        let soon = present.advanced(bySeconds: 1)
        while true {
            // Read first: whoever takes writes, and wakes all who look for commits.
            guard let next = try await store.nextDelivery() else { return nil }
            let instant = time.now()
            let due = DueSpan(
                at: instant, longestWaitSeconds: DeliveryPage.longestWaitSeconds)
            guard due.contains(next) else { return next }
            var count = 0
            for pool in DeliveryPool.allCases {
                count += try await take(from: pool, at: instant, hand)
            }
            guard count > 0 else { return soon }
        }
    }

    /// - Returns: how many were taken.
    private func take(
        from pool: DeliveryPool, at instant: Timestamp, _ hand: (TakenDelivery) -> Void
    ) async throws -> Int {
        let free = state.freeSlots(of: pool)
        guard free > 0 else { return 0 }
        // By another name each time: what is under way is not to be had again.
        let name = "\(owner)#\(state.nextNumber())"
        let deliveries = try await store.takeDeliveries(
            as: name, for: LeaseTerm(from: instant, seconds: Deliveries.leaseSeconds),
            from: pool, limit: free)
        for delivery in deliveries {
            state.begin(in: pool)
            hand(TakenDelivery(delivery: delivery, owner: name, pool: pool))
        }
        return deliveries.count
    }

    // MARK: - Sending

    /// Until nothing more is handed over and all is sent, or that takes too long.
    private func sendAll(_ taken: AsyncStream<TakenDelivery>) async {
        await withTaskGroup(of: Void.self) { race in
            race.addTask {
                await withDiscardingTaskGroup { sends in
                    for await delivery in taken {
                        sends.addTask { await self.send(delivery) }
                    }
                }
            }
            race.addTask {
                // Cancelled when all is sent.
                guard (try? await gracefulShutdown()) != nil else { return }
                try? await self.time.sleep(Deliveries.drainLimit)
            }
            _ = await race.next()
            race.cancelAll()
        }
    }

    private func send(_ taken: TakenDelivery) async {
        defer { state.end(in: taken.pool) }
        let delivery = taken.delivery
        let result: DeliveryResult
        do {
            let content = try WebhookContent(delivery, in: wording)
            result = try await couriers.bring(content, to: delivery.webhook, at: time.now())
        } catch is CancellationError {
            return await giveBack(taken)
        } catch {
            result = .failed(reason: "it has no form: \(error)", retryAfterSeconds: nil)
        }
        let instant = time.now()
        let plan = DeliveryPlan(
            result, attempt: delivery.attempt, failures: delivery.webhook.failures, at: instant,
            random: time.draw())
        report(plan, of: delivery)
        await write(plan, of: taken, at: instant)
    }

    /// Whether it has arrived nobody knows: whoever comes next sends it again, with the same id,
    /// and need not wait for the end of the lease.
    private func giveBack(_ taken: TakenDelivery) async {
        let instant = time.now()
        do {
            try await finish(
                taken, as: .postpone(until: instant, reason: "the process ends"), at: instant)
        } catch {
            logger.warning(
                "Delivery not given back, it waits for the end of its lease",
                metadata: ["webhook": "\(taken.delivery.webhook.id)", "error": "\(error)"])
        }
    }

    private func write(
        _ plan: DeliveryPlan, of taken: TakenDelivery, at instant: Timestamp
    ) async {
        var pause = Deliveries.writePause
        for attempt in 1...Deliveries.writeAttempts {
            do {
                return try await finish(taken, as: plan, at: instant)
            } catch {
                logger.warning(
                    "Delivery's outcome not written, it may be sent again",
                    metadata: [
                        "webhook": "\(taken.delivery.webhook.id)", "attempt": "\(attempt)",
                        "error": "\(error)",
                    ])
                guard attempt < Deliveries.writeAttempts,
                    (try? await time.sleep(pause)) != nil
                else { return }
                pause = pause * 2
            }
        }
    }

    /// What is cancelled may write nothing more, so another task does; how long a store takes at
    /// the most it knows.
    private func finish(
        _ taken: TakenDelivery, as plan: DeliveryPlan, at instant: Timestamp
    ) async throws {
        try await Task {
            try await store.finish(taken.delivery, as: plan, by: taken.owner, at: instant)
        }.value
    }

    // MARK: - Telling

    private func report(_ plan: DeliveryPlan, of delivery: Delivery) {
        let webhook = delivery.webhook
        let (result, reason) = plan.told
        Counter(
            label: "deliveries_total",
            dimensions: [("format", webhook.format.rawValue), ("result", result)]
        ).increment()
        guard let reason else { return }
        // Of a URL, the host alone: the rest may be a secret.
        let place = webhook.format == .mail ? "mail" : (try? URLHost.of(webhook.url)) ?? ""
        logger.log(
            level: plan.isForOperator(after: delivery.attempt) ? .warning : .info,
            "Delivery failed",
            metadata: [
                "webhook": "\(webhook.id)", "format": "\(webhook.format.rawValue)",
                "host": "\(place)", "attempt": "\(delivery.attempt)", "result": "\(result)",
                "reason": "\(reason)",
            ])
    }
}

/// A delivery, and who it was taken as.
private struct TakenDelivery: Sendable {
    var delivery: Delivery
    var owner: String
    var pool: DeliveryPool
}

extension DeliveryPlan {
    /// What it is called where deliveries are counted, and why it came to that.
    fileprivate var told: (result: String, reason: String?) {
        switch self {
        case .done: ("delivered", nil)
        case .retry(_, let reason): ("failed", reason)
        case .postpone(_, let reason): ("postponed", reason)
        case .giveUp(let reason): ("given_up", reason)
        case .disable(let reason): ("disabled", reason)
        }
    }

    /// Whether nothing more is sent before somebody does something about it; once of each message.
    fileprivate func isForOperator(after attempt: Int) -> Bool {
        switch self {
        case .disable: true
        case .postpone: attempt == 1
        case .done, .retry, .giveUp: false
        }
    }
}
