/// Server-Sent Events from bytes as they come (WHATWG HTML, section 9.2.6).
package struct EventLines: Sendable {
    package struct Event: Equatable, Sendable {
        package var kind = "message"
        package var data: [UInt8] = []
    }

    /// Thrown for an event above `eventLimitBytes`.
    package struct TooLong: Error {}

    /// One event's bytes at the most.
    package static let eventLimitBytes = 1 << 20

    /// What a text may begin with and does not hold.
    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    private var line: [UInt8] = []
    private var isFirstLine = true
    private var event = Event()
    private var hasData = false
    private var endedByReturn = false

    package init() {}

    /// The events that are complete with these bytes.
    ///
    package mutating func take(_ bytes: [UInt8]) throws(TooLong) -> [Event] {
        var events: [Event] = []
        for byte in bytes {
            // A line ends with a line feed, a return, or both.
            let isSecondHalf = endedByReturn && byte == UInt8(ascii: "\n")
            endedByReturn = byte == UInt8(ascii: "\r")
            if isSecondHalf { continue }
            if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") {
                if let event = ended() { events.append(event) }
            } else {
                line.append(byte)
                guard line.count + event.data.count <= EventLines.eventLimitBytes else {
                    throw TooLong()
                }
            }
        }
        return events
    }

    private mutating func ended() -> Event? {
        defer { (line, isFirstLine) = ([], false) }
        if isFirstLine, line.starts(with: EventLines.byteOrderMark) { line.removeFirst(3) }
        guard !line.isEmpty else {
            defer { (event, hasData) = (Event(), false) }
            return hasData ? event : nil
        }
        let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? line.endIndex
        var value = line[colon...].dropFirst()
        if value.first == UInt8(ascii: " ") { value = value.dropFirst() }
        switch String(decoding: line[..<colon], as: UTF8.self) {
        case "event": event.kind = String(decoding: value, as: UTF8.self)
        case "data":
            if hasData { event.data.append(UInt8(ascii: "\n")) }
            event.data += value
            hasData = true
        default: break
        }
        return nil
    }
}
