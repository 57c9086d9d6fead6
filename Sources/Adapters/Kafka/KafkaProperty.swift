import CRDKafka
import Foundation

/// A property as librdkafka documents it.
struct KafkaProperty: Sendable {
    enum Side: Sendable {
        case both
        case producer
        case consumer
    }

    let name: String
    let side: Side

    /// Those of the library that is linked, by their simplified names.
    private static let all: [String: KafkaProperty] = {
        var properties: [String: KafkaProperty] = [:]
        for line in table().split(separator: "\n") {
            let cells = line.split(separator: "|", maxSplits: 2).map {
                $0.trimmingCharacters(in: .whitespaces)
            }
            guard cells.count == 3, let side = sides[cells[1]] else { continue }
            // Of a name that stands in both tables, for clients and for topics, either will do.
            properties[simplified(cells[0])] = KafkaProperty(name: cells[0], side: side)
        }
        return properties
    }()

    private static let sides: [String: Side] = ["*": .both, "P": .producer, "C": .consumer]

    static func named(_ name: String) -> KafkaProperty? { all[simplified(name)] }

    private static func simplified(_ name: String) -> String {
        String(name.lowercased().map { $0 == "_" || $0 == "-" ? "." : $0 })
    }

    /// librdkafka writes its properties nowhere but to a file.
    private static func table() -> String {
        var start: UnsafeMutablePointer<CChar>?
        var count = 0
        guard let file = open_memstream(&start, &count) else { return "" }
        rd_kafka_conf_properties_show(file)
        fclose(file)
        defer { free(start) }
        return start.map { String(cString: $0) } ?? ""
    }

    /// Its value is shown nowhere.
    var isSecret: Bool {
        ["password", "secret", "key.pem", "oauthbearer.config"].contains { name.contains($0) }
    }

    /// Why it cannot be set from outside; `nil` when it can.
    var refusal: String? {
        if name.hasSuffix("_cb") || Self.pointers.contains(name) {
            return "it is not a text: only a program can set it"
        }
        return Self.ours[name].map { "it is not set here: \($0)" }
    }

    private static let pointers: Set<String> = [
        "opaque", "default_topic_conf", "ssl_key", "ssl_certificate", "ssl_ca",
        "ssl_engine_callback_data", "msg_order_cmp", "enabled_events", "builtin.features",
    ]

    private static let ours: [String: String] = [
        "bootstrap.servers": "the brokers are given apart",
        "metadata.broker.list": "the brokers are given apart",
        "group.id": "the group is given by who subscribes",
        "enable.auto.commit": "an offset is committed after its effect",
        "auto.commit.enable": "an offset is committed after its effect",
        "enable.auto.offset.store": "an offset is committed after its effect",
        "auto.offset.reset": "the start is given by who subscribes",
        "enable.partition.eof": "the reader needs it one way, the consumer the other",
        "statistics.interval.ms": "the interval is given with who listens",
        "log.queue": "logs go to who listens",
        "log.thread.name": "logs go to who listens",
        "enable.sasl.queue": "nobody would serve that queue",
        "transactional.id": "records are delivered at least once, without transactions",
    ]

    /// What librdkafka says against a value; `nil` when it takes it. A secret is not repeated.
    func complaint(about value: String) -> String? {
        guard !value.utf8.contains(0) else { return "it holds a NUL character" }
        let configuration = rd_kafka_conf_new()
        defer { rd_kafka_conf_destroy(configuration) }
        return Self.set(name, value, in: configuration).map {
            isSecret ? "librdkafka does not take this value" : $0
        }
    }

    static func set(_ name: String, _ value: String, in configuration: OpaquePointer?) -> String? {
        var message = [CChar](repeating: 0, count: 512)
        let result = rd_kafka_conf_set(configuration, name, value, &message, message.count)
        return result == RD_KAFKA_CONF_OK ? nil : text(message)
    }

    static func text(_ characters: [CChar]) -> String {
        String(
            decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
