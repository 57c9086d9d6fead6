import Foundation
import Kafka
import Synchronization
import TestSupport
import Testing

@Suite("Kafka's properties")
struct ConfigurationTests {
    private func complaint(_ environment: [String: String]) throws -> String {
        let error = #expect(throws: KafkaError.self) {
            try KafkaConfiguration(servers: "localhost:9092", environment: environment)
        }
        return "\(try #require(error))"
    }

    @Test func theEnvironmentNamesAnyProperty() throws {
        let configuration = try KafkaConfiguration(
            servers: "localhost:9092",
            environment: [
                "KAFKA_SECURITY_PROTOCOL": "sasl_ssl", "KAFKA_ENABLE_IDEMPOTENCE": "false",
                "KAFKA_SASL_OAUTHBEARER_CONFIG": "principal=ann",
                "KAFKA_LINGER_MS": "1",
                "KAFKA_PARTITIONER": "random", "KAFKA_CONNECTIONS_MAX_IDLE_MS": "5",
                "KAFKA_SSL_CA_LOCATION": "probe", "OTHER_LINGER_MS": "x",
            ])
        let names = configuration.description
        for name in [
            "security.protocol", "enable.idempotence", "sasl.oauthbearer.config", "linger.ms",
            "partitioner", "connections.max.idle.ms", "ssl.ca.location",
        ] {
            #expect(names.contains(name), "\(names)")
        }
        #expect(!names.contains("OTHER"))
    }

    @Test func aWrongVariableIsNamed() throws {
        #expect(try complaint(["KAFKA_LINGER": "1"]).hasPrefix("KAFKA_LINGER: librdkafka has no"))
        let value = try complaint(["KAFKA_LINGER_MS": "soon"])
        #expect(value.hasPrefix("KAFKA_LINGER_MS: ") && value.contains("Invalid value"), "\(value)")
        #expect(try complaint(["KAFKA_SECURITY_PROTOCOL": "none"]).contains("SECURITY_PROTOCOL"))
        #expect(try complaint(["KAFKA_GROUP_ID": "x"]).contains("KAFKA_GROUP_ID: it is not set"))
        #expect(try complaint(["KAFKA_DR_MSG_CB": "x"]).contains("only a program"))
        #expect(try complaint(["KAFKA_CLIENT_ID": "a\0b"]).contains("NUL"))
        #expect(throws: KafkaError.self) { try KafkaConfiguration(servers: " , ") }
    }

    @Test func secretsAreShownNowhere() async throws {
        let secret = "s3cret-pa55"
        let logged = Mutex<[KafkaLog]>([])
        let configuration = try KafkaConfiguration(
            servers: "127.0.0.1:\(LoopbackPort.free())",
            environment: [
                "KAFKA_SASL_PASSWORD": secret, "KAFKA_SASL_USERNAME": "ann",
                "KAFKA_SASL_MECHANISM": "PLAIN", "KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT",
                "KAFKA_SSL_KEY_PASSWORD": secret, "KAFKA_DEBUG": "all",
                "KAFKA_SASL_OAUTHBEARER_CONFIG": secret,
            ])
        var dumped = ""
        dump(configuration, to: &dumped)
        for text in ["\(configuration)", String(reflecting: configuration), dumped] {
            #expect(!text.contains(secret), "\(text)")
        }
        let producer = try KafkaProducer(
            configuration,
            observer: KafkaObserver(log: { line in logged.withLock { $0.append(line) } }))
        let error = await #expect(throws: KafkaError.self) {
            try await producer.ping(within: .milliseconds(100))
        }
        #expect(!"\(String(describing: error))".contains(secret))
        try await eventually { logged.withLock { $0.count > 20 } }
        #expect(logged.withLock { $0.allSatisfy { !$0.message.contains(secret) } })
        let wrong = try complaint(["KAFKA_SSL_KEY_PEM": secret + "\0"])
        #expect(!wrong.contains(secret))
        #expect(throws: KafkaError.self) {
            var pem = configuration
            try pem.set("ssl.key.pem", secret)
            try pem.set("security.protocol", "ssl")
            _ = try KafkaProducer(pem)
        }
    }

    @Test func aClientThatCannotBeSaysWhy() throws {
        let configuration = try KafkaConfiguration(
            servers: "localhost:9092",
            properties: ["security.protocol": "ssl", "ssl.ca.location": "no/such/file"])
        let error = #expect(throws: KafkaError.self) { try KafkaAdmin(configuration) }
        let text = "\(try #require(error))"
        #expect(text.contains("ssl.ca.location") && error?.isRetriable == false, "\(text)")
    }

    @Test func statisticsAreRead() async throws {
        let topic = try await SharedTopic()
        let told = Mutex<[KafkaStatistics]>([])
        let observer = KafkaObserver(
            statisticsInterval: .milliseconds(20),
            statistics: { one in told.withLock { $0.append(one) } })
        let producer = try KafkaProducer(topic.configuration, observer: observer)
        try await producer.send(Kafka.records(0..<10, to: topic.topic), within: Kafka.patience)
        try await eventually { told.withLock { $0.last?.sentMessages == 10 } }
        let one = try #require(told.withLock { $0.last })
        let broker = try #require(one.brokers.first)
        #expect(broker.name.contains(topic.servers) && broker.state == "UP")
        #expect(one.client.hasPrefix("bloasis#producer"))
        let hasRoundTrip = told.withLock { all in
            all.contains { $0.brokers.contains { $0.roundTrip.percentile99 > 0 } }
        }
        #expect(hasRoundTrip)
        let lags = Mutex<[KafkaPartition: Int64]>([:])
        let consumer = try await KafkaConsumer.subscribe(
            to: [topic.topic], as: topic.group, from: .earliest, topic.configuration,
            within: Kafka.patience,
            observer: KafkaObserver(
                statisticsInterval: .milliseconds(20),
                statistics: { one in lags.withLock { $0.merge(one.lag) { $1 } } }))
        let messages = try await consumer.messages(10)
        try await consumer.commit(messages[6], within: Kafka.patience)
        let partition = KafkaPartition(topic.topic, 0)
        try await eventually { lags.withLock { $0[partition] == 3 } }
        await consumer.close(within: Kafka.patience)
    }
}
