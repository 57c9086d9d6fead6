import Contracts
import SwiftProtobuf
import TestSupport

/// Messages with random fields, as their descriptors have them.
struct RandomMessages: Sendable {
    let descriptors: ServiceDescriptors

    /// - Parameter always: fields of the message that are set in any case.
    func message<M: Message>(
        setting always: Set<String> = [], using generator: inout SplitMix64
    ) throws -> M {
        try M(jsonString: object(M.protoMessageName, always, &generator))
    }

    private func object(
        _ name: String, _ always: Set<String>, _ generator: inout SplitMix64
    ) -> String {
        guard let message = descriptors.message(name) else {
            preconditionFailure("\(name) is not described")
        }
        var members: [String] = []
        for field in message.field {
            // A query does not carry a message without fields.
            let isSet = always.contains(field.name) || name.hasSuffix(".TimeRange")
            guard isSet || Bool.random(using: &generator) else { continue }
            members.append("\"\(field.jsonName)\":" + value(of: field, &generator))
        }
        return "{" + members.joined(separator: ",") + "}"
    }

    private func value(
        of field: Google_Protobuf_FieldDescriptorProto, _ generator: inout SplitMix64
    ) -> String {
        guard field.label == .repeated else { return single(field, &generator) }
        let count = Int.random(in: 1...3, using: &generator)
        if let entry = descriptors.message(field.referredName), entry.options.mapEntry {
            let members = (0..<count).map { number in
                "\"\(number)\":" + single(entry.field[1], &generator)
            }
            return "{" + members.joined(separator: ",") + "}"
        }
        let items = (0..<count).map { _ in single(field, &generator) }
        return "[" + items.joined(separator: ",") + "]"
    }

    private func single(
        _ field: Google_Protobuf_FieldDescriptorProto, _ generator: inout SplitMix64
    ) -> String {
        switch field.type {
        case .string:
            var json = JSONWriter()
            json.string(RandomMessages.text(orEmpty: field.proto3Optional, &generator))
            return json.text
        case .bool: return Bool.random(using: &generator) ? "true" : "false"
        case .int32:
            let value = [.min, -1, 0, 1, 50, Int32.max].randomElement(using: &generator) ?? 0
            return "\(value)"
        case .int64:
            let value = [.min, -1, 0, 1, Int64.max].randomElement(using: &generator) ?? 0
            return "\"\(value)\""
        case .double: return RandomMessages.number(&generator)
        case .enum:
            let names = descriptors.enumeration(field.referredName)?.value.map(\.name) ?? []
            return "\"\(names.randomElement(using: &generator) ?? "")\""
        case .message: return object(field.referredName, [], &generator)
        default: preconditionFailure("fields of \(field.type) are not made here")
        }
    }

    private static func number(_ generator: inout SplitMix64) -> String {
        let known = ["0", "1", "-0.1", "1e308", "5e-324", "\"Infinity\"", "\"-Infinity\""]
        guard Bool.random(using: &generator) else {
            return known.randomElement(using: &generator) ?? "0"
        }
        let value = Double(bitPattern: generator.next())
        return value.isFinite ? "\(value)" : "0.30000000000000004"
    }

    /// What texts are made of: what means something in paths, queries, headers, JSON or lines.
    private static let pieces = [
        "a", "Z", "0", "-", "_", "~", ".", "..", "/", "\\", "?", "#", "&", "=", "+", "%", "%2F",
        "%zz", ";", ":", "@", "[", "]", "{", "}", "\"", "'", "<", ">", "|", "^", "`", ",", "$",
        " ", "\t", "\n", "\r\n", "\u{0}", "\u{1}", "\u{7F}", "\u{85}", "\u{2028}", "\u{FEFF}",
        "é", "e\u{301}", "日本", "👩‍🚀", "\u{10FFFF}", "data: x", "null",
    ]

    static func text(orEmpty mayBeEmpty: Bool, _ generator: inout SplitMix64) -> String {
        let count = Int.random(in: mayBeEmpty ? 0...12 : 1...12, using: &generator)
        return (0..<count).map { _ in pieces.randomElement(using: &generator) ?? "" }.joined()
    }
}
