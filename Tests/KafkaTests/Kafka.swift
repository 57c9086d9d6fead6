import Foundation
import Kafka
import TestSupport
import Testing

/// What tests of the Kafka client share.
enum Kafka {
    /// Far longer than anything takes that is not meant to.
    static let patience = Duration.seconds(60)

    /// Quick where Kafka's defaults are made for networks.
    static let quick = [
        "session.timeout.ms": "6000", "heartbeat.interval.ms": "200", "fetch.wait.max.ms": "50",
        "reconnect.backoff.ms": "10", "reconnect.backoff.max.ms": "100",
        "retry.backoff.ms": "20", "topic.metadata.refresh.fast.interval.ms": "50",
    ]

    static func configuration(
        _ servers: String, _ properties: [String: String] = [:]
    ) throws -> KafkaConfiguration {
        try KafkaConfiguration(
            servers: servers, properties: quick.merging(properties) { $1 })
    }

    static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    static func text(_ bytes: [UInt8]?) -> String {
        bytes.map { String(decoding: $0, as: UTF8.self) } ?? "none"
    }

    /// Records with a key each of `keys` and their index as the value.
    static func records(
        _ range: Range<Int>, to topic: String, keys: Int = 1
    ) -> [KafkaRecord] {
        range.map {
            KafkaRecord(topic: topic, key: bytes("key \($0 % keys)"), value: bytes("\($0)"))
        }
    }
}

/// A topic of the test's own, on the broker that tests share.
struct SharedTopic {
    let configuration: KafkaConfiguration
    let topic: String
    let group: String
    let servers: String

    init(partitions: Int32 = 1, _ properties: [String: String] = [:]) async throws {
        let broker = try await KafkaBroker.shared.value
        servers = broker.servers
        topic = broker.name("topic")
        group = broker.name("group")
        configuration = try Kafka.configuration(broker.servers, properties)
        let admin = try KafkaAdmin(configuration)
        try await admin.createTopics(
            [KafkaTopic(topic, partitions: partitions)], within: Kafka.patience)
        admin.close()
    }

    /// One of a cluster of the test's own.
    init(_ cluster: MockCluster, partitions: Int32, _ properties: [String: String]) throws {
        (servers, topic, group) = (cluster.servers, "t", "g")
        configuration = try Kafka.configuration(cluster.servers, properties)
        cluster.makeTopic(topic, partitions: partitions)
    }

    func subscribe(
        from start: KafkaStart = .earliest, _ properties: [String: String] = [:]
    ) async throws -> KafkaConsumer {
        var configuration = configuration
        for (name, value) in properties { try configuration.set(name, value) }
        return try await KafkaConsumer.subscribe(
            to: [topic], as: group, from: start, configuration, within: Kafka.patience)
    }

    /// Sends the indices as values.
    @discardableResult
    func send(_ range: Range<Int>, keys: Int = 1) async throws -> [KafkaOffset] {
        let producer = try KafkaProducer(configuration)
        let offsets = try await producer.send(
            Kafka.records(range, to: topic, keys: keys), within: Kafka.patience)
        try await producer.close(within: Kafka.patience)
        return offsets
    }
}

extension KafkaConsumer {
    /// The next message, whatever is assigned or revoked before.
    func message() async throws -> KafkaMessage? {
        while let event = try await next() {
            if case .message(let message) = event { return message }
        }
        return nil
    }

    func messages(_ count: Int) async throws -> [KafkaMessage] {
        var messages: [KafkaMessage] = []
        while messages.count < count, let message = try await message() { messages.append(message) }
        return messages
    }
}

extension [KafkaMessage] {
    var texts: [String] { map { Kafka.text($0.value) } }
}

/// A program that a test runs to look from outside.
enum Tool {
    struct Failure: Error {
        var status: Int32
    }

    /// What a program prints.
    static func run(_ arguments: String...) async throws -> String {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = arguments
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        let text = try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(
                    with: Result {
                        try process.run()
                        return try output.fileHandleForReading.readToEnd() ?? Data()
                    })
            }
        }
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(status: process.terminationStatus)
        }
        return String(decoding: text, as: UTF8.self)
    }
}
