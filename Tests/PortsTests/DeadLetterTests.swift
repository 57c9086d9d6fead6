import Ports
import TestSupport
import Testing

@Suite("Dead letters")
struct DeadLetterTests {
    private static let original = EventMessage(
        topic: .regimeChange, key: "SPX", payload: [0, 0xFF, 0x7B],
        headers: ["content-type": "application/json", "ce-id": "1", "traceparent": "00-ab"])

    private func setAside(_ message: EventMessage, partition: Int32, offset: Int64) -> EventMessage
    {
        LoggedEvent(message: message, partition: partition, offset: offset).deadLetter(
            reason: "no regime", attempts: 2, firstFailure: "2026-01-02T03:04:05Z",
            lastFailure: "2026-01-02T03:04:06Z")
    }

    private func read(_ message: EventMessage) -> DeadLetter? {
        DeadLetter(LoggedEvent(message: message, partition: 3, offset: 17))
    }

    @Test("say why they are there and where the original lies")
    func reading() throws {
        let letter = try #require(read(setAside(Self.original, partition: 5, offset: 40)))
        #expect(letter.original == .regimeChange)
        #expect(letter.event.location == EventPlace(partition: 3, offset: 17))
        #expect(letter.reason == "no regime")
        #expect(letter.attempts == "2")
        #expect(letter.firstFailure == "2026-01-02T03:04:05Z")
        #expect(letter.lastFailure == "2026-01-02T03:04:06Z")
        #expect(letter.originalPlace == EventPlace(partition: 5, offset: 40))
        #expect(!letter.isCut)
        // Brokers never took it.
        let refused = setAside(Self.original, partition: -1, offset: -1)
        #expect(read(refused)?.originalPlace == nil)
        #expect(read(Self.original) == nil)
    }

    @Test("replayed are what they were, and say from where", arguments: [0, 1, 5])
    func replaying(_ headers: Int) throws {
        var message = Self.original
        message.headers = Dictionary(
            uniqueKeysWithValues: (0..<headers).map { ("h\($0)", "value \($0)") })
        var replayed = try #require(
            read(setAside(message, partition: 0, offset: 1))?.replay)
        #expect(replayed.headers[DeadLetter.replayHeader] == "regime-change.dlq/3/17")
        replayed.headers[DeadLetter.replayHeader] = nil
        #expect(replayed == message)
    }

    @Test("set aside again name the letter before, unless it lies elsewhere")
    func earlier() throws {
        let letter = setAside(Self.original, partition: 0, offset: 1)
        #expect(read(letter)?.earlier == nil)
        var again = setAside(
            try #require(read(letter)?.replay), partition: 0, offset: 2)
        // Where `read` has it lie, it would be before itself.
        #expect(read(again)?.earlier == nil)
        for (text, place) in [
            ("regime-change.dlq/3/16", EventPlace(partition: 3, offset: 16)),
            ("regime-change.dlq/3/17", nil), ("regime-change.dlq/3/18", nil),
            ("regime-change.dlq/2/16", nil), ("order-filled.dlq/3/16", nil),
            ("regime-change.dlq/3", nil), ("", nil),
        ] {
            again.headers[DeadLetter.replayHeader] = text
            #expect(read(again)?.earlier == place, "\(text)")
        }
    }

    @Test("go to the topic that they are kept for, whatever a header says")
    func topic() throws {
        var message = setAside(Self.original, partition: 0, offset: 1)
        message.headers["topic"] = "order-filled"
        #expect(try #require(read(message)).replay?.topic == .regimeChange)
    }

    @Test("cut cannot be replayed, and tell how much there was")
    func cut() throws {
        var large = Self.original
        large.payload = [UInt8](repeating: 7, count: EventMessage.cutPayloadLimit + 1)
        let letter = try #require(read(setAside(large, partition: 0, offset: 1).cut))
        #expect(letter.isCut)
        #expect(letter.event.message.payload.count == EventMessage.cutPayloadLimit)
        #expect(letter.originalSize == "\(EventMessage.cutPayloadLimit + 1)")
        #expect(letter.replay == nil)
    }

    @Test("of each topic that has them there is one topic")
    func topics() {
        for topic in Topic.setAside {
            #expect(topic.ofDeadLetters == nil)
            #expect(topic.deadLetter.ofDeadLetters == topic)
            #expect(Topic.all.contains(topic.deadLetter))
        }
    }

    @Test(
        "a place is two whole numbers",
        arguments: [
            "", "/", "1", "1/", "/1", "-1/2", "1/-2", "+1/2", "1/2/3", "1 /2", "a/1",
            "2147483648/0", "0/9223372036854775808", "١/٢",
        ])
    func noPlace(_ text: String) {
        #expect(EventPlace(text) == nil)
    }

    @Test("a place reads as it is written, in the order of the log", arguments: Sweep.seeds(20))
    func places(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let places = (0..<50).map { _ in
            EventPlace(
                partition: Int32.random(in: 0...3, using: &generator),
                offset: Int64.random(in: 0...Int64.max, using: &generator))
        }
        for place in places { #expect(EventPlace("\(place)") == place) }
        let sorted = places.sorted()
        for (one, other) in zip(sorted, sorted.dropFirst()) {
            #expect(one.partition <= other.partition)
            #expect(one.partition < other.partition || one.offset <= other.offset)
        }
    }
}
