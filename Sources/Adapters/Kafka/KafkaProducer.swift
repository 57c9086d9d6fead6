import CRDKafka

/// Sends records and tells where they lie once the brokers have them.
///
/// Unless the configuration says otherwise it is idempotent and waits for all in-sync replicas: a
/// record that is acknowledged is in the log once, and records of one key are in the order in which
/// one task sent them. Keys go to partitions as Java's clients send them (murmur2), so that a key
/// keeps its partition whoever writes.
package final class KafkaProducer: Sendable {
    package struct Limits: Sendable {
        /// Records that wait in the queue or for their acknowledgement.
        package var queuedRecords = 100_000
        package var queuedKilobytes = 65_536
        /// Callers that wait for room in the queue; one more is refused at once.
        package var waiters = 1_000

        package init() {}
    }

    /// Records of one call; more of them are an error.
    package static let batchLimit = DeliveryLedger.batchLimit

    package let servers: String
    private let slot: HandleSlot
    private let router: EventRouter
    private let turnstile: Turnstile

    /// - Throws: `KafkaError.unusable`. Brokers that are not there are no error here: see `ping`.
    package init(
        _ configuration: KafkaConfiguration, _ limits: Limits = Limits(),
        observer: KafkaObserver = KafkaObserver()
    ) throws(KafkaError) {
        servers = configuration.servers
        router = EventRouter(configuration, observer)
        turnstile = Turnstile(waiterLimit: limits.waiters)
        slot = HandleSlot(
            try ClientHandle(
                .producer, configuration, router: router,
                defaults: [
                    "enable.idempotence": "true", "partitioner": "murmur2_random",
                    "queue.buffering.max.messages": "\(limits.queuedRecords)",
                    "queue.buffering.max.kbytes": "\(limits.queuedKilobytes)",
                ],
                fixed: [:]))
    }

    /// Appends records in order and tells where each lies, once all are acknowledged.
    ///
    /// While the queue is full it waits for room. When it is cancelled or takes longer than
    /// `limit`, nobody hears of what was queued before; it is delivered nevertheless, unless the
    /// brokers stay away longer than `delivery.timeout.ms`.
    ///
    /// - Throws: `KafkaError.undelivered`, `timedOut`, `crowded`, `unsendable`, `closed`;
    ///   `failed` when the producer is of no use any more; `CancellationError`.
    @discardableResult
    package func send(
        _ records: [KafkaRecord], within limit: Duration
    ) async throws -> [KafkaOffset] {
        try Task.checkCancellation()
        guard !records.isEmpty else { return [] }
        try RecordEncoder.check(records)
        let handle = try slot.handle(servers)
        let late = KafkaError.timedOut(
            action: "take \(records.count) records", servers: servers, limit: limit)
        let (batch, answer) = try router.deliveries.open(records.count)
        defer { router.deliveries.forget(batch) }
        let outcome = try await Deadline.run(after: limit, else: late) { deadline in
            try await enqueue(records, batch, handle, by: deadline)
            return try await deadline.value(of: answer)
        }
        guard outcome.failures.isEmpty else {
            throw KafkaError.undelivered(
                KafkaLosses(failures: outcome.failures, delivered: outcome.offsets))
        }
        return records.indices.compactMap { outcome.offsets[$0] }
    }

    private func enqueue(
        _ records: [KafkaRecord], _ batch: UInt, _ handle: ClientHandle, by deadline: Deadline
    ) async throws {
        try await turnstile.enter(by: deadline)
        defer { turnstile.leave() }
        for (index, record) in records.enumerated() {
            while true {
                let clearances = router.deliveries.clearances
                let token = DeliveryLedger.token(batch, index)
                router.deliveries.expectReport()
                guard let error = RecordEncoder.produce(record, token, handle.client) else { break }
                router.deliveries.dropReport()
                guard rd_kafka_error_code(error) == RD_KAFKA_RESP_ERR__QUEUE_FULL else {
                    let fault = KafkaFault(
                        owning: error, action: "take a record", servers: servers,
                        topic: record.topic)
                    router.deliveries.refuse(index, of: batch, fault)
                    break
                }
                rd_kafka_error_destroy(error)
                try await router.deliveries.room(since: clearances, by: deadline)
            }
        }
    }

    /// Records that wait in the queue or for their acknowledgement.
    package var outstanding: Int { router.deliveries.outstanding }

    /// Waits until every record that was given is acknowledged or has failed.
    ///
    /// - Throws: `KafkaError.timedOut`, `closed`; `CancellationError`.
    package func flush(within limit: Duration) async throws {
        let handle = try slot.handle(servers)
        let late = KafkaError.timedOut(
            action: "acknowledge what was sent", servers: servers, limit: limit)
        let isFlushed = try await offThePool(within: limit + HandleSlot.grace, else: late) {
            rd_kafka_flush(handle.client, limit.milliseconds) == RD_KAFKA_RESP_ERR_NO_ERROR
        }
        guard isFlushed else { throw late }
    }

    /// Throws when no broker answers in time.
    package func ping(within limit: Duration) async throws {
        _ = try await slot.handle(servers).metadata(of: nil, within: limit)
    }

    /// Waits for what was sent, then ends; whoever still waits hears what was not delivered. Safe
    /// to call again.
    ///
    /// - Throws: `KafkaError.timedOut` when not all was acknowledged in time: the rest is lost.
    package func close(within limit: Duration) async throws {
        guard let handle = slot.empty() else { return }
        let late = KafkaError.timedOut(
            action: "acknowledge what was sent", servers: servers, limit: limit)
        let flushed = Answer<Bool>()
        HandleSlot.run {
            let result = rd_kafka_flush(handle.client, limit.milliseconds)
            // The client's end would leave what is under way unreported.
            rd_kafka_purge(handle.client, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT)
            flushed.give(.success(result == RD_KAFKA_RESP_ERR_NO_ERROR))
        }
        guard try await flushed.settled(within: limit + HandleSlot.grace, else: late) else {
            throw late
        }
    }
}
