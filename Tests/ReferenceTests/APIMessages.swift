import Contracts
import SwiftProtobuf
import TestSupport

@testable import Gateway

/// Messages and enumerations of the API as Markdown.
struct APIMessages {
    private let descriptors: ServiceDescriptors
    private let schemas: OpenAPISchemas

    init(_ descriptors: ServiceDescriptors) {
        self.descriptors = descriptors
        schemas = OpenAPISchemas(descriptors)
    }

    /// Sections of these messages and of all that they hold.
    func sections(reachedFrom roots: [String]) -> String {
        let names = schemas.reached(from: roots)
        return "## Messages\n\n" + names.map(section).joined()
    }

    /// Full names of these messages, of all that they hold, and of their fields.
    func names(reachedFrom roots: [String]) -> [String] {
        schemas.reached(from: roots).flatMap { message in
            [message] + (descriptors.message(message)?.field ?? []).map { "\(message).\($0.name)" }
        }
    }

    /// A link to a message's section.
    func link(_ message: String) -> String {
        let title = OpenAPISchemas.key(message)
        return "[`\(title)`](#\(title.lowercased().filter { $0 != "." }))"
    }

    private func section(of message: String) -> String {
        var text = "### \(OpenAPISchemas.key(message))\n\n"
        if let comment = descriptors.comment(message) { text += comment + "\n\n" }
        let fields = descriptors.message(message)?.field ?? []
        guard !fields.isEmpty else { return text + "Without fields.\n\n" }
        return text
            + Markdown.table(
                ["field", "number", "type", "meaning"],
                fields.map { field in
                    [
                        Markdown.code(field.jsonName), "\(field.number)", type(of: field),
                        descriptors.comment("\(message).\(field.name)") ?? "",
                    ]
                })
    }

    // MARK: - Types

    func type(of field: Google_Protobuf_FieldDescriptorProto) -> String {
        if field.type == .message, let entry = descriptors.message(field.referredName),
            entry.options.mapEntry, entry.field.count == 2
        {
            return "map of \(single(entry.field[0])) to \(single(entry.field[1]))"
        }
        let repeats = field.label == .repeated ? "list of " : ""
        return repeats + single(field) + (field.proto3Optional ? ", may be absent" : "")
    }

    func type(of field: ParameterField) -> String {
        let name =
            switch field.kind {
            case .string: "string"
            case .bool: "bool"
            case .int32: "int32"
            case .int64: "int64"
            case .uint32: "uint32"
            case .uint64: "uint64"
            case .double: "double"
            case .float: "float"
            case .enumeration(let names, _): choice(names)
            }
        return field.isRepeated ? "\(name), repeated" : name
    }

    private func single(_ field: Google_Protobuf_FieldDescriptorProto) -> String {
        switch field.type {
        case .message: link(field.referredName)
        case .enum:
            choice(descriptors.enumeration(field.referredName)?.value.map(\.name) ?? [])
        case .string: "string"
        case .bytes: "bytes"
        case .bool: "bool"
        case .double: "double"
        case .float: "float"
        case .int32, .sint32, .sfixed32: "int32"
        case .uint32, .fixed32: "uint32"
        case .int64, .sint64, .sfixed64: "int64"
        case .uint64, .fixed64: "uint64"
        case .group: "group"
        }
    }

    private func choice(_ names: [String]) -> String {
        names.map(Markdown.code).joined(separator: ", ")
    }
}
