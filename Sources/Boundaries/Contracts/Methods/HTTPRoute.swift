/// Where a method is found over HTTP: a `google.api.http` rule (google/api/http.proto).
///
/// Of the grammar of path templates this reads literals and variables of one segment, `{field}` or
/// `{field=*}`; a field of a message in the request is written with dots.
package struct HTTPRoute: Sendable, Equatable {
    package enum Verb: String, Sendable, CaseIterable {
        case get = "GET"
        case put = "PUT"
        case post = "POST"
        case delete = "DELETE"
        case patch = "PATCH"
    }

    package enum Segment: Sendable, Equatable {
        case literal(String)
        /// The field that the segment is bound to, by its name in the .proto file.
        case variable(String)
    }

    package enum Body: Sendable, Equatable {
        case none
        /// `*`: every field that the path does not bind.
        case whole
        case field(String)
    }

    package let verb: Verb
    package let segments: [Segment]
    package let body: Body

    /// A rule that this program does not understand.
    package struct Malformed: Error, Equatable, CustomStringConvertible {
        package let method: String
        package let reason: String

        package var description: String { "google.api.http of \(method): \(reason)" }
    }

    init(_ rule: Google_Api_HttpRule, method: String) throws(Malformed) {
        func malformed(_ reason: String) -> Malformed {
            Malformed(method: method, reason: reason)
        }
        let template: String
        switch rule.pattern {
        case .get(let path): (verb, template) = (.get, path)
        case .put(let path): (verb, template) = (.put, path)
        case .post(let path): (verb, template) = (.post, path)
        case .delete(let path): (verb, template) = (.delete, path)
        case .patch(let path): (verb, template) = (.patch, path)
        case .custom, nil: throw malformed("names none of get, put, post, delete, patch")
        }
        guard rule.additionalBindings.isEmpty else { throw malformed("has further bindings") }
        guard rule.responseBody.isEmpty else { throw malformed("has a response_body") }
        body =
            switch rule.body {
            case "": .none
            case "*": .whole
            default: .field(rule.body)
            }
        guard let segments = HTTPRoute.segments(of: template) else {
            throw malformed("'\(template)' is no path of literals and {field}s")
        }
        self.segments = segments
    }

    private static func segments(of template: String) -> [Segment]? {
        guard template.hasPrefix("/") else { return nil }
        var segments: [Segment] = []
        for part in template.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
            if part.hasPrefix("{"), part.hasSuffix("}") {
                let name = part.dropFirst().dropLast()
                let field = name.hasSuffix("=*") ? name.dropLast(2) : name
                guard !field.isEmpty, !field.contains(where: { "{}=*".contains($0) }) else {
                    return nil
                }
                segments.append(.variable(String(field)))
            } else {
                guard !part.isEmpty, !part.contains(where: { "{}*:".contains($0) }) else {
                    return nil
                }
                segments.append(.literal(String(part)))
            }
        }
        return segments
    }

    /// `/v1/users/{user_id}/portfolio`.
    package var path: String {
        segments.map { segment in
            switch segment {
            case .literal(let text): "/\(text)"
            case .variable(let field): "/{\(field)}"
            }
        }.joined()
    }

    /// The fields that the path binds, in its order.
    package var variables: [String] {
        segments.compactMap { segment in
            if case .variable(let field) = segment { field } else { nil }
        }
    }
}
