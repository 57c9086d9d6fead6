import Contracts
import Hosting
import Ports
import TestSupport
import Testing

@Suite("Reading and replaying dead letters")
struct DeadLetterReadingTests {
    private let bus = InMemoryEventBus()

    private func setAside(_ texts: [String], cut: Bool = false) async throws -> [LoggedEvent] {
        let letters = texts.map { text in
            let letter = LoggedEvent(message: Samples.message(text), partition: 0, offset: 1)
                .deadLetter(reason: text, attempts: 1, firstFailure: "now", lastFailure: "now")
            return cut ? letter.cut : letter
        }
        return try await bus.publish(letters)
    }

    @Test("goes through those that were there, and stops when it is told to")
    func reading() async throws {
        let reading = DeadLetterReading(bus)
        _ = try await setAside(["a", "b", "c"])
        var reasons: [String?] = []
        try await reading.read(of: .regimeChange) { letter in
            _ = try await setAside(["later"])
            reasons.append(letter.reason)
            return true
        }
        #expect(reasons == ["a", "b", "c"])
        try await reading.read(of: .regimeChange) { letter in
            reasons.append(letter.reason)
            return letter.reason != "b"
        }
        #expect(reasons == ["a", "b", "c", "a", "b"])
        try await reading.read(of: .orderFilled) { _ in
            Issue.record("a letter of another topic")
            return true
        }
    }

    @Test("finds the one that lies at a place")
    func finding() async throws {
        let reading = DeadLetterReading(bus)
        let letters = try await setAside(["a", "b"])
        let found = try await reading.letter(at: letters[1].location, of: .regimeChange)
        #expect(found?.event == letters[1])
        let nothing = try await reading.letter(
            at: EventPlace(partition: 0, offset: letters[1].offset + 1), of: .regimeChange)
        #expect(nothing == nil)
    }

    @Test("a replay publishes the original and leaves the letter; one that is cut stays")
    func replaying() async throws {
        let reading = DeadLetterReading(bus)
        let place = try await setAside(["a"])[0].location
        let letter = try #require(try await reading.letter(at: place, of: .regimeChange))
        for count in 1...2 {
            guard case .published(let event) = try await reading.replay(letter) else {
                Issue.record("not published")
                return
            }
            let published = bus.logged(.regimeChange)
            #expect(published.count == count)
            #expect(published.last == event)
            #expect(event.message.payload == Samples.message("a").payload)
        }
        #expect(bus.logged(Topic.regimeChange.deadLetter).count == 1)
        let cutPlace = try await setAside(["b"], cut: true)[0].location
        let cut = try #require(try await reading.letter(at: cutPlace, of: .regimeChange))
        guard case .impossible(let reason) = try await reading.replay(cut) else {
            Issue.record("a letter that is cut was published")
            return
        }
        #expect(reason.contains("only its first 1 bytes of 1 were kept"))
        #expect(bus.logged(.regimeChange).count == 2)
    }

    @Test("of what was set aside again the newest is known, among those that were there")
    func newest() async throws {
        let reading = DeadLetterReading(bus)
        func setAsideAgain(_ event: LoggedEvent) async throws -> LoggedEvent {
            let letter = try #require(DeadLetter(event))
            guard case .published(let published) = try await reading.replay(letter) else {
                throw EventBusError.misconfigured("not published")
            }
            let message = published.deadLetter(
                reason: "again", attempts: 1, firstFailure: "now", lastFailure: "now")
            return try await bus.publish([message])[0]
        }
        let first = try await setAside(["a", "b"])
        let second = try await setAsideAgain(first[0])
        let third = try await setAsideAgain(second)
        var found: [EventPlace] = []
        var later: [EventPlace?] = []
        try await reading.readAll(of: .regimeChange) { letter, newer in
            _ = try await setAsideAgain(letter.event)
            found.append(letter.event.location)
            later.append(newer)
        }
        #expect(found == (first + [second, third]).map(\.location))
        #expect(later == [second.location, nil, third.location, nil])
    }

    @Test("a bus that says nothing is not waited for, and is said so")
    func silence() async throws {
        _ = try await setAside(["a"])
        let reading = DeadLetterReading(bus, silenceLimit: .zero)
        await #expect {
            try await reading.read(of: .regimeChange) { _ in true }
        } throws: { error in
            (error as? RPCFault)?.code == .deadlineExceeded
                && "\(error)".contains("regime-change.dlq")
        }
    }
}
