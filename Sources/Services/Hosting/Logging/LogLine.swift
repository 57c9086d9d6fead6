import Logging
import Market

/// One log entry, before it is given a form.
struct LogEntry {
    var timestamp: Timestamp
    var level: Logger.Level
    var service: String
    var message: String
    var metadata: Logger.Metadata
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
        var line = "{\"timestamp\":" + JSONText.quoted(milliseconds.rfc3339)
        line += ",\"level\":" + JSONText.quoted(level.rawValue)
        line += ",\"service\":" + JSONText.quoted(LogEntry.cut(service))
        line += ",\"message\":" + JSONText.quoted(LogEntry.cut(message))
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
            let name = LogEntry.reservedKeys.contains(key) ? "metadata." + key : key
            line += "," + JSONText.quoted(name) + ":" + LogEntry.json(value, depth: 1)
        }
        return line + "}"
    }

    private static func json(_ value: Logger.MetadataValue, depth: Int) -> String {
        guard depth < nestingLimit else { return JSONText.quoted(cut(value.description)) }
        switch value {
        case .string(let text):
            return JSONText.quoted(cut(text))
        case .stringConvertible(let convertible):
            return JSONText.number(convertible) ?? JSONText.quoted(cut(convertible.description))
        case .array(let values):
            return "[" + values.map { json($0, depth: depth + 1) }.joined(separator: ",") + "]"
        case .dictionary(let members):
            let pairs = members.sorted { $0.key < $1.key }.map { key, value in
                JSONText.quoted(key) + ":" + json(value, depth: depth + 1)
            }
            return "{" + pairs.joined(separator: ",") + "}"
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
            line += isPlain ? shown : JSONText.quoted(shown)
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
        // Most texts hold nothing to escape.
        guard text.utf8.contains(where: isEscaped) else { return "\"\(text)\"" }
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            default:
                if scalar.value < 0x20 || scalar.value == 0x7F {
                    result += escape(scalar)
                } else {
                    result.unicodeScalars.append(scalar)
                }
            }
        }
        return result + "\""
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
        case let flag as Bool: flag.description
        case let number as any BinaryInteger: number.description
        case let number as Double where number.isFinite: number.description
        case let number as Float where number.isFinite: number.description
        default: nil
        }
    }
}
