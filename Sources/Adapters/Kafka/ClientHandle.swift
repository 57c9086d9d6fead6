import CRDKafka
import Dispatch
import Foundation
import Synchronization

/// The owner of librdkafka's client, and of the one thread that takes what the client tells:
/// delivery reports, answers, logs and statistics.
///
/// Whoever calls librdkafka holds the handle meanwhile; when nobody does any more, the thread ends
/// and takes the client with it, in this order: the references to the queues, then the client,
/// which waits for its own threads. A consumer has left its group before.
final class ClientHandle: @unchecked Sendable {
    enum Kind {
        case producer
        case consumer

        var type: rd_kafka_type_t { self == .producer ? RD_KAFKA_PRODUCER : RD_KAFKA_CONSUMER }
        var side: KafkaProperty.Side { self == .producer ? .producer : .consumer }
    }

    let client: OpaquePointer
    /// Where answers to requests are to be put.
    let events: OpaquePointer
    let router: EventRouter
    private let bell: EventBell

    /// - Parameters:
    ///   - defaults: properties that the configuration may set otherwise.
    ///   - fixed: properties that it may not.
    ///   - prepare: sets what is no text.
    /// - Throws: `KafkaError.unusable`.
    init(
        _ kind: Kind, _ configuration: KafkaConfiguration, router: EventRouter,
        defaults: [String: String], fixed: [String: String],
        prepare: (OpaquePointer?) -> Void = { _ in }
    ) throws(KafkaError) {
        let properties = Self.properties(kind, configuration, router, defaults, fixed)
        let parameters = rd_kafka_conf_new()
        for (name, value) in properties.sorted(by: { $0.key < $1.key }) {
            if let reason = KafkaProperty.set(name, value, in: parameters) {
                rd_kafka_conf_destroy(parameters)
                throw router.unusable("\(name): \(reason)")
            }
        }
        rd_kafka_conf_set_events(
            parameters,
            RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_LOG | RD_KAFKA_EVENT_STATS
                | RD_KAFKA_EVENT_OFFSET_COMMIT)
        prepare(parameters)
        var message = [CChar](repeating: 0, count: 512)
        // Takes the parameters, unless it fails.
        guard let client = rd_kafka_new(kind.type, parameters, &message, message.count) else {
            rd_kafka_conf_destroy(parameters)
            throw router.unusable(KafkaProperty.text(message))
        }
        guard let events = rd_kafka_queue_get_main(client) else {
            rd_kafka_destroy(client)
            throw router.unusable("it has no queue")
        }
        rd_kafka_set_log_queue(client, events)
        (self.client, self.events, self.router) = (client, events, router)
        bell = EventBell(client: client, events: events)
        rd_kafka_queue_cb_event_enable(
            events, eventsArrived, Unmanaged.passUnretained(bell).toOpaque())
        // For what came before.
        bell.ring()
        let thread = Thread { [bell, router] in Self.serve(bell, router) }
        thread.name = "kafka.events"
        thread.start()
    }

    deinit { bell.ringForTheEnd() }

    private static func properties(
        _ kind: Kind, _ configuration: KafkaConfiguration, _ router: EventRouter,
        _ defaults: [String: String], _ fixed: [String: String]
    ) -> [String: String] {
        let interval = router.observer.statisticsInterval
        let ours = [
            "bootstrap.servers": configuration.servers, "log.queue": "true",
            "statistics.interval.ms": "\(interval > .zero ? interval.milliseconds : 0)",
        ]
        // What concerns the other kind of client would be complained of in the log.
        let given = configuration.properties.filter { name, _ in
            let side = KafkaProperty.named(name)?.side ?? .both
            return side == .both || side == kind.side
        }
        return ["client.id": "bloasis"].merging(defaults) { $1 }.merging(given) { $1 }
            .merging(fixed) { $1 }.merging(ours) { $1 }
    }

    /// Polls for what is there and never waits in librdkafka: before 2.1.0 that would count as a
    /// consumer's asking for messages, and one that does not ask would never be found out.
    private static func serve(_ bell: EventBell, _ router: EventRouter) {
        while bell.wait() {
            while let event = rd_kafka_queue_poll(bell.events, 0) {
                router.take(event, of: bell.client)
                let isReport = rd_kafka_event_type(event) == RD_KAFKA_EVENT_DR
                rd_kafka_event_destroy(event)
                // Records leave the queue with the event that reports on them.
                if isReport { router.deliveries.madeRoom() }
            }
        }
        rd_kafka_queue_cb_event_enable(bell.events, nil, nil)
        rd_kafka_queue_destroy(bell.events)
        rd_kafka_destroy(bell.client)
        router.end()
    }
}

/// Wakes the thread of a client when there is something to take, or nobody needs it any more. It
/// lives as long as that thread.
private final class EventBell: @unchecked Sendable {
    let client: OpaquePointer
    let events: OpaquePointer
    private let isOver = Atomic(false)
    private let rings = DispatchSemaphore(value: 0)

    init(client: OpaquePointer, events: OpaquePointer) {
        self.client = client
        self.events = events
    }

    func ring() { rings.signal() }

    func ringForTheEnd() {
        isOver.store(true, ordering: .releasing)
        ring()
    }

    /// - Returns: whether to go on.
    func wait() -> Bool {
        rings.wait()
        return !isOver.load(ordering: .acquiring)
    }
}

/// Called by librdkafka's threads, which must not be kept.
private func eventsArrived(_: OpaquePointer?, _ opaque: UnsafeMutableRawPointer?) {
    guard let opaque else { return }
    Unmanaged<EventBell>.fromOpaque(opaque).takeUnretainedValue().ring()
}
