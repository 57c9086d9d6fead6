import Contracts
import Foundation
import Market
import Yams

/// A JSON value, read from JSON or from YAML that says the same.
enum JSONValue: Equatable, Sendable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    /// Empty for anything but an object.
    var members: [String: JSONValue] {
        if case .object(let members) = self { members } else { [:] }
    }

    /// Empty for anything but an array.
    var elements: [JSONValue] {
        if case .array(let elements) = self { elements } else { [] }
    }

    var text: String? {
        if case .string(let text) = self { text } else { nil }
    }

    subscript(name: String) -> JSONValue? { members[name] }
}

extension JSONValue: Decodable {
    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let text = try? container.decode(String.self) {
            self = .string(text)
        } else if let elements = try? container.decode([JSONValue].self) {
            self = .array(elements)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }

    init(json: [UInt8]) throws {
        self = try JSONDecoder().decode(JSONValue.self, from: Data(json))
    }
}

extension JSONValue {
    struct UnreadableYAML: Error {
        let problem: String
    }

    init(yaml: String) throws {
        guard let node = try Yams.compose(yaml: yaml) else {
            throw UnreadableYAML(problem: "there is nothing in it")
        }
        try self.init(node)
    }

    private init(_ node: Node) throws {
        switch node {
        case .mapping(let mapping):
            var members: [String: JSONValue] = [:]
            for (key, value) in mapping {
                guard let name = key.scalar?.string, members[name] == nil else {
                    throw UnreadableYAML(problem: "a key is no text or comes twice: \(key)")
                }
                members[name] = try JSONValue(value)
            }
            self = .object(members)
        case .sequence(let sequence):
            self = .array(try sequence.map { try JSONValue($0) })
        case .scalar(let scalar):
            self = JSONValue(scalar, tag: Resolver.default.resolveTag(of: node))
        case .alias:
            throw UnreadableYAML(problem: "it has aliases, which JSON has not")
        }
    }

    private init(_ scalar: Node.Scalar, tag: Tag.Name) {
        switch tag {
        case .null: self = .null
        case .bool: self = .bool(Bool.construct(from: scalar) ?? false)
        case .int, .float: self = .number(Double.construct(from: scalar) ?? .nan)
        default: self = .string(scalar.string)
        }
    }
}

extension JSONValue {
    /// Equal, or the same instant in other words.
    func saysTheSame(as other: JSONValue) -> Bool {
        if let mine = text.flatMap({ Timestamp(rfc3339: $0) }),
            let theirs = other.text.flatMap({ Timestamp(rfc3339: $0) })
        {
            return mine == theirs
        }
        return self == other
    }

    /// As JSON, members sorted.
    var jsonText: String {
        switch self {
        case .null: "null"
        case .bool(let value): value ? "true" : "false"
        // Whole numbers without a point, so that they read as such.
        case .number(let value): Int64(exactly: value).map(String.init) ?? value.description
        case .string(let text): JSONValue.quoted(text)
        case .array(let elements): "[" + elements.map(\.jsonText).joined(separator: ",") + "]"
        case .object(let members):
            "{"
                + members.sorted { $0.key < $1.key }
                .map { JSONValue.quoted($0.key) + ":" + $0.value.jsonText }
                .joined(separator: ",") + "}"
        }
    }

    private static func quoted(_ text: String) -> String {
        var json = JSONWriter()
        json.string(text)
        return json.text
    }
}
