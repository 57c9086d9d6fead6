/// Where an event lies in its topic; written `partition/offset`.
package struct EventPlace: Hashable, Sendable {
    package let partition: Int32
    package let offset: Int64

    package init(partition: Int32, offset: Int64) {
        self.partition = partition
        self.offset = offset
    }

    /// `nil` for anything but two whole numbers that are not negative, with a `/` in between.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let partition = Int32(digits: parts[0]),
            let offset = Int64(digits: parts[1])
        else { return nil }
        self.init(partition: partition, offset: offset)
    }
}

extension EventPlace: Comparable, CustomStringConvertible {
    package static func < (lhs: EventPlace, rhs: EventPlace) -> Bool {
        (lhs.partition, lhs.offset) < (rhs.partition, rhs.offset)
    }

    package var description: String { "\(partition)/\(offset)" }
}

extension LoggedEvent {
    package var location: EventPlace { EventPlace(partition: partition, offset: offset) }
}

extension FixedWidthInteger {
    /// Of ASCII digits alone: no sign.
    fileprivate init?(digits: Substring) {
        guard digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { return nil }
        self.init(digits, radix: 10)
    }
}

/// A message on a dead-letter topic: what nobody could process, and why.
///
/// Whatever of its headers is missing or cannot be read is `nil`: others may write to the topic.
package struct DeadLetter: Sendable, Equatable {
    /// As it lies on the dead-letter topic.
    package let event: LoggedEvent
    /// Of the topic that the original was on.
    package let original: Topic

    /// - Returns: `nil` for an event that lies on no dead-letter topic.
    package init?(_ event: LoggedEvent) {
        guard let original = event.message.topic.ofDeadLetters else { return nil }
        self.event = event
        self.original = original
    }

    /// The headers that setting a message aside adds to it.
    enum Header: String, CaseIterable {
        case reason, topic, partition, offset, attempts, cut
        case firstFailure = "first-failure"
        case lastFailure = "last-failure"
        case originalSize = "original-size"
    }

    /// On a message that was published again: the dead letter that it was, as
    /// `topic/partition/offset`.
    package static let replayHeader = "replayed-from"

    /// The letter before, of a message that was published again and could not be processed then
    /// either. Only what lies before it in its partition: what a header says may be wrong.
    package var earlier: EventPlace? {
        let topic = "\(event.message.topic)/"
        guard let text = event.message.headers[DeadLetter.replayHeader], text.hasPrefix(topic),
            let place = EventPlace(String(text.dropFirst(topic.count))),
            place.partition == event.partition, place.offset < event.offset
        else { return nil }
        return place
    }

    package var reason: String? { self[.reason] }
    package var attempts: String? { self[.attempts] }
    package var firstFailure: String? { self[.firstFailure] }
    package var lastFailure: String? { self[.lastFailure] }
    /// Of one that is cut: the bytes that the original's payload had.
    package var originalSize: String? { self[.originalSize] }

    /// Where the original lies; `nil` for one that brokers never took.
    package var originalPlace: EventPlace? {
        guard let partition = self[.partition], let offset = self[.offset] else { return nil }
        return EventPlace("\(partition)/\(offset)")
    }

    /// Only the original's beginning is there: brokers found the whole too large.
    package var isCut: Bool { self[.cut] == "true" }

    /// The original as it is published again: its bytes, its key and the headers that it had, and
    /// one that says where it comes from. `nil` when only its beginning is there.
    ///
    /// The topic is the one that the dead-letter topic belongs to, whatever a header says.
    package var replay: EventMessage? {
        guard !isCut else { return nil }
        var message = event.message
        message.topic = original
        for header in Header.allCases { message.headers[header.rawValue] = nil }
        message.headers[DeadLetter.replayHeader] = "\(event.message.topic)/\(event.location)"
        return message
    }

    private subscript(header: Header) -> String? { event.message.headers[header.rawValue] }
}

extension Topic {
    private static let deadLetterSuffix = ".dlq"

    /// Where messages go that nobody can process.
    package var deadLetter: Topic { Topic(name + Topic.deadLetterSuffix) }

    /// The topic whose dead letters this one holds; `nil` for any other.
    package var ofDeadLetters: Topic? {
        name.hasSuffix(Topic.deadLetterSuffix)
            ? Topic(String(name.dropLast(Topic.deadLetterSuffix.count))) : nil
    }
}

extension LoggedEvent {
    /// This event as it is put on the dead-letter topic: the original bytes and key, with headers
    /// that say why and from where.
    package func deadLetter(
        reason: String, attempts: Int, firstFailure: String, lastFailure: String
    ) -> EventMessage {
        var headers = message.headers
        let added: [DeadLetter.Header: String] = [
            .reason: reason, .topic: message.topic.name, .partition: String(partition),
            .offset: String(offset), .attempts: String(attempts), .firstFailure: firstFailure,
            .lastFailure: lastFailure,
        ]
        for (header, value) in added { headers[header.rawValue] = value }
        return EventMessage(
            topic: message.topic.deadLetter, key: message.key, payload: message.payload,
            headers: headers)
    }
}

extension EventMessage {
    /// What is left of a dead letter's payload that brokers refuse whole: in bytes.
    package static let cutPayloadLimit = 65_536
    /// What is left of its key, and of each header: in bytes.
    package static let cutTextLimit = 4_096

    /// This dead letter's beginning, for brokers that find the whole too large: what sets it aside
    /// makes it larger than it was. Headers say so.
    package var cut: EventMessage {
        var letter = self
        letter.key = EventMessage.cut(key)
        letter.payload = Array(payload.prefix(EventMessage.cutPayloadLimit))
        letter.headers = headers.mapValues(EventMessage.cut)
        letter.headers[DeadLetter.Header.cut.rawValue] = "true"
        letter.headers[DeadLetter.Header.originalSize.rawValue] = String(payload.count)
        return letter
    }

    private static func cut(_ text: String) -> String {
        guard text.utf8.count > cutTextLimit else { return text }
        return String(decoding: text.utf8.prefix(cutTextLimit), as: UTF8.self)
    }
}
