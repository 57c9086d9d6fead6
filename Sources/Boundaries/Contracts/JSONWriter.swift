package import Ports

/// Writes JSON with its members in the order of the calls, so equal values give equal bytes.
///
/// Numbers are the shortest text that reads back as the same number. A number that JSON cannot
/// hold (NaN, infinity) is `null`: missing stays missing.
package struct JSONWriter {
    package private(set) var text = ""
    private var needsComma = false

    package init() {}

    package mutating func object(_ members: (inout JSONWriter) -> Void) {
        open("{")
        members(&self)
        close("}")
    }

    package mutating func array<Element>(
        _ elements: some Sequence<Element>, _ write: (inout JSONWriter, Element) -> Void
    ) {
        open("[")
        for element in elements { write(&self, element) }
        close("]")
    }

    package mutating func member(_ name: String, _ value: (inout JSONWriter) -> Void) {
        string(name)
        text += ":"
        needsComma = false
        value(&self)
    }

    package mutating func member(_ name: String, _ value: String) {
        member(name) { $0.string(value) }
    }

    package mutating func member(_ name: String, _ value: String?) {
        member(name) { json in
            if let value { json.string(value) } else { json.scalar("null") }
        }
    }

    package mutating func member(_ name: String, _ value: Int64) {
        member(name) { $0.scalar(String(value)) }
    }

    package mutating func member(_ name: String, _ value: Double) {
        member(name) { $0.number(value) }
    }

    package mutating func member(_ name: String, _ value: Bool) {
        member(name) { $0.scalar(value ? "true" : "false") }
    }

    package mutating func number(_ value: Double) {
        scalar(value.isFinite ? value.description : "null")
    }

    /// JSON that was written before; `null` where it could not be.
    package mutating func raw(_ json: String?) { scalar(json ?? "null") }

    /// A value as it was read.
    package mutating func value(_ value: JSONValue) {
        switch value {
        case .null: scalar("null")
        case .boolean(let isTrue): scalar(isTrue ? "true" : "false")
        case .number(let literal): scalar(literal)
        case .string(let text): string(text)
        case .array(let elements): array(elements) { $0.value($1) }
        case .object(let object):
            self.object { json in
                for member in object.members { json.member(member.name) { $0.value(member.value) } }
            }
        }
    }

    package mutating func string(_ value: String) {
        scalar("\"")
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case "\u{0}"..<"\u{20}":
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }

    private mutating func scalar(_ literal: String) {
        if needsComma { text += "," }
        text += literal
        needsComma = true
    }

    private mutating func open(_ bracket: String) {
        if needsComma { text += "," }
        text += bracket
        needsComma = false
    }

    private mutating func close(_ bracket: String) {
        text += bracket
        needsComma = true
    }
}
