import Foundation

/// What a client tells of itself, as librdkafka counts it («STATISTICS.md»).
package struct KafkaStatistics: Equatable, Sendable {
    /// Times in microseconds, over the last interval.
    package struct Latency: Equatable, Sendable {
        package var average: Int64
        package var percentile99: Int64
    }

    package struct Broker: Equatable, Sendable {
        /// `host:port/id`.
        package var name: String
        /// `UP`, `DOWN`, `CONNECT` and others.
        package var state: String
        package var requestsInFlight: Int64
        package var messagesInFlight: Int64
        /// From a request to its answer.
        package var roundTrip: Latency
        /// From a record's being handed over to its being sent.
        package var queueing: Latency
        package var disconnects: Int64
    }

    package var client: String
    /// Records that wait in the producer's queue or for their acknowledgement.
    package var queuedMessages: Int64
    package var queuedBytes: Int64
    /// Reports that nobody has taken yet.
    package var queuedEvents: Int64
    package var sentRequests: Int64
    package var sentMessages: Int64
    package var receivedResponses: Int64
    package var receivedMessages: Int64
    /// Without those that only lead to others.
    package var brokers: [Broker]
    /// Messages between a consumer's committed or read offset and the end of each partition it
    /// reads; without those not known yet.
    package var lag: [KafkaPartition: Int64]
}

extension KafkaStatistics {
    /// `nil` when the text is not librdkafka's.
    init?(json: Data) {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        guard let document = try? decoder.decode(StatisticsDocument.self, from: json) else {
            return nil
        }
        client = document.name
        queuedMessages = document.msgCnt
        queuedBytes = document.msgSize
        queuedEvents = document.replyq
        (sentRequests, sentMessages) = (document.tx, document.txmsgs)
        (receivedResponses, receivedMessages) = (document.rx, document.rxmsgs)
        brokers = document.brokers.values.filter { $0.nodeid >= 0 }.map(Broker.init)
            .sorted { $0.name < $1.name }
        lag = [:]
        for (topic, content) in document.topics {
            for partition in content.partitions.values
            where partition.partition >= 0 && partition.consumerLag >= 0 {
                lag[KafkaPartition(topic, partition.partition)] = partition.consumerLag
            }
        }
    }
}

extension KafkaStatistics.Broker {
    fileprivate init(_ broker: StatisticsDocument.Broker) {
        name = broker.name
        state = broker.state
        requestsInFlight = broker.waitrespCnt
        messagesInFlight = broker.waitrespMsgCnt
        roundTrip = KafkaStatistics.Latency(broker.rtt)
        queueing = KafkaStatistics.Latency(broker.intLatency)
        disconnects = broker.disconnects ?? 0
    }
}

extension KafkaStatistics.Latency {
    fileprivate init(_ window: StatisticsDocument.Window) {
        self.init(average: window.avg, percentile99: window.p99)
    }
}

/// The parts of librdkafka's JSON that are used, by their names there in camel case.
private struct StatisticsDocument: Decodable {
    struct Window: Decodable {
        var avg: Int64
        var p99: Int64
    }

    struct Broker: Decodable {
        var name: String
        var nodeid: Int32
        var state: String
        var waitrespCnt: Int64
        var waitrespMsgCnt: Int64
        var disconnects: Int64?
        var rtt: Window
        var intLatency: Window
    }

    struct Topic: Decodable {
        var partitions: [String: Partition]
    }

    struct Partition: Decodable {
        var partition: Int32
        var consumerLag: Int64
    }

    var name: String
    var replyq: Int64
    var msgCnt: Int64
    var msgSize: Int64
    var tx: Int64
    var rx: Int64
    var txmsgs: Int64
    var rxmsgs: Int64
    var brokers: [String: Broker]
    var topics: [String: Topic]
}
