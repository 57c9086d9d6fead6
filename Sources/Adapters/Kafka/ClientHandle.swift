import CRDKafka
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

    /// How long the thread sleeps at the most when there is nothing to take.
    private static let naptime = Duration.seconds(1)

    let client: OpaquePointer
    /// Where answers to requests are to be put.
    let events: OpaquePointer
    let router: EventRouter
    private let stop: StopSign

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
        stop = StopSign(client: client, events: events)
        let thread = Thread { [stop, router] in Self.serve(stop, router) }
        thread.name = "kafka.events"
        thread.start()
    }

    deinit { stop.raise() }

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

    private static func serve(_ stop: StopSign, _ router: EventRouter) {
        while !stop.isRaised {
            guard let event = rd_kafka_queue_poll(stop.events, naptime.milliseconds) else {
                continue
            }
            router.take(event, of: stop.client)
            let isReport = rd_kafka_event_type(event) == RD_KAFKA_EVENT_DR
            rd_kafka_event_destroy(event)
            // Records leave the queue with the event that reports on them.
            if isReport { router.deliveries.madeRoom() }
        }
        stop.waitForRaiser()
        rd_kafka_queue_destroy(stop.events)
        rd_kafka_destroy(stop.client)
        router.end()
    }
}

/// Tells the thread of a client that nobody needs it any more.
private final class StopSign: @unchecked Sendable {
    let client: OpaquePointer
    let events: OpaquePointer
    private let state = Mutex(false)

    init(client: OpaquePointer, events: OpaquePointer) {
        self.client = client
        self.events = events
    }

    var isRaised: Bool { state.withLock { $0 } }

    func raise() {
        state.withLock { isRaised in
            isRaised = true
            rd_kafka_queue_yield(events)
        }
    }

    /// Whoever raised the sign still uses the queue while it holds the lock.
    func waitForRaiser() { state.withLock { _ in } }
}
