import Backends
import Contracts
import Market
import Ports
import TestSupport
import Testing

/// Where a program's events lie.
enum EventPlacement: String, CaseIterable, Sendable {
    case embedded, postgres, kafka
}

/// Several servers and many processes: one after the other.
@Suite("Dead letters on the command line", .serialized, .timeLimit(.minutes(5)))
struct DeadLetterProcessTests {
    private static let poison = EventMessage(
        topic: .regimeChange, key: "SPX\u{1B}[2J", payload: Array("{\"regime\":\"panic\"}".utf8),
        headers: ["ce-id": "42", "content-type": "application/json"])

    private static func setAside(_ message: EventMessage, _ reason: String) -> EventMessage {
        LoggedEvent(message: message, partition: 0, offset: 9).deadLetter(
            reason: reason, attempts: 1, firstFailure: "2026-01-02T03:04:05Z",
            lastFailure: "2026-01-02T03:04:05Z")
    }

    /// A text, one in bytes that is none, and one that was cut.
    private static let letters: [EventMessage] = {
        var bytes = poison
        bytes.payload = [0xDE, 0xAD, 0xBE, 0xEF]
        var large = poison
        large.payload = [UInt8](repeating: 0x20, count: EventMessage.cutPayloadLimit + 10)
        return [
            setAside(poison, "no such regime: panic"), setAside(bytes, "not a JSON object"),
            setAside(large, "too large").cut,
        ]
    }()

    /// Runs a test with a program of its own whose bus the test shares.
    private func with(
        _ placement: EventPlacement, _ body: (Program, any EventBus) async throws -> Void
    ) async throws {
        let broker = placement == .kafka ? try await KafkaBroker() : nil
        var program = try await Program.fresh(onPostgres: placement == .postgres)
        defer { program.remove() }
        program.environment["REDPANDA_BROKERS"] = broker?.servers
        #expect(try await program.run("migrate").status == 0)
        if let broker {
            let bus = try KafkaEventBus(brokers: broker.servers)
            try await body(program, bus)
            await bus.close()
        } else {
            try await program.withEvents { try await body(program, $0) }
        }
    }

    @Test("are listed, shown and replayed as they were", arguments: EventPlacement.allCases)
    func replay(_ placement: EventPlacement) async throws {
        try await with(placement) { program, bus in
            let none = try await program.run("dlq", "list")
            #expect(none.status == 3)
            #expect(none.errors.contains("no dead letters"))
            let letters = try await bus.publish(Self.letters)
            let list = try await program.run("dlq", "list")
            #expect(list.status == 0, "\(list.errors)")
            for (letter, reason) in zip(
                letters, ["no such regime: panic", "not a JSON object", "too large"])
            {
                #expect(
                    list.output.split(separator: "\n").contains {
                        $0.hasPrefix("regime-change  \(letter.location) ") && $0.hasSuffix(reason)
                    }, "\(list.output)")
            }
            #expect(!list.output.contains("\u{1B}"))
            try await expectShown(letters, program)
            try await expectReplayed(letters, program, bus)
        }
    }

    private func expectShown(_ letters: [LoggedEvent], _ program: Program) async throws {
        let text = try await program.run(
            "dlq", "show", "regime-change", "\(letters[0].location)")
        #expect(text.status == 0, "\(text.errors)")
        #expect(text.output.contains("  ce-id: 42\n"))
        #expect(text.output.contains("payload, 18 bytes\n  {\"regime\":\"panic\"}\n"))
        let bytes = try await program.run(
            "dlq", "show", "regime-change.dlq", "\(letters[1].location)")
        #expect(bytes.output.contains("00000000  de ad be ef "))
        let json = try await program.run(
            "dlq", "show", "regime-change", "\(letters[1].location)", "--json")
        #expect(json.output.contains(#""payloadHex":"deadbeef""#))
        #expect(json.output.contains(#""originalPosition":"0/9""#))
        let nothing = try await program.run("dlq", "show", "regime-change", "0/987654321")
        #expect(nothing.status == 3)
        #expect(nothing.errors.contains("dlq list --topic regime-change"))
    }

    private func expectReplayed(
        _ letters: [LoggedEvent], _ program: Program, _ bus: any EventBus
    ) async throws {
        let dry = try await program.run("dlq", "replay", "regime-change", "--all", "--dry-run")
        #expect(dry.status == 1)
        #expect(dry.output.contains("\(letters[0].location)  would be published again\n"))
        #expect(try await read(.regimeChange, bus).isEmpty)
        let one = try await program.run(
            "dlq", "replay", "regime-change", "\(letters[0].location)")
        #expect(one.status == 0, "\(one.errors)")
        let all = try await program.run("dlq", "replay", "regime-change", "--all")
        #expect(all.status == 1)
        #expect(all.errors.contains("1 of 3 dead letters stay aside"))
        #expect(all.output.contains("\(letters[2].location)  cannot be published again: only its"))
        let replayed = try await read(.regimeChange, bus)
        #expect(replayed.count == 3)
        for event in replayed {
            var message = event.message
            let from = message.headers.removeValue(forKey: DeadLetter.replayHeader)
            let place = from?.dropFirst("regime-change.dlq/".count)
            let letter = letters.first { "\($0.location)" == place.map(String.init) }
            #expect(message.payload == letter?.message.payload)
            #expect(message.headers == Self.poison.headers)
            #expect(message.key == Self.poison.key)
        }
        #expect(try await read(Topic.regimeChange.deadLetter, bus).count == 3)
    }

    private func read(_ topic: Topic, _ bus: any EventBus) async throws -> [LoggedEvent] {
        let reader = try await bus.snapshot(of: topic)
        var events: [LoggedEvent] = []
        while let event = try await reader.next() { events.append(event) }
        await reader.close()
        return events
    }

    @Test("what stays poisonous is published once at a time, however often all are replayed")
    func again() async throws {
        try await with(.embedded) { program, bus in
            var newest = try await bus.publish([Self.letters[0]])[0]
            for count in 1...3 {
                let all = try await program.run("dlq", "replay", "regime-change", "--all")
                #expect(all.status == 0, "\(all.errors)")
                let replayed = try await read(.regimeChange, bus)
                #expect(replayed.count == count)
                // As the consumer does.
                let last = try #require(replayed.last)
                let before = newest.location
                newest = try await bus.publish([
                    last.deadLetter(
                        reason: "no", attempts: 1, firstFailure: "now", lastFailure: "now")
                ])[0]
                let list = try await program.run(
                    "dlq", "replay", "regime-change", "--all", "--dry-run", "--json")
                #expect(
                    list.output.contains(
                        "\"position\":\"\(before)\",\"published\":false,"
                            + "\"setAsideAgain\":\"\(newest.location)\""), "\(list.output)")
            }
            #expect(try await read(Topic.regimeChange.deadLetter, bus).count == 4)
        }
    }

    @Test("as JSON they are an array, of none too")
    func json() async throws {
        try await with(.embedded) { program, bus in
            let none = try await program.run("dlq", "list", "--json")
            #expect(none.status == 3)
            #expect(none.output == "[]\n")
            let letter = try await bus.publish([Self.letters[1]])[0]
            let list = try await program.run("dlq", "list", "--topic", "regime-change", "--json")
            #expect(
                list.output == """
                    [
                    {"topic":"regime-change","position":"\(letter.location)",\
                    "key":"SPX\\u001b[2J","reason":"not a JSON object","attempts":"1",\
                    "firstFailure":"2026-01-02T03:04:05Z","lastFailure":"2026-01-02T03:04:05Z",\
                    "originalPosition":"0/9","bytes":4,"cut":false}
                    ]

                    """)
            let other = try await program.run("dlq", "list", "--topic", "order-filled", "--json")
            #expect(other.status == 3)
            let replayed = try await program.run(
                "dlq", "replay", "regime-change", "\(letter.location)", "--json")
            #expect(
                replayed.output == """
                    [
                    {"topic":"regime-change","position":"\(letter.location)","published":true,\
                    "publishedPosition":"0/\(letter.offset + 1)"}
                    ]

                    """)
        }
    }

    @Test(
        "what is asked wrongly is refused, and what to write is told",
        arguments: [
            (["list", "regime-chang"], "did you mean regime-change?"),
            (["list", "--topic", "backfill-progress"], "nothing is set aside"),
            (["show", "regime-change"], "dlq show TOPIC PARTITION/OFFSET"),
            (["show", "regime-change", "17"], "partition/offset"),
            (["replay"], "dlq replay TOPIC --all"),
            (["replay", "regime-change", "0/1", "--all"], "dlq replay TOPIC --all"),
            (["list", "--all"], "--all is for replay"),
            (["show", "regime-change", "0/1", "--dry-run"], "--dry-run is for replay"),
            (["drop"], "list"),
        ])
    func usage(_ arguments: [String], _ told: String) async throws {
        let program = try Program.fresh()
        defer { program.remove() }
        let outcome = try await program.run(["dlq"] + arguments)
        #expect(outcome.status == 2)
        #expect(outcome.errors.contains(told), "\(outcome.errors)")
        #expect(outcome.output.isEmpty)
    }

    @Test("brokers that are away are exit code 4")
    func away() async throws {
        var program = try Program.fresh()
        defer { program.remove() }
        program.environment["REDPANDA_BROKERS"] = "127.0.0.1:\(try LoopbackPort.free())"
        let outcome = try await program.run("dlq", "list")
        #expect(outcome.status == 4)
        #expect(outcome.errors.contains("REDPANDA_BROKERS"))
    }
}

extension Program {
    /// The program's own event log, seen beside it.
    fileprivate func withEvents(_ body: (any EventBus) async throws -> Void) async throws {
        let now: @Sendable () -> Timestamp = { Timestamp(nanoseconds: 0) }
        if let url = environment["DATABASE_URL"] {
            let store = try await PostgresStore(
                url: url, wording: .standard, options: PostgresStore.Options(), now: now)
            try await body(store.events)
            await store.close()
        } else {
            let store = try EmbeddedStore(
                path: home + "/store/bloasis.sqlite", wording: .standard, now: now)
            try await body(store.events)
            try store.close()
        }
    }
}
