import Accounts
import Contracts
import Foundation
import Market
import Ports
import Regimes
import Testing
import Trading

@Suite("The document of the topics says what the code does")
struct AsyncAPITests {
    private let document: AsyncAPIDocument
    private var validator: JSONSchema { JSONSchema(document: document) }

    init() throws {
        document = try AsyncAPIDocument.read()
    }

    private func payloadSchema(_ topic: Topic) throws -> JSONValue {
        document.resolve(try document.message(of: topic)["payload"])
    }

    private func headerSchema(_ topic: Topic) throws -> JSONValue {
        document.resolve(try document.message(of: topic)["headers"])
    }

    private func headers(_ message: EventMessage) -> JSONValue {
        .object(message.headers.mapValues { .string($0) })
    }

    private func labels(_ schema: JSONValue?) -> [String] {
        document.resolve(schema)["enum"]?.elements.compactMap(\.text) ?? []
    }

    @Test("it is AsyncAPI 3.0, and every reference leads somewhere")
    func references() {
        #expect(document.root["asyncapi"] == "3.0.0")
        let references = document.references
        #expect(references.count > 30)
        for reference in references {
            #expect(
                document.resolve(.object(["$ref": .string(reference)])) != .null, "\(reference)")
        }
    }

    @Test("its channels are the topics that the code names, and their dead letters")
    func topics() throws {
        let names = try SpelledOut.texts(givenTo: "Topic")
        #expect(names.isSuperset(of: TopicContract.all.map(\.topic.name)))
        #expect(names.isSubset(of: Topic.all.map(\.name)))
        #expect(Set(document.channels.keys) == Set(Topic.all))
        let setAside = names.filter { Topic.all.contains(Topic($0).deadLetter) }
        #expect(
            names.subtracting(setAside)
                == [Topic.backfillProgress.name, Topic.modelDisagreement.name])
        let ofDeadLetters = try document.schema("deadLetterHeaders")["properties"]?["topic"]
        #expect(Set(labels(ofDeadLetters)) == Set(setAside))
    }

    @Test("the code's consumer groups are those of operations that receive")
    func groups() throws {
        let documented = document.channels.keys.flatMap { document.groups(reading: $0) }
        let named = try SpelledOut.texts(givenTo: "ConsumerGroup")
        #expect(named.contains("market-regime-service"))
        for name in named {
            let fitting = documented.filter {
                validator.violations(of: .string(name), against: $0).isEmpty
            }
            #expect(!fitting.isEmpty, "\(name)")
        }
    }

    @Test("an organisation's groups read changes of regimes, and nothing else")
    func organisations() throws {
        let acme = try #require(OrganisationName("acme-east"))
        for group in [ConsumerGroup.notifications, ConsumerGroup("paper-broker")] {
            let own = group.ofOrganisation(acme)
            for topic in document.channels.keys {
                let fits = document.groups(reading: topic).contains {
                    validator.violations(of: .string(own.name), against: $0).isEmpty
                }
                #expect(fits == (topic == .regimeChange), "\(own.name) \(topic)")
            }
        }
    }

    @Test("topics have as many partitions as the program makes by default")
    func partitions() throws {
        let example = try String(
            contentsOf: AsyncAPIDocument.repository.appending(path: ".env.example"),
            encoding: .utf8)
        for (topic, channel) in document.channels {
            let kafka = document.resolve(channel["bindings"])["kafka"]
            guard case .number(let partitions) = kafka?["partitions"] else {
                Issue.record("\(topic) has no partitions")
                continue
            }
            #expect(example.contains("\n#BLOASIS_TOPIC_PARTITIONS=\(Int(partitions))\n"))
        }
    }

    @Test("every message that the code writes fits", arguments: TopicContract.all)
    func messagesFit(contract: TopicContract) throws {
        let payload = try payloadSchema(contract.topic)
        let header = try headerSchema(contract.topic)
        for message in try contract.messages() {
            #expect(message.topic == contract.topic)
            let value = try JSONValue(json: message.payload)
            #expect(validator.violations(of: value, against: payload) == [])
            #expect(validator.violations(of: headers(message), against: header) == [])
        }
    }

    @Test(
        "what is written is documented, and what is documented is written",
        arguments: TopicContract.all)
    func names(contract: TopicContract) throws {
        let messages = try contract.messages()
        let members = try messages.map { Set(try JSONValue(json: $0.payload).members.keys) }
        let documented = try payloadSchema(contract.topic)["properties"]?.members ?? [:]
        #expect(members.reduce([]) { $0.union($1) } == Set(documented.keys))
        var headers = Set(messages.flatMap(\.headers.keys))
        // Somebody may have published it again.
        if Topic.setAside.contains(contract.topic) { headers.insert(DeadLetter.replayHeader) }
        let header = try headerSchema(contract.topic)
        #expect(headers == Set((header["properties"]?.members ?? [:]).keys))
    }

    @Test("constants are the code's", arguments: TopicContract.all)
    func constants(contract: TopicContract) throws {
        let payload = try payloadSchema(contract.topic)
        for (name, value) in contract.constants {
            #expect(payload["properties"]?[name]?["const"] == value, "\(name)")
        }
        let header = try headerSchema(contract.topic)
        for (name, value) in contract.headerConstants {
            #expect(header["properties"]?[name]?["const"] == value, "\(name)")
        }
    }

    @Test("enumerations are the code's")
    func enumerations() throws {
        let regimes = Regime.allCases.map(\.label)
        #expect(labels(try document.schema("regime")) == regimes)
        let change = try payloadSchema(.regimeChange)["properties"]
        #expect(labels(change?["regime"]) == regimes)
        #expect(labels(change?["previous_regime"]) == regimes)
        #expect(labels(change?["trigger"]) == Trigger.allCases.map(\.rawValue))
        #expect(labels(change?["risk_level"]) == RiskLevel.allCases.map(\.rawValue))
        let fill = try payloadSchema(.orderFilled)["properties"]
        #expect(labels(fill?["event_type"]) == FillKind.allCases.map(\.rawValue))
        #expect(labels(fill?["side"]) == Side.allCases.map(\.rawValue))
        let probabilities = change?["probabilities"]?["required"]?.elements.compactMap(\.text)
        #expect(probabilities == regimes)
        let job = try payloadSchema(.backfillJobs)["properties"]
        #expect(labels(job?["calendar"]) == SessionCalendar.allCases.map(\.rawValue))
        let progress = try payloadSchema(.backfillProgress)["properties"]
        #expect(
            labels(progress?["state"]) == BackfillProgressEvent.State.allCases.map(\.rawValue))
        #expect(
            progress?["error"]?["maxLength"]
                == .number(Double(BackfillProgressEvent.errorLimit)))
        let exogenous = try payloadSchema(.marketBars)["properties"]?["exogenous"]
        #expect(exogenous?["maxProperties"] == .number(Double(ExogenousValues.countLimit)))
    }
}

// MARK: - Examples and dead letters

extension AsyncAPITests {
    private func examples(_ topic: Topic) throws -> [JSONValue] {
        try #require(try document.message(of: topic)["examples"]?.elements, "\(topic)")
    }

    @Test("every example fits its own schemas")
    func examplesFit() throws {
        for topic in document.channels.keys {
            let examples = try examples(topic)
            #expect(!examples.isEmpty)
            let payload = try payloadSchema(topic)
            let header = try headerSchema(topic)
            for example in examples {
                let value = try #require(example["payload"])
                #expect(validator.violations(of: value, against: payload) == [])
                guard let headers = example["headers"] else { continue }
                #expect(validator.violations(of: headers, against: header) == [])
            }
        }
    }

    @Test("the code reads the examples and would write the same", arguments: TopicContract.all)
    func examplesDecode(contract: TopicContract) throws {
        for example in try examples(contract.topic) {
            let payload = try #require(example["payload"])
            let message = try contract.rewritten(Array(payload.jsonText.utf8))
            let rewritten = try JSONValue(json: message.payload)
            for (name, value) in payload.members {
                let written = try #require(rewritten[name], "\(name)")
                #expect(written.saysTheSame(as: value), "\(name)")
            }
            for (name, value) in example["headers"]?.members ?? [:] where name != "traceparent" {
                #expect(message.headers[name] == value.text, "\(name)")
            }
        }
    }

    @Test(
        "dead letters have the documented headers beside the original's",
        arguments: TopicContract.all.filter { Topic.all.contains($0.topic.deadLetter) })
    func deadLetters(contract: TopicContract) throws {
        let message = try #require(try contract.messages().first)
        let header = try headerSchema(contract.topic.deadLetter)
        let required = Set(header["required"]?.elements.compactMap(\.text) ?? [])
        // The relay sets aside what the brokers never took: it has no place in the log.
        for place in [(4 as Int32, 1207 as Int64), (-1, -1)] {
            let dead = LoggedEvent(message: message, partition: place.0, offset: place.1)
                .deadLetter(
                    reason: "unreadable", attempts: 1, firstFailure: "2018-12-31T21:00:01Z",
                    lastFailure: "2018-12-31T21:00:01Z")
            #expect(dead.topic == contract.topic.deadLetter)
            #expect(validator.violations(of: headers(dead), against: header) == [])
            #expect(Set(dead.headers.keys).subtracting(message.headers.keys) == required)
            let documented = (header["properties"]?.members ?? [:]).keys
            #expect(Set(documented).isSuperset(of: dead.headers.keys))
            let letter = LoggedEvent(message: dead, partition: 0, offset: 3)
            let replayed = try #require(DeadLetter(letter)?.replay)
            let original = try headerSchema(contract.topic)
            #expect(validator.violations(of: headers(replayed), against: original) == [])
            let cut = dead.cut
            #expect(validator.violations(of: headers(cut), against: header) == [])
            #expect(
                Set(cut.headers.keys).subtracting(dead.headers.keys) == ["cut", "original-size"])
            #expect(cut.headers["original-size"] == "\(dead.payload.count)")
        }
    }

    @Test(
        "a change that the document does not allow is found",
        arguments: [
            (#""regime":"crisis""#, #""regime":"doom""#, "$.regime breaks enum"),
            (#""regime":"crisis","#, "", "$ lacks regime"),
            (#""sequence":17"#, #""sequence":"17""#, "$.sequence breaks type"),
            (#""sequence":17"#, #""sequence":17.5"#, "$.sequence breaks type"),
            (#""sequence":17"#, #""sequence":0"#, "$.sequence breaks minimum"),
            (#""source":"market-regime-service""#, #""source":"x""#, "$.source breaks const"),
            (#""supersedes":null"#, #""supersedes":1"#, "$.supersedes breaks type"),
            (#""timeframe":"1d""#, #""timeframe":"1y""#, "$.timeframe breaks pattern"),
            (#""as_of":"2008-09-29T20"#, #""as_of":"2008-09-29 T20"#, "$.as_of breaks format"),
            (#""unknown":0.0"#, #""unknown":0.0,"bear":0.0"#, "breaks propertyNames"),
            (#""normal_bear":0.125"#, #""normal_bear":1.5"#, "normal_bear breaks maximum"),
        ])
    func planted(part: String, replacement: String, violation: String) throws {
        let json = try Examples.golden("regime_change_event.json")
        let broken = json.replacing(part, with: replacement, maxReplacements: 1)
        #expect(broken != json)
        let found = validator.violations(
            of: try JSONValue(json: Array(broken.utf8)),
            against: try payloadSchema(.regimeChange))
        #expect(found.contains { $0.contains(violation) }, "\(found)")
    }

    @Test("a keyword that the tests do not know is a violation")
    func unknownKeyword() {
        let schema = JSONValue.object(["multipleOf": .number(2)])
        #expect(validator.violations(of: .number(4), against: schema).count == 1)
    }
}
