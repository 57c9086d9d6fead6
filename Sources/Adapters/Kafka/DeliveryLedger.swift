import CRDKafka
import Synchronization

/// Which records await their acknowledgement, by batches, and whether there is room for more.
///
/// librdkafka is given a number with each record, not a pointer: a batch that nobody waits for any
/// more is forgotten here, and reports of its records are of no interest.
final class DeliveryLedger: Sendable {
    /// Records of one batch, so that a record's number fits in a pointer.
    static let batchLimit = 1 << 20
    private static let indexBits = 20

    struct Outcome: Sendable {
        var offsets: [Int: KafkaOffset] = [:]
        var failures: [Int: KafkaFault] = [:]
    }

    private struct Batch {
        var outstanding: Int
        var outcome = Outcome()
        let answer: Answer<Outcome>

        mutating func settle(_ note: (inout Outcome) -> Void) {
            outstanding -= 1
            note(&outcome)
        }
    }

    private struct State {
        var batches: [UInt: Batch] = [:]
        var lastBatch: UInt = 0
        /// Records that librdkafka has taken and not reported on, whoever waits for them.
        var outstanding = 0
        var clearances = 0
        /// Who waits for room.
        var waiter: Answer<Void>?
        var fault: KafkaFault?
        var end: KafkaError?
    }

    private let servers: String
    private let state = Mutex(State())

    init(servers: String) {
        self.servers = servers
    }

    // MARK: - Batches

    /// - Throws: what makes the producer unusable.
    func open(_ count: Int) throws -> (batch: UInt, answer: Answer<Outcome>) {
        let answer = Answer<Outcome>()
        return try state.withLock { state in
            try Self.check(state)
            state.lastBatch += 1
            state.batches[state.lastBatch] = Batch(outstanding: count, answer: answer)
            return (state.lastBatch, answer)
        }
    }

    func forget(_ batch: UInt) {
        state.withLock { _ = $0.batches.removeValue(forKey: batch) }
    }

    /// What librdkafka is given with a record.
    static func token(_ batch: UInt, _ index: Int) -> UnsafeMutableRawPointer? {
        UnsafeMutableRawPointer(bitPattern: batch << UInt(indexBits) | UInt(index))
    }

    /// A record that librdkafka did not take.
    func refuse(_ index: Int, of batch: UInt, _ fault: KafkaFault) {
        settle(batch) { $0.failures[index] = fault }
    }

    private func settle(_ batch: UInt, _ note: (inout Outcome) -> Void) {
        let done = state.withLock { state -> Batch? in
            // In place: a copy of the outcome for each record would make a batch quadratic.
            state.batches[batch]?.settle(note)
            guard state.batches[batch]?.outstanding == 0 else { return nil }
            return state.batches.removeValue(forKey: batch)
        }
        if let done { done.answer.give(.success(done.outcome)) }
    }

    // MARK: - Room

    var outstanding: Int { state.withLock { $0.outstanding } }

    /// A record is about to be handed to librdkafka.
    func expectReport() { state.withLock { $0.outstanding += 1 } }

    /// It did not take it, or has reported on it.
    func dropReport() { state.withLock { $0.outstanding -= 1 } }

    /// How often reports have made room so far.
    var clearances: Int { state.withLock { $0.clearances } }

    func madeRoom() {
        let waiter = state.withLock { state in
            state.clearances += 1
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.give(.success(()))
    }

    /// Waits until reports have made room more often than they had; one caller at a time.
    ///
    /// - Throws: what the deadline throws, or makes the producer unusable; `CancellationError`.
    func room(since clearances: Int, by deadline: Deadline) async throws {
        let answer = Answer<Void>()
        try state.withLock { state in
            try Self.check(state)
            if state.clearances == clearances {
                state.waiter = answer
            } else {
                answer.give(.success(()))
            }
        }
        try await deadline.value(of: answer)
    }

    // MARK: - Reports

    /// Takes the reports of an event.
    func take(_ event: OpaquePointer) {
        while let message = rd_kafka_event_message_next(event) {
            dropReport()
            let token = UInt(bitPattern: message.pointee._private)
            let (batch, index) = (token >> UInt(Self.indexBits), Int(token) & (Self.batchLimit - 1))
            let topic = message.pointee.rkt.map { String(cString: rd_kafka_topic_name($0)) } ?? ""
            let partition = message.pointee.partition
            guard message.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR else {
                let fault = KafkaFault(
                    message.pointee.err, action: "take a record", servers: servers, topic: topic,
                    partition: partition >= 0 ? partition : nil)
                refuse(index, of: batch, fault)
                continue
            }
            let offset = KafkaOffset(
                KafkaPartition(topic, partition), max(message.pointee.offset, KafkaOffset.unknown))
            settle(batch) { $0.offsets[index] = offset }
        }
    }

    /// The producer can do nothing more; what it was given is still reported on.
    func fail(_ fault: KafkaFault) {
        let waiter = state.withLock { state in
            state.fault = state.fault ?? fault
            return state.waiter
        }
        waiter?.give(.failure(KafkaError.failed(fault)))
    }

    /// Nothing is reported any more.
    func end(_ error: KafkaError) {
        let (batches, waiter) = state.withLock { state in
            state.end = error
            defer { state.batches = [:] }
            return (state.batches.values, state.waiter)
        }
        for batch in batches { batch.answer.give(.failure(error)) }
        waiter?.give(.failure(error))
    }

    private static func check(_ state: State) throws {
        if let end = state.end { throw end }
        if let fault = state.fault { throw KafkaError.failed(fault) }
    }
}
