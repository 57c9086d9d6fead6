import CRDKafka
import Dispatch
import Synchronization

/// What reads from Kafka, with a group or without one.
///
/// librdkafka's queue of messages wakes a serial queue of Dispatch, and only what runs there polls
/// it, and only while somebody asks. So no thread waits, rebalances are handled between messages,
/// and what nobody asks for stays with librdkafka.
final class ConsumerCore: @unchecked Sendable {
    /// Messages taken from librdkafka at a time.
    static let handoverLimit = 64

    struct State {
        var handle: ClientHandle?
        var buffer = ConsumerBuffer()
        var commits = CommitPlan()
        var waiter: Answer<ConsumerItem?>?
        var faults: [KafkaFault] = []
        /// Something was taken since the last tick.
        var isAsked = false
        var isClosing = false
    }

    let router: EventRouter
    let group: String
    let state: Mutex<State>
    /// Everything that polls.
    private let turns = DispatchQueue(label: "kafka.consumer")
    private let ticker: any DispatchSourceTimer
    private let messages: OpaquePointer
    /// Given once the group is left.
    private let isLeft = Answer<Void>()

    /// - Throws: `KafkaError.unusable`.
    init(
        _ configuration: KafkaConfiguration, _ observer: KafkaObserver, group: String,
        prefetchedKilobytes: Int, fixed: [String: String]
    ) throws(KafkaError) {
        let router = EventRouter(configuration, observer)
        let target = CallbackTarget()
        router.keep(target)
        let ours = [
            "group.id": group, "enable.auto.commit": "false", "enable.auto.offset.store": "false",
        ]
        let handle = try ClientHandle(
            .consumer, configuration, router: router,
            defaults: ["queued.max.messages.kbytes": "\(prefetchedKilobytes)"],
            fixed: ours.merging(fixed) { $1 }
        ) { parameters in
            rd_kafka_conf_set_opaque(parameters, Unmanaged.passUnretained(target).toOpaque())
            rd_kafka_conf_set_rebalance_cb(parameters, rebalanced)
        }
        guard let messages = rd_kafka_queue_get_consumer(handle.client) else {
            throw router.unusable("it has no queue of messages")
        }
        (self.router, self.group, self.messages) = (router, group, messages)
        state = Mutex(State(handle: handle))
        ticker = DispatchSource.makeTimerSource(queue: turns)
        target.core.withLock { $0.core = self }
        rd_kafka_queue_cb_event_enable(
            messages, messagesArrived, Unmanaged.passUnretained(target).toOpaque())
        startTicking(handle.pollInterval)
    }

    private func startTicking(_ pollInterval: Duration) {
        let interval = DispatchTimeInterval.milliseconds(Int((pollInterval / 4).milliseconds))
        ticker.setEventHandler { [weak self] in self?.tick() }
        ticker.schedule(deadline: .now() + interval, repeating: interval)
        ticker.activate()
    }

    var assignment: Set<KafkaPartition> { state.withLock { Set($0.buffer.epochs.keys) } }

    /// - Throws: `KafkaError.closed`.
    func handle() throws(KafkaError) -> ClientHandle {
        guard let handle = state.withLock({ $0.isClosing ? nil : $0.handle }) else {
            throw KafkaError.closed(servers: router.servers)
        }
        return handle
    }

    // MARK: - Asking

    /// What comes next; `nil` once closed.
    func next() async throws -> ConsumerItem? {
        try Task.checkCancellation()
        let answer = Answer<ConsumerItem?>()
        switch try state.withLock({ state in try Self.ask(&state, answer) }) {
        case .item(let item): return item
        case .closed: return nil
        case .wait: break
        }
        wake()
        do {
            return try await answer.value()
        } catch {
            state.withLock { if $0.waiter === answer { $0.waiter = nil } }
            throw error
        }
    }

    private enum Asked {
        case item(ConsumerItem)
        case wait
        case closed
    }

    private static func ask(_ state: inout State, _ answer: Answer<ConsumerItem?>) throws -> Asked {
        guard state.waiter?.isGiven ?? true else { throw KafkaError.busy }
        guard !state.isClosing else { return .closed }
        state.isAsked = true
        if !state.faults.isEmpty { throw KafkaError.failed(state.faults.removeFirst()) }
        if let item = state.buffer.take() { return .item(item) }
        state.waiter = answer
        return .wait
    }

    /// Gives a waiting caller what there is.
    private func serve() {
        state.withLock { state in
            guard let waiter = state.waiter else { return }
            if let fault = state.faults.first {
                if waiter.give(.failure(KafkaError.failed(fault))) { state.faults.removeFirst() }
            } else if let item = state.buffer.take() {
                // A caller that was cancelled takes nothing.
                if !waiter.give(.success(item)) { state.buffer.putBack(item) }
            } else {
                return
            }
            state.waiter = nil
        }
    }

    // MARK: - Polling, on the queue

    /// Polls soon if somebody asks.
    func wake() {
        turns.async { [weak self] in self?.turn() }
    }

    /// Polls once soon though nobody asks, unless there is much already.
    func nudge() {
        turns.async { [weak self] in
            let handle = self?.state.withLock { state in
                state.isClosing || state.buffer.count >= Self.handoverLimit ? nil : state.handle
            }
            guard let self, let handle else { return }
            _ = poll(handle)
            serve()
        }
    }

    private func turn() {
        let handle = state.withLock { $0.waiter == nil || $0.isClosing ? nil : $0.handle }
        guard let handle else { return }
        for _ in 0..<Self.handoverLimit {
            guard poll(handle) else { break }
        }
        serve()
    }

    /// librdkafka takes a member for dead that does not poll: one that waits polls for nothing, and
    /// one that works on what it was given takes one more than it needs.
    private func tick() {
        let handle = state.withLock { state -> ClientHandle? in
            defer { state.isAsked = false }
            return (state.isAsked || state.waiter != nil) && !state.isClosing ? state.handle : nil
        }
        if let handle { _ = poll(handle) }
        serve()
    }

    /// - Returns: whether there was something.
    private func poll(_ handle: ClientHandle) -> Bool {
        guard let message = rd_kafka_consumer_poll(handle.client, 0) else { return false }
        defer { rd_kafka_message_destroy(message) }
        let topic = message.pointee.rkt.map { String(cString: rd_kafka_topic_name($0)) }
        switch message.pointee.err {
        case RD_KAFKA_RESP_ERR_NO_ERROR:
            let position = KafkaOffset(
                KafkaPartition(topic ?? "", message.pointee.partition), message.pointee.offset)
            state.withLock { state in
                state.buffer.append(position) { MessageReader.read(message, position, epoch: $0) }
            }
        case RD_KAFKA_RESP_ERR__PARTITION_EOF:
            let partition = KafkaPartition(topic ?? "", message.pointee.partition)
            state.withLock { $0.buffer.end(partition) }
        default:
            let text = rd_kafka_message_errstr(message).map { String(cString: $0) }
            let fault = KafkaFault(
                message.pointee.err, message: text.map(router.redacted), action: "read",
                servers: router.servers, topic: topic,
                partition: message.pointee.partition >= 0 ? message.pointee.partition : nil)
            state.withLock { $0.faults.append(fault) }
        }
        return true
    }

    /// Takes over what the group has decided, while polling.
    fileprivate func rebalance(
        _ code: rd_kafka_resp_err_t, _ client: OpaquePointer,
        _ list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?
    ) {
        let partitions = PartitionList.reports(list).map(\.partition)
        let isIncremental =
            rd_kafka_rebalance_protocol(client).map { String(cString: $0) } == "COOPERATIVE"
        if code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS {
            state.withLock { $0.buffer.assign(partitions) }
            apply(isIncremental, client, list, rd_kafka_incremental_assign)
        } else {
            let isLost = rd_kafka_assignment_lost(client) != 0
            let paused = state.withLock { state in
                state.commits.forget(partitions)
                return state.buffer.revoke(partitions, isLost: isLost)
            }
            // librdkafka would leave them paused, for whenever they come back.
            let resumed = PartitionList(paused)
            withExtendedLifetime(resumed) { _ = rd_kafka_resume_partitions(client, $0.list) }
            apply(isIncremental, client, isIncremental ? list : nil, rd_kafka_incremental_unassign)
        }
    }

    private func apply(
        _ isIncremental: Bool, _ client: OpaquePointer,
        _ list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?,
        _ change: (
            OpaquePointer?, UnsafePointer<rd_kafka_topic_partition_list_t>?
        ) -> OpaquePointer?
    ) {
        var fault: KafkaFault?
        if isIncremental {
            if let error = change(client, list) {
                fault = KafkaFault(owning: error, action: "rebalance", servers: router.servers)
            }
        } else {
            let code = rd_kafka_assign(client, list)
            if code != RD_KAFKA_RESP_ERR_NO_ERROR {
                fault = KafkaFault(code, action: "rebalance", servers: router.servers)
            }
        }
        if let fault { state.withLock { $0.faults.append(fault) } }
    }

    // MARK: - The end

    /// Begins to leave; whoever waits in `next` hears that it is over. Safe to call again.
    func close() {
        let (isFirst, waiter) = state.withLock { state in
            defer {
                state.isClosing = true
                state.waiter = nil
            }
            return (!state.isClosing, state.waiter)
        }
        waiter?.give(.success(nil))
        guard isFirst else { return }
        turns.async { [self] in leave() }
    }

    /// Leaves the group, which hands the partitions back; then gives up the queue of messages, so
    /// that nothing calls here any more, and then the client.
    private func leave() {
        ticker.cancel()
        let handle = state.withLock { $0.handle }
        if let handle { rd_kafka_consumer_close(handle.client) }
        rd_kafka_queue_cb_event_enable(messages, nil, nil)
        rd_kafka_queue_destroy(messages)
        state.withLock { $0.handle = nil }
        isLeft.give(.success(()))
    }

    func left(within limit: Duration) async {
        let late = KafkaError.timedOut(
            action: "let a member leave", servers: router.servers, limit: limit)
        try? await isLeft.settled(within: limit, else: late)
    }
}

/// What librdkafka's callbacks are given; it lives as long as the client does.
private final class CallbackTarget: Sendable {
    struct Reference {
        weak var core: ConsumerCore?
    }

    let core = Mutex(Reference())

    static func of(_ opaque: UnsafeMutableRawPointer?) -> ConsumerCore? {
        guard let opaque else { return nil }
        return Unmanaged<CallbackTarget>.fromOpaque(opaque).takeUnretainedValue().core.withLock {
            $0.core
        }
    }
}

/// Called by librdkafka's threads, which must not be kept.
private func messagesArrived(_: OpaquePointer?, _ opaque: UnsafeMutableRawPointer?) {
    CallbackTarget.of(opaque)?.wake()
}

/// Called while polling or leaving.
private func rebalanced(
    _ client: OpaquePointer?, _ code: rd_kafka_resp_err_t,
    _ partitions: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?,
    _ opaque: UnsafeMutableRawPointer?
) {
    guard let client else { return }
    CallbackTarget.of(opaque)?.rebalance(code, client, partitions)
}
