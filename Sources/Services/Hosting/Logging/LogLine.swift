import Logging
import Market

/// One log entry, before it is given a form.
struct LogEntry {
    var timestamp: Timestamp
    var level: Logger.Level
    var service: String
    var message: String
    /// Of different keys; in any order.
    var metadata: [Logger.Metadata.Element]

    /// Adds what is not there yet.
    mutating func add(_ more: Logger.Metadata) {
        for member in more where !metadata.contains(where: { $0.key == member.key }) {
            metadata.append(member)
        }
    }
}

/// How a log line looks.
package enum LogFormat: String, Sendable, CaseIterable {
    /// One JSON object a line.
    case json
    /// For people.
    case text
    /// `text` on a terminal, `json` otherwise.
    case auto

    /// The form to write in: `json` or `text`.
    package func resolved(isTerminal: Bool) -> LogFormat {
        self == .auto ? (isTerminal ? .text : .json) : self
    }
}

extension LogEntry {
    /// A longer message or value is cut here, with `…` at its end.
    static let textLimit = 16_384
    /// Metadata nested deeper than this is written as text.
    static let nestingLimit = 4

    static let reservedKeys: Set<String> = ["timestamp", "level", "service", "message"]

    func line(as format: LogFormat) -> String {
        format == .text ? text : json
    }

    private var milliseconds: Timestamp {
        let perMillisecond: Int64 = 1_000_000
        let remainder = timestamp.nanoseconds % perMillisecond
        return timestamp.advanced(
            byNanoseconds: -(remainder < 0 ? remainder + 1_000_000 : remainder))
    }

    /// One JSON object: the four fixed fields, then metadata by key. A metadata key that is already
    /// a field's name gets the prefix `metadata.`.
    var json: String {
        var line = ""
        line.reserveCapacity(LogEntry.usualLength)
        line += "{\"timestamp\":\""
        line += milliseconds.rfc3339
        line += "\",\"level\":\""
        line += level.rawValue
        line += "\",\"service\":"
        JSONText.append(LogEntry.cut(service), to: &line)
        line += ",\"message\":"
        JSONText.append(LogEntry.cut(message), to: &line)
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
            line += ","
            JSONText.append(
                LogEntry.reservedKeys.contains(key) ? "metadata." + key : key, to: &line)
            line += ":"
            LogEntry.append(value, depth: 1, to: &line)
        }
        line += "}"
        return line
    }

    /// Bytes that most lines have room in.
    private static let usualLength = 384

    private static func append(
        _ value: Logger.MetadataValue, depth: Int, to line: inout String
    ) {
        guard depth < nestingLimit else {
            return JSONText.append(cut(value.description), to: &line)
        }
        switch value {
        case .string(let text):
            JSONText.append(cut(text), to: &line)
        case .stringConvertible(let convertible):
            if let number = JSONText.number(convertible) {
                line += number
            } else {
                JSONText.append(cut(convertible.description), to: &line)
            }
        case .array(let values):
            line += "["
            for (index, value) in values.enumerated() {
                if index > 0 { line += "," }
                append(value, depth: depth + 1, to: &line)
            }
            line += "]"
        case .dictionary(let members):
            line += "{"
            for (index, member) in members.sorted(by: { $0.key < $1.key }).enumerated() {
                if index > 0 { line += "," }
                JSONText.append(member.key, to: &line)
                line += ":"
                append(member.value, depth: depth + 1, to: &line)
            }
            line += "}"
        }
    }

    /// `21:00:00.5Z INFO    market-regime: message key=value`, control characters escaped.
    var text: String {
        let clock = milliseconds.rfc3339.drop { $0 != "T" }.dropFirst()
        var line = String(clock).padding(to: "00:00:00.000Z".count) + " "
        line += level.rawValue.uppercased().padding(to: "CRITICAL".count) + " "
        line += LogEntry.printable(service) + ": " + LogEntry.printable(message)
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
            let shown = LogEntry.printable(value.description)
            let isPlain = !shown.isEmpty && !shown.contains { $0 == " " || $0 == "\"" || $0 == "=" }
            line += " " + LogEntry.printable(key) + "="
            if isPlain { line += shown } else { JSONText.append(shown, to: &line) }
        }
        return line
    }

    private static func cut(_ text: String) -> String {
        guard text.utf8.count > textLimit else { return text }
        return String(text.prefix(textLimit)) + "…"
    }

    /// Control characters as `\n` or `\u001b`: a logged value can neither forge a line nor drive a
    /// terminal.
    private static func printable(_ text: String) -> String {
        var result = ""
        for scalar in cut(text).unicodeScalars {
            if scalar.properties.generalCategory == .control {
                result += JSONText.escape(scalar)
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}

extension String {
    fileprivate func padding(to width: Int) -> String {
        count >= width ? self : self + String(repeating: " ", count: width - count)
    }
}

/// JSON literals (RFC 8259).
enum JSONText {
    static func quoted(_ text: String) -> String {
        var result = ""
        append(text, to: &result)
        return result
    }

    /// Appends a text as a string.
    static func append(_ text: String, to line: inout String) {
        line += "\""
        // Most texts hold nothing to escape.
        if text.utf8.contains(where: isEscaped) {
            for scalar in text.unicodeScalars { append(scalar, to: &line) }
        } else {
            line += text
        }
        line += "\""
    }

    private static func append(_ scalar: Unicode.Scalar, to line: inout String) {
        switch scalar {
        case "\"": line += "\\\""
        case "\\": line += "\\\\"
        default:
            if scalar.value < 0x20 || scalar.value == 0x7F {
                line += escape(scalar)
            } else {
                line.unicodeScalars.append(scalar)
            }
        }
    }

    private static func isEscaped(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte == 0x7F
    }

    /// `\n`, `\r`, `\t` or `\u` and four digits; for scalars of the basic plane.
    static func escape(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\n": return "\\n"
        case "\r": return "\\r"
        case "\t": return "\\t"
        default:
            let digits = String(scalar.value, radix: 16)
            return "\\u" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
        }
    }

    /// A JSON number or boolean when the value is one; `nil` for text, infinities and NaN.
    static func number(_ value: any CustomStringConvertible) -> String? {
        switch value {
        case let number as Double: number.isFinite ? number.description : nil
        case let number as Int: number.description
        case let flag as Bool: flag.description
        case let number as any BinaryInteger: number.description
        case let number as Float where number.isFinite: number.description
        default: nil
        }
    }
}
