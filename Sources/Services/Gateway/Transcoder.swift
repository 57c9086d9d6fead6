import Contracts
import SwiftProtobuf

/// Makes a method's request from what HTTP carries: path, query and body, as its
/// `google.api.http` rule binds them (google/api/http.proto).
///
/// A field is named as in the .proto file or in camelCase, a nested one with dots
/// (`time_range.start_date`, `timeRange.startDate`); its value is written as proto3 JSON has it,
/// without quotes. So the .proto files alone say what a route takes.
struct Transcoder: Sendable {
    let method: ServiceMethod
    let route: HTTPRoute
    /// What the query may hold, in the order of declaration.
    let queryFields: [ParameterField]
    /// What the path binds, in its order.
    let pathFields: [ParameterField]
    private let byName: [String: ParameterField]
    private let body: Body

    private enum Body: Sendable {
        case none
        case whole
        case field(number: Int32, type: any Message.Type)
    }

    /// A route that cannot be served as its rule is written.
    struct Unservable: Error, CustomStringConvertible {
        let method: String
        let reason: String

        var description: String { "\(method) over HTTP: \(reason)" }
    }

    /// - Throws: `Unservable` when the rule names a field that the request lacks.
    init(_ method: ServiceMethod, at route: HTTPRoute, _ descriptors: ServiceDescriptors) throws {
        self.method = method
        self.route = route
        let request = method.asked.protoMessageName
        let all = ParameterField.all(of: request, in: descriptors)
        pathFields = try route.variables.map { name in
            guard let field = all.first(where: { $0.name == name }), !field.isRepeated else {
                throw Unservable(
                    method: method.fullName, reason: "the path binds no field '\(name)'")
            }
            return field
        }
        var bodyField: String?
        switch route.body {
        case .none: body = .none
        case .whole: body = .whole
        case .field(let name):
            guard
                let field = descriptors.message(request)?.field.first(where: { $0.name == name }),
                field.type == .message, field.label != .repeated,
                let type = BodyMessages.named(field.referredName)
            else {
                throw Unservable(
                    method: method.fullName, reason: "the body is bound to no message '\(name)'")
            }
            body = .field(number: field.number, type: type)
            bodyField = name
        }
        let taken = Set(route.variables)
        queryFields =
            if case .whole = route.body {
                []
            } else {
                all.filter { field in
                    !taken.contains(field.name)
                        && bodyField.map { !field.name.hasPrefix($0 + ".") } ?? true
                }
            }
        byName = Dictionary(
            queryFields.flatMap { [($0.name, $0), ($0.jsonName, $0)] },
            uniquingKeysWith: { first, _ in first })
    }

    /// What a body is; `nil` where it does not count.
    var bodyType: (any Message.Type)? {
        switch body {
        case .none: nil
        case .whole: method.asked
        case .field(_, let type): type
        }
    }

    /// The request's message.
    ///
    /// - Parameters:
    ///   - path: the texts of the path's variables, in its order, percent-encoded.
    ///   - ignoring: names in the query that the caller reads itself.
    ///   - resuming: stands for the field `after`, before one in the query.
    /// - Throws: INVALID_ARGUMENT naming the parameter that is unknown, malformed or given twice.
    func message(
        path: [Substring], query: QueryText, ignoring: Set<String> = [], resuming: String? = nil,
        body content: [UInt8]
    ) throws(RPCFault) -> any Message {
        var bytes = try wire(of: content)
        for (field, text) in zip(pathFields, path) {
            guard let value = PercentCoding.decode(text) else {
                throw .invalidArgument(
                    "\(field.name): '\(RequestReading.excerpt(String(text)))' is not "
                        + "percent-encoded UTF-8")
            }
            try append(value, to: field, "path parameter \(field.name)", &bytes)
        }
        var seen: Set<String> = []
        for (name, value) in query.parameters where !ignoring.contains(name) {
            guard let field = byName[name] else { throw unknown(name) }
            if resuming != nil, field.name == Transcoder.resumedField { continue }
            let shown = "query parameter \(name)"
            guard field.isRepeated || seen.insert(field.name).inserted else {
                throw .invalidArgument("\(shown) is given twice: give it once")
            }
            try append(value, to: field, shown, &bytes)
        }
        if let resuming { try resume(after: resuming, &bytes) }
        do {
            return try method.asked.init(serializedBytes: bytes)
        } catch {
            throw .invalidArgument("the request cannot be read: \(error)")
        }
    }

    /// The field that says after which answer a stream is resumed.
    private static let resumedField = "after"

    private func resume(after text: String, _ bytes: inout [UInt8]) throws(RPCFault) {
        guard let field = byName[Transcoder.resumedField] else { return }
        guard !text.hasPrefix("-"), (try? field.append(text, to: &bytes)) != nil else {
            throw .invalidArgument(
                "Last-Event-ID: '\(RequestReading.excerpt(text))' is not a sequence: send the id "
                    + "of the last event seen, or leave it out")
        }
    }

    private func append(
        _ value: String, to field: ParameterField, _ shown: String, _ bytes: inout [UInt8]
    ) throws(RPCFault) {
        do {
            try field.append(value, to: &bytes)
        } catch {
            throw .invalidArgument("\(shown): \(error.reason)")
        }
    }

    private func unknown(_ name: String) -> RPCFault {
        let shown = RequestReading.excerpt(name)
        let names = queryFields.map(\.name)
        if names.contains(where: { $0.hasPrefix(name + ".") }) {
            return .invalidArgument(
                "query parameter \(shown) is a message: give one of its fields, as in "
                    + "\(shown).field=value")
        }
        return .invalidArgument(
            "unknown query parameter '\(shown)': this route takes "
                + (names.isEmpty ? "none" : names.joined(separator: ", ")))
    }

    /// The body's fields as the request's bytes.
    private func wire(of content: [UInt8]) throws(RPCFault) -> [UInt8] {
        switch body {
        case .none: return []
        case .whole: return try serialized(method.asked, content)
        case .field(let number, let type):
            var bytes: [UInt8] = []
            WireBytes.appendField(number, bytes: try serialized(type, content), to: &bytes)
            return bytes
        }
    }

    private func serialized(
        _ type: any Message.Type, _ content: [UInt8]
    ) throws(RPCFault) -> [UInt8] {
        let message = try WireJSON.message(
            type, from: content, subject: "the request body",
            decimals: (type as? any DecimalFields.Type)?.decimals ?? [])
        do {
            return try message.serializedBytes()
        } catch {
            throw .invalidArgument("the request body cannot be read: \(error)")
        }
    }
}

/// Messages that a body may be on its own.
private enum BodyMessages {
    private static let all: [any Message.Type] = [
        Bloasis_Trading_Fill.self, Bloasis_Trading_PaperPortfolio.self,
    ]

    static func named(_ name: String) -> (any Message.Type)? {
        all.first { $0.protoMessageName == name }
    }
}
