/// What a mail server answers: a code and lines (RFC 5321, 4.2).
struct SMTPReply: Equatable, Sendable {
    let code: Int
    let lines: [String]
}

/// Puts replies together from what comes in.
struct SMTPReplyReader {
    /// Servers keep to 512 bytes; some are wordy.
    static let lineBytesLimit = 4_096
    static let linesLimit = 100

    struct Malformed: Error, Equatable {
        let reason: String
    }

    private var line: [UInt8] = []
    private var lines: [String] = []
    private var code: Int?

    /// Whether a reply has begun, or more has come than one.
    var hasMore: Bool { !line.isEmpty || code != nil }

    /// - Returns: whether the bytes up to there made a line.
    private mutating func take(_ byte: UInt8) throws(Malformed) -> Bool {
        guard byte != UInt8(ascii: "\n") else { return true }
        guard line.count < SMTPReplyReader.lineBytesLimit else {
            throw Malformed(reason: "a line of more than \(SMTPReplyReader.lineBytesLimit) bytes")
        }
        line.append(byte)
        return false
    }

    /// The replies that are whole now.
    mutating func take(_ bytes: some Sequence<UInt8>) throws(Malformed) -> [SMTPReply] {
        var replies: [SMTPReply] = []
        for byte in bytes where try take(byte) {
            if let reply = try endLine() { replies.append(reply) }
        }
        return replies
    }

    /// The reply that a line ends, if it does.
    private mutating func endLine() throws(Malformed) -> SMTPReply? {
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        defer { line = [] }
        let digits = line.prefix(3)
        guard digits.count == 3, digits.allSatisfy({ (0x30...0x39).contains($0) }),
            let number = Int(String(decoding: digits, as: UTF8.self)), (200...599).contains(number),
            code ?? number == number
        else { throw Malformed(reason: "a line that is no reply") }
        let mark = line.dropFirst(3).first ?? UInt8(ascii: " ")
        guard mark == UInt8(ascii: " ") || mark == UInt8(ascii: "-") else {
            throw Malformed(reason: "a line that is no reply")
        }
        guard lines.count < SMTPReplyReader.linesLimit else {
            throw Malformed(reason: "a reply of more than \(SMTPReplyReader.linesLimit) lines")
        }
        lines.append(String(decoding: line.dropFirst(4), as: UTF8.self))
        guard mark == UInt8(ascii: " ") else {
            code = number
            return nil
        }
        defer {
            code = nil
            lines = []
        }
        return SMTPReply(code: number, lines: lines)
    }
}
