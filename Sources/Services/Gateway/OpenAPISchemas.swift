import Contracts
import SwiftProtobuf

/// Messages as JSON schemas (OpenAPI 3.1), as proto3 JSON writes them.
struct OpenAPISchemas {
    private let descriptors: ServiceDescriptors

    init(_ descriptors: ServiceDescriptors) {
        self.descriptors = descriptors
    }

    static func reference(to message: String) -> String { "#/components/schemas/\(key(message))" }

    /// What a message is called among the schemas: a name without its package's own.
    static func key(_ message: String) -> String {
        message.hasPrefix("bloasis.") ? String(message.dropFirst("bloasis.".count)) : message
    }

    /// These messages and all that they hold, by name.
    func reached(from roots: [String]) -> [String] {
        var known: Set<String> = []
        var open = roots
        while let name = open.popLast() {
            guard known.insert(name).inserted, let message = descriptors.message(name) else {
                continue
            }
            for field in message.field where field.type == .message {
                open.append(value(of: field)?.referredName ?? field.referredName)
            }
        }
        return known.filter { descriptors.message($0) != nil }.sorted()
    }

    func write(_ message: String, to json: inout JSONWriter) {
        let fields = descriptors.message(message)?.field ?? []
        json.object { json in
            json.member("type", "object")
            if let comment = descriptors.comment(message) { json.member("description", comment) }
            json.member("properties") { json in
                json.object { json in
                    for field in fields {
                        json.member(field.jsonName) { json in
                            write(
                                field, comment: descriptors.comment("\(message).\(field.name)"),
                                to: &json)
                        }
                    }
                }
            }
            json.member("additionalProperties", false)
        }
    }

    /// A `google.rpc.Status`.
    func writeStatus(to json: inout JSONWriter) {
        json.object { json in
            json.member("type", "object")
            json.member("properties") { json in
                json.object { json in
                    json.member("code") { json in
                        json.object { json in
                            json.member("type", "integer")
                            json.member("description", "A number of google.rpc.Code.")
                        }
                    }
                    json.member("message") { json in json.object { $0.member("type", "string") } }
                    json.member("details") { json in json.object { $0.member("type", "array") } }
                }
            }
            json.member("required") { json in
                json.array(["code", "message", "details"]) { $0.string($1) }
            }
        }
    }

    /// A field that is given as text.
    func write(_ field: ParameterField, to json: inout JSONWriter) {
        json.object { json in
            if field.isRepeated {
                json.member("type", "array")
                json.member("items") { json in json.object { write(field.kind, to: &$0) } }
            } else {
                write(field.kind, to: &json)
            }
        }
    }

    private func write(_ kind: ParameterField.Kind, to json: inout JSONWriter) {
        switch kind {
        case .string: json.member("type", "string")
        case .bool: json.member("type", "boolean")
        case .int32, .uint32: integer("int32", to: &json)
        // In a path or query nothing tells a number from its text.
        case .int64, .uint64: integer("int64", to: &json)
        case .double, .float: json.member("type", "number")
        case .enumeration(let names, _): enumeration(names, to: &json)
        }
    }

    private func integer(_ format: String, to json: inout JSONWriter) {
        json.member("type", "integer")
        json.member("format", format)
    }

    private func enumeration(_ names: [String], to json: inout JSONWriter) {
        json.member("type", "string")
        json.member("enum") { json in json.array(names) { $0.string($1) } }
    }

    private func write(
        _ field: Google_Protobuf_FieldDescriptorProto, comment: String?, to json: inout JSONWriter
    ) {
        json.object { json in
            if let comment { json.member("description", comment) }
            if let value = value(of: field) {
                json.member("type", "object")
                json.member("additionalProperties") { json in
                    json.object { write(single: value, to: &$0) }
                }
            } else if field.label == .repeated {
                json.member("type", "array")
                json.member("items") { json in json.object { write(item: field, to: &$0) } }
            } else {
                write(single: field, to: &json)
            }
        }
    }

    /// The values of a map; `nil` for a field that is none.
    private func value(
        of field: Google_Protobuf_FieldDescriptorProto
    ) -> Google_Protobuf_FieldDescriptorProto? {
        guard field.type == .message, let entry = descriptors.message(field.referredName),
            entry.options.mapEntry
        else { return nil }
        return entry.field.first { $0.number == 2 }
    }

    /// A column of numbers has NaN where there is none, for which JSON has no number.
    private func write(
        item field: Google_Protobuf_FieldDescriptorProto, to json: inout JSONWriter
    ) {
        guard field.type == .double || field.type == .float else {
            return write(single: field, to: &json)
        }
        json.member("anyOf") { json in
            json.array([("type", "number"), ("const", "NaN")]) { json, kind in
                json.object { $0.member(kind.0, kind.1) }
            }
        }
    }

    private func write(
        single field: Google_Protobuf_FieldDescriptorProto, to json: inout JSONWriter
    ) {
        switch field.type {
        case .message: json.member("$ref", OpenAPISchemas.reference(to: field.referredName))
        case .enum:
            let names = descriptors.enumeration(field.referredName)?.value.map(\.name) ?? []
            enumeration(names, to: &json)
        case .bool: json.member("type", "boolean")
        case .double, .float: json.member("type", "number")
        case .int32, .uint32, .sint32, .fixed32, .sfixed32: integer("int32", to: &json)
        case .int64, .uint64, .sint64, .fixed64, .sfixed64:
            json.member("type", "string")
            json.member("format", "int64")
        default: json.member("type", "string")
        }
    }
}
