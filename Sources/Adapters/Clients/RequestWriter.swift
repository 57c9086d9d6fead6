import Contracts
import Ports
import SwiftProtobuf
import WebCalls

/// Makes what HTTP carries from a method's request, as its `google.api.http` rule binds it
/// (google/api/http.proto). A message within the request that is set without any of its fields is
/// not carried by a query.
struct RequestWriter: Sendable {
    struct Written: Equatable {
        var verb: HTTPRoute.Verb
        /// Path and query, percent-encoded.
        var target: String
        /// JSON.
        var body: [UInt8]?
    }

    let descriptors: ServiceDescriptors

    /// - Parameter method: `service/method`.
    /// - Throws: UNIMPLEMENTED for a method without a rule; INVALID_ARGUMENT naming a field that
    ///   the path needs.
    func write(_ method: String, _ asked: some Message) throws -> Written {
        guard let route = try descriptors.route(of: method) else {
            throw RPCFault(.unimplemented, "\(method) has no route over HTTP")
        }
        let type = type(of: asked).protoMessageName
        let json: [UInt8] = try asked.jsonUTF8Bytes()
        if case .whole = route.body, route.variables.isEmpty {
            return Written(verb: route.verb, target: route.path, body: json)
        }
        let members = try RequestWriter.object(json)
        let fields = ParameterField.all(of: type, in: descriptors)
        var written = Written(
            verb: route.verb, target: try path(route, fields, members), body: nil)
        switch route.body {
        case .none:
            let query = fields.filter { !route.variables.contains($0.name) }.flatMap { field in
                texts(of: field, in: members).map { "\(field.jsonName)=\(URLText.encoded($0))" }
            }
            if !query.isEmpty { written.target += "?" + query.joined(separator: "&") }
        case .whole: written.body = json
        case .field(let name):
            let field = descriptors.message(type)?.field.first { $0.name == name }
            let value = field.flatMap { members[$0.jsonName] } ?? .object(JSONObject())
            written.body = Array(value.text.utf8)
        }
        return written
    }

    /// Not Foundation's reader, which takes a byte order mark out of a text.
    private static func object(_ json: [UInt8]) throws -> JSONObject {
        try JSONValue(parsing: json).object ?? JSONObject()
    }

    private func path(
        _ route: HTTPRoute, _ fields: [ParameterField], _ members: JSONObject
    ) throws(RPCFault) -> String {
        var path = ""
        for segment in route.segments {
            switch segment {
            case .literal(let text): path += "/\(text)"
            case .variable(let name):
                let field = fields.first { $0.name == name }
                let text = field.flatMap { texts(of: $0, in: members).first } ?? ""
                // Without it the path would be another route's.
                guard !text.isEmpty else { throw .invalidArgument("\(name) is missing") }
                path += "/" + URLText.encoded(text)
            }
        }
        return path
    }

    /// The texts of a field in proto3 JSON; none where it is not set.
    private func texts(of field: ParameterField, in members: JSONObject) -> [String] {
        var value: JSONValue? = .object(members)
        for name in field.jsonName.split(separator: ".") { value = value?.object?[String(name)] }
        guard let value else { return [] }
        return (value.array ?? [value]).map { $0.string ?? $0.text }
    }
}
