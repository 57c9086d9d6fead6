/// Why Kafka did not do what it was asked. No case holds a secret.
package enum KafkaError: Error, Equatable, Sendable {
    /// A property that librdkafka does not know, or a value it does not take.
    case badProperty(name: String, reason: String)
    /// A client cannot be made of these properties.
    case unusable(servers: String, reason: String)
    /// librdkafka or a broker reports an error.
    case failed(KafkaFault)
    /// Some records of a batch were not acknowledged; the others were.
    case undelivered(KafkaLosses)
    /// Another member of the group reads the partition now.
    case partitionLost(KafkaPartition, group: String)
    /// What was under way may be done nevertheless.
    case timedOut(action: String, servers: String, limit: Duration)
    /// As many callers as may wait for room already do.
    case crowded(waiters: Int)
    /// What Kafka has no place for, refused before anything was sent.
    case unsendable(reason: String)
    case unknownTopic(String, servers: String)
    /// A consumer is asked by one task at a time.
    case busy
    case closed(servers: String)
}

/// An error as librdkafka reports it.
package struct KafkaFault: Equatable, Sendable {
    /// As Kafka's protocol names it; names with an underscore in front are librdkafka's own.
    package var code: String
    package var message: String
    /// What was being done.
    package var action: String
    package var servers: String
    package var topic: String?
    package var partition: Int32?
    /// The same call may succeed when tried again.
    package var isRetriable: Bool
    /// What was sent is at fault: no client and no broker would ever take it.
    package var isOfRecord: Bool
    /// The client can do nothing more: only a new one can.
    package var isFatal: Bool
}

/// What became of a batch that was not delivered whole.
package struct KafkaLosses: Equatable, Sendable {
    /// By the record's index in the batch.
    package var failures: [Int: KafkaFault]
    package var delivered: [Int: KafkaOffset]

    /// Every failure is one that may pass.
    package var isRetriable: Bool { failures.values.allSatisfy(\.isRetriable) }
}

extension KafkaError {
    /// The same call may succeed when tried again.
    package var isRetriable: Bool {
        switch self {
        case .failed(let fault): fault.isRetriable
        case .undelivered(let losses): losses.isRetriable
        case .timedOut, .crowded, .unknownTopic: true
        case .badProperty, .unusable, .partitionLost, .unsendable, .busy, .closed: false
        }
    }

    /// The client can do nothing more: only a new one can.
    package var isFatal: Bool {
        switch self {
        case .failed(let fault): fault.isFatal
        case .undelivered(let losses): losses.failures.values.contains(where: \.isFatal)
        case .closed: true
        default: false
        }
    }
}

extension KafkaError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .badProperty(let name, let reason): return "\(name): \(reason)"
        case .unusable(let servers, let reason):
            return "no Kafka client for \(servers) can be made: \(reason)"
        case .failed(let fault): return fault.description
        case .undelivered(let losses):
            let first = losses.failures.min { $0.key < $1.key }
            let total = losses.failures.count + losses.delivered.count
            return "\(losses.failures.count) of \(total) records were not delivered; the first: "
                + (first?.value.description ?? "none")
        case .partitionLost(let partition, let group):
            return "another member of group \(group) reads \(partition) now, because this one left "
                + "or was silent for too long: read on, the message comes to the other"
        case .timedOut(let action, let servers, let limit):
            return "Kafka at \(servers) did not \(action) within \(limit); it may do so yet"
        case .crowded(let waiters):
            return "\(waiters) callers wait for room in Kafka's queue already: send more slowly, "
                + "or see why the brokers do not answer"
        case .unsendable(let reason): return "nothing was sent to Kafka: \(reason)"
        case .unknownTopic(let topic, let servers):
            return "Kafka at \(servers) has no topic \(topic): create it first"
        case .busy: return "a Kafka consumer was asked by two tasks at once"
        case .closed(let servers): return "the Kafka client for \(servers) is closed"
        }
    }
}

extension KafkaFault: CustomStringConvertible {
    package var description: String {
        var place = "Kafka at \(servers)"
        if let topic { place += ", topic \(topic)" }
        if let partition { place += ", partition \(partition)" }
        return "\(place) did not \(action): \(code), \(message); \(advice)"
    }

    /// What to do.
    package var advice: String {
        if isFatal { return "this client can do nothing more: make a new one" }
        return isRetriable ? "try again" : "trying again does not help"
    }
}
