import CRDKafka
import Foundation
import Synchronization

/// What became of one partition of a request.
struct PartitionReport: Sendable {
    var partition: KafkaPartition
    var offset: Int64
    var code: rd_kafka_resp_err_t
}

/// What became of one topic of a request.
struct TopicReport: Sendable {
    var topic: String
    var code: rd_kafka_resp_err_t
    var message: String?
}

/// An answer to a request.
struct EventReply: Sendable {
    var code: rd_kafka_resp_err_t
    var message: String?
    var partitions: [PartitionReport] = []
    var topics: [TopicReport] = []
}

/// Brings what a client tells to who waits for it, on the client's thread.
final class EventRouter: Sendable {
    private struct State {
        var waiting: [UInt: Answer<EventReply>] = [:]
        var lastRequest: UInt = 0
        /// What librdkafka's callbacks are given: needed as long as its client is there.
        var target: (any Sendable)?
        var isOver = false
    }

    let servers: String
    let observer: KafkaObserver
    let deliveries: DeliveryLedger
    /// Given once librdkafka's client is no more.
    let ended = Answer<Void>()
    private let secrets: [String]
    private let state = Mutex(State())

    init(_ configuration: KafkaConfiguration, _ observer: KafkaObserver) {
        servers = configuration.servers
        secrets = configuration.secrets
        deliveries = DeliveryLedger(servers: configuration.servers)
        self.observer = observer
    }

    // MARK: - Requests

    /// Starts a request and waits for its answer. What the request was given to tell it by is a
    /// number, so that nothing is owed when nobody waits any more.
    func ask(
        _ action: String, within limit: Duration, _ start: (UnsafeMutableRawPointer?) -> Void
    ) async throws -> EventReply {
        let answer = Answer<EventReply>()
        let request = state.withLock { state -> UInt? in
            guard !state.isOver else { return nil }
            state.lastRequest += 1
            state.waiting[state.lastRequest] = answer
            return state.lastRequest
        }
        guard let request else { throw KafkaError.closed(servers: servers) }
        defer { state.withLock { _ = $0.waiting.removeValue(forKey: request) } }
        start(UnsafeMutableRawPointer(bitPattern: request))
        return try await answer.value(
            within: limit, else: .timedOut(action: action, servers: servers, limit: limit))
    }

    /// Answers a request that librdkafka did not take.
    func refuse(_ request: UnsafeMutableRawPointer?, _ code: rd_kafka_resp_err_t) {
        let answer = state.withLock { $0.waiting[UInt(bitPattern: request)] }
        answer?.give(.success(EventReply(code: code)))
    }

    func keep(_ target: any Sendable) {
        state.withLock { $0.target = target }
    }

    func unusable(_ reason: String) -> KafkaError {
        .unusable(servers: servers, reason: redacted(reason))
    }

    func redacted(_ text: String) -> String {
        secrets.reduce(text) { $0.replacing($1, with: "…") }
    }

    // MARK: - Events

    func take(_ event: OpaquePointer, of client: OpaquePointer) {
        switch rd_kafka_event_type(event) {
        case RD_KAFKA_EVENT_DR: deliveries.take(event)
        case RD_KAFKA_EVENT_LOG: takeLog(event)
        case RD_KAFKA_EVENT_ERROR: takeError(event, of: client)
        case RD_KAFKA_EVENT_STATS: takeStatistics(event)
        case RD_KAFKA_EVENT_OFFSET_COMMIT, RD_KAFKA_EVENT_CREATETOPICS_RESULT,
            RD_KAFKA_EVENT_LISTCONSUMERGROUPOFFSETS_RESULT:
            takeReply(event)
        default: break
        }
    }

    /// The client is no more.
    func end() {
        let waiting = state.withLock { state in
            state.isOver = true
            state.target = nil
            return state.waiting.values
        }
        for answer in waiting { answer.give(.failure(KafkaError.closed(servers: servers))) }
        deliveries.end(.closed(servers: servers))
        ended.give(.success(()))
    }

    private func takeLog(_ event: OpaquePointer) {
        var facility: UnsafePointer<CChar>?
        var message: UnsafePointer<CChar>?
        var level: Int32 = 0
        guard rd_kafka_event_log(event, &facility, &message, &level) == 0 else { return }
        observer.log(
            KafkaLog(
                level: Int(level), facility: facility.map { String(cString: $0) } ?? "",
                message: redacted(message.map { String(cString: $0) } ?? "")))
    }

    private func takeError(_ event: OpaquePointer, of client: OpaquePointer) {
        var code = rd_kafka_event_error(event)
        var message = rd_kafka_event_error_string(event).map { String(cString: $0) } ?? ""
        var text = [CChar](repeating: 0, count: 512)
        let cause = rd_kafka_fatal_error(client, &text, text.count)
        if cause != RD_KAFKA_RESP_ERR_NO_ERROR {
            (code, message) = (cause, KafkaProperty.text(text))
            var fault = KafkaFault(
                code, message: redacted(message), action: "go on", servers: servers)
            (fault.isFatal, fault.isRetriable) = (true, false)
            deliveries.fail(fault)
        }
        observer.log(
            KafkaLog(
                level: cause == RD_KAFKA_RESP_ERR_NO_ERROR ? 3 : 2,
                facility: String(cString: rd_kafka_err2name(code)), message: redacted(message)))
    }

    private func takeStatistics(_ event: OpaquePointer) {
        guard let text = rd_kafka_event_stats(event),
            let statistics = KafkaStatistics(json: Data(bytes: text, count: strlen(text)))
        else { return }
        observer.statistics(statistics)
    }

    private func takeReply(_ event: OpaquePointer) {
        let request = UInt(bitPattern: rd_kafka_event_opaque(event))
        guard let answer = state.withLock({ $0.waiting[request] }) else { return }
        var reply = EventReply(
            code: rd_kafka_event_error(event),
            message: rd_kafka_event_error_string(event).map { String(cString: $0) })
        switch rd_kafka_event_type(event) {
        case RD_KAFKA_EVENT_OFFSET_COMMIT:
            reply.partitions = PartitionList.reports(rd_kafka_event_topic_partition_list(event))
        case RD_KAFKA_EVENT_CREATETOPICS_RESULT: reply.topics = Self.topics(event)
        default: reply.partitions = Self.offsets(event)
        }
        answer.give(.success(reply))
    }

    private static func topics(_ event: OpaquePointer) -> [TopicReport] {
        var count = 0
        guard let result = rd_kafka_event_CreateTopics_result(event),
            let topics = rd_kafka_CreateTopics_result_topics(result, &count)
        else { return [] }
        return (0..<count).compactMap { index in
            topics[index].map { topic in
                TopicReport(
                    topic: String(cString: rd_kafka_topic_result_name(topic)),
                    code: rd_kafka_topic_result_error(topic),
                    message: rd_kafka_topic_result_error_string(topic).map { String(cString: $0) })
            }
        }
    }

    private static func offsets(_ event: OpaquePointer) -> [PartitionReport] {
        var count = 0
        guard let result = rd_kafka_event_ListConsumerGroupOffsets_result(event),
            let groups = rd_kafka_ListConsumerGroupOffsets_result_groups(result, &count)
        else { return [] }
        return (0..<count).flatMap { index in
            PartitionList.reports(groups[index].flatMap { rd_kafka_group_result_partitions($0) })
        }
    }
}
