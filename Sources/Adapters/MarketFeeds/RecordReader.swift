/// Splits bytes into records and records into fields (RFC 4180, and what real files make of it).
///
/// Lines end with LF, CRLF or CR; blank ones are passed over. A field that begins with a quote ends
/// at the next lone quote, whatever lies between. A byte-order mark is dropped, the delimiter is
/// found in the first line. Memory is one block plus the longest record.
struct RecordReader {
    /// One field of the current record.
    struct Field {
        /// Where its bytes lie in `buffer`, without the quotes around them.
        var range: Range<Int>
        var isQuoted: Bool
    }

    static let blockBytes = 256 * 1024
    static let recordBytesLimit = 1 << 20
    static let fieldLimit = 16_384

    let name: String
    private let source: any ByteSource
    private let blockBytes: Int
    private(set) var buffer: [UInt8] = []
    private var begin = 0
    private var end = 0
    private var atEnd = false
    private var nextLine = 1

    private(set) var delimiter = UInt8(ascii: ",")
    private(set) var fields: [Field] = []
    /// Line on which the current record begins.
    private(set) var line = 0
    /// Whether the current record ended with the file instead of a newline.
    private(set) var endsWithoutNewline = false
    /// Whether something stands between a closing quote and the next delimiter.
    private(set) var hasTextAfterQuote = false

    init(
        _ source: any ByteSource, name: String, blockBytes: Int = RecordReader.blockBytes
    )
        throws(CSVError)
    {
        self.source = source
        self.name = name
        self.blockBytes = max(1, blockBytes)
        try readMark()
        delimiter = try findDelimiter()
    }

    /// Moves on to the next record that is not blank; `false` at the end of the data.
    mutating func next() throws(CSVError) -> Bool {
        while true {
            switch try scan() {
            case .more:
                try fill()
            case .end:
                return false
            case .openQuote(let line):
                throw CSVError(file: name, line: line, .openQuote)
            case .record(let next, let lines, let terminated):
                line = nextLine
                nextLine += lines
                begin = next
                endsWithoutNewline = !terminated
                guard isBlank else { return true }
            }
        }
    }

    /// A field's text without quotes and surrounding blanks, at most 60 characters of it.
    func text(_ index: Int) -> String {
        let field = fields[index]
        let bytes = buffer[field.range.prefix(RecordReader.textBytes)]
        var text = String(decoding: bytes, as: UTF8.self)
        if field.isQuoted { text = RecordReader.unescaped(text) }
        text = RecordReader.trimmed(text)
        return text.count > 60 ? text.prefix(60) + "…" : text
    }

    /// A field's whole text without quotes and surrounding blanks.
    func wholeText(_ index: Int) -> String {
        let field = fields[index]
        let text = String(decoding: buffer[field.range], as: UTF8.self)
        return RecordReader.trimmed(field.isQuoted ? RecordReader.unescaped(text) : text)
    }

    private static let textBytes = 512

    private static func unescaped(_ text: String) -> String {
        var result = ""
        var previousWasQuote = false
        for character in text.unicodeScalars {
            let isQuote = character == "\""
            if !(isQuote && previousWasQuote) { result.unicodeScalars.append(character) }
            previousWasQuote = isQuote && !previousWasQuote
        }
        return result
    }

    private static func trimmed(_ text: String) -> String {
        let blanks: Set<Character> = [" ", "\t", "\u{a0}"]
        let tail = text.drop { blanks.contains($0) }
        let end = tail.lastIndex { !blanks.contains($0) }
        return end.map { String(tail[...$0]) } ?? ""
    }

    private var isBlank: Bool {
        for field in fields {
            for index in field.range where !RecordReader.isBlank(buffer[index]) { return false }
        }
        return true
    }

    static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
}

// MARK: - Scanning

extension RecordReader {
    private enum Scan {
        case record(next: Int, lines: Int, terminated: Bool)
        case more
        case end
        case openQuote(line: Int)
    }

    private static let quote = UInt8(ascii: "\"")
    private static let lineFeed: UInt8 = 0x0a
    private static let carriageReturn: UInt8 = 0x0d

    /// Finds the record that begins at `begin`, if all of it is in the buffer.
    private mutating func scan() throws(CSVError) -> Scan {
        guard begin < end else { return atEnd ? .end : .more }
        fields.removeAll(keepingCapacity: true)
        hasTextAfterQuote = false
        var position = begin
        var lines = 1
        while true {
            guard fields.count < RecordReader.fieldLimit else {
                throw CSVError(
                    file: name, line: nextLine, .tooManyFields(limit: RecordReader.fieldLimit))
            }
            if position < end, buffer[position] == RecordReader.quote {
                let opened = nextLine + lines - 1
                guard let close = closingQuote(after: position, lines: &lines) else {
                    return atEnd ? .openQuote(line: opened) : .more
                }
                fields.append(Field(range: (position + 1)..<close, isQuoted: true))
                position = fieldEnd(from: close + 1)
                if position > close + 1 { noteTextAfterQuote((close + 1)..<position) }
            } else {
                let start = position
                position = fieldEnd(from: start)
                fields.append(Field(range: start..<position, isQuoted: false))
            }
            if position == end {
                return atEnd ? .record(next: end, lines: lines, terminated: false) : .more
            }
            if buffer[position] == delimiter {
                position += 1
                continue
            }
            guard let next = lineEnd(at: position) else { return .more }
            return .record(next: next, lines: lines, terminated: true)
        }
    }

    /// The next delimiter or newline, or the end of the buffer.
    private func fieldEnd(from start: Int) -> Int {
        let bytes = buffer.span
        let delimiter = delimiter
        var position = start
        while position < end {
            let byte = bytes[position]
            if byte == delimiter || byte == RecordReader.lineFeed
                || byte == RecordReader.carriageReturn
            {
                break
            }
            position += 1
        }
        return position
    }

    /// The quote that closes the one at `opening`; `nil` when it is not in the buffer.
    private func closingQuote(after opening: Int, lines: inout Int) -> Int? {
        let bytes = buffer.span
        var newlines = 0
        var position = opening + 1
        while position < end {
            let byte = bytes[position]
            if byte == RecordReader.quote {
                guard position + 1 < end else { break }
                if bytes[position + 1] != RecordReader.quote {
                    lines += newlines
                    return position
                }
                position += 1
            } else if byte == RecordReader.lineFeed
                || (byte == RecordReader.carriageReturn && position + 1 < end
                    && bytes[position + 1] != RecordReader.lineFeed)
            {
                newlines += 1
            }
            position += 1
        }
        // The file may end with the closing quote itself.
        guard atEnd, position == end - 1, position > opening,
            bytes[position] == RecordReader.quote
        else { return nil }
        lines += newlines
        return position
    }

    /// Where the line after the newline at `position` begins; `nil` when a LF may still follow.
    private func lineEnd(at position: Int) -> Int? {
        guard buffer[position] == RecordReader.carriageReturn else { return position + 1 }
        guard position + 1 < end else { return atEnd ? position + 1 : nil }
        return buffer[position + 1] == RecordReader.lineFeed ? position + 2 : position + 1
    }

    private mutating func noteTextAfterQuote(_ range: Range<Int>) {
        for index in range where !RecordReader.isBlank(buffer[index]) { hasTextAfterQuote = true }
    }
}

// MARK: - Filling

extension RecordReader {
    /// Makes room behind the record that begins at `begin` and reads one block into it.
    private mutating func fill() throws(CSVError) {
        guard end - begin <= RecordReader.recordBytesLimit else {
            throw CSVError(
                file: name, line: nextLine, .lineTooLong(limit: RecordReader.recordBytesLimit))
        }
        buffer.removeSubrange(end...)
        buffer.removeSubrange(..<begin)
        end -= begin
        begin = 0
        buffer.append(contentsOf: repeatElement(0, count: blockBytes))
        let source = source
        let start = end
        // A closure would lose the typed error.
        var outcome: Result<Int, CSVError> = .success(0)
        buffer.withUnsafeMutableBytes { bytes in
            do throws(CSVError) {
                outcome = .success(
                    try source.read(into: UnsafeMutableRawBufferPointer(rebasing: bytes[start...])))
            } catch {
                outcome = .failure(error)
            }
        }
        let count = try outcome.get()
        atEnd = count == 0
        end += count
        guard !buffer[start..<end].contains(0) else { throw CSVError(file: name, .binary) }
    }

    /// Reads the first bytes and drops a UTF-8 byte-order mark.
    private mutating func readMark() throws(CSVError) {
        while end < FileSignature.longest, !atEnd { try fillHead() }
        if let problem = FileSignature.problem(of: buffer[..<end]) {
            throw CSVError(file: name, problem)
        }
        if buffer[..<end].starts(with: [0xef, 0xbb, 0xbf]) { begin = 3 }
        guard begin < end || !atEnd else { throw CSVError(file: name, .empty) }
    }

    /// `fill`, but a mark that contains zero bytes is told from other binary data.
    private mutating func fillHead() throws(CSVError) {
        do throws(CSVError) {
            try fill()
        } catch  where error.problem == .binary {
            throw CSVError(file: name, FileSignature.problem(of: buffer[..<end]) ?? .binary)
        }
    }

    /// The commonest of comma, semicolon and tab in the first line that is not blank, outside
    /// quotes.
    private mutating func findDelimiter() throws(CSVError) -> UInt8 {
        while true {
            var counts: [UInt8: Int] = [:]
            var inQuotes = false
            var sawText = false
            for byte in buffer[begin..<end] {
                if byte == RecordReader.quote { inQuotes.toggle() }
                guard !inQuotes else { continue }
                if byte == RecordReader.lineFeed || byte == RecordReader.carriageReturn {
                    if sawText { return RecordReader.commonest(counts) }
                } else {
                    counts[byte, default: 0] += 1
                    sawText = sawText || !RecordReader.isBlank(byte)
                }
            }
            if atEnd { return RecordReader.commonest(counts) }
            try fill()
        }
    }

    private static func commonest(_ counts: [UInt8: Int]) -> UInt8 {
        let candidates = [UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "\t")]
        var best = candidates[0]
        for candidate in candidates where counts[candidate, default: 0] > counts[best, default: 0] {
            best = candidate
        }
        return best
    }
}
