import Contracts
import Hosting
import Ports
import SwiftProtobuf
import TestSupport

@testable import Gateway

/// `Documentation/Reference/api.md`: the methods over gRPC and HTTP, from the descriptors that
/// their routes are made from.
struct APIReference {
    private let descriptors: ServiceDescriptors
    private let transcoders: [Transcoder]
    private let messages: APIMessages

    /// - Throws: when a method is not served over HTTP as its rule says.
    init() throws {
        let descriptors = try ServiceDescriptors()
        self.descriptors = descriptors
        transcoders = try APIReference.methods.compactMap { method in
            try descriptors.route(of: method.fullName).map {
                try Transcoder(method, at: $0, descriptors)
            }
        }
        messages = APIMessages(descriptors)
    }

    /// The methods that this program answers.
    static var methods: [ServiceMethod] {
        let service = FakeService()
        return ServiceMethod.marketRegime(service)
            + ServiceMethod.trading(service, service, service)
            + ServiceMethod.aiAnalysis(service)
            + ServiceMethod.notification(service, service)
    }

    var text: String {
        var text = """
            # API

            Made from the .proto files' descriptors, as the routes themselves are, by `make docs`;
            edit those, not this page. The HTTP API is also described in
            [openapi.json](openapi.json), which a gateway serves as `GET /openapi.json`; how to
            call it, in [clients](../HowTo/clients.md).

            JSON is proto3 JSON: names in camelCase, numbers of 64 bits as strings, enumerations by
            name. In a path or a query a field is written as JSON has it, without quotes. Over gRPC
            the same methods take and answer the same messages; reflection tells them.


            """
        text += Markdown.table(
            ["method", "HTTP", "what it does"],
            transcoders.map { transcoder in
                [
                    "[\(transcoder.method.name)](#\(transcoder.method.name.lowercased()))",
                    Markdown.code(line(of: transcoder.route)), summary(transcoder.method),
                ]
            })
        text += otherRoutes
        for service in services { text += section(of: service) }
        return text + errors + declaredOnly
            + String(messages.sections(reachedFrom: roots).dropLast())
    }

    /// What has no comment in the .proto files.
    var wordless: [String] {
        (transcoders.map(\.method.fullName) + services + messages.names(reachedFrom: roots))
            .filter { descriptors.comment($0) == nil }
    }

    private var services: [String] {
        transcoders.map(\.method.service).reduce(into: []) { names, name in
            if !names.contains(name) { names.append(name) }
        }
    }

    private var roots: [String] {
        transcoders.flatMap { [$0.method.asked.protoMessageName, answered($0.method)] }
    }

    private func line(of route: HTTPRoute) -> String { "\(route.verb.rawValue) \(route.path)" }

    private func summary(_ method: ServiceMethod) -> String {
        descriptors.comment(method.fullName) ?? ""
    }

    private func answered(_ method: ServiceMethod) -> String {
        String((descriptors.method(method.fullName)?.outputType ?? "").drop { $0 == "." })
    }

    // MARK: - Methods

    private func section(of service: String) -> String {
        var text = "## \(service)\n\n"
        if let comment = descriptors.comment(service) { text += comment + "\n\n" }
        for transcoder in transcoders where transcoder.method.service == service {
            text += section(of: transcoder)
        }
        return text
    }

    private func section(of transcoder: Transcoder) -> String {
        let method = transcoder.method
        let isStream = if case .stream = method.call { true } else { false }
        let answer = messages.link(answered(method))
        var facts = [
            "HTTP: " + Markdown.code(line(of: transcoder.route)),
            "gRPC: " + Markdown.code(method.fullName),
            "asked with \(messages.link(method.asked.protoMessageName)), answered with "
                + (isStream ? "a stream of \(answer), over HTTP as server-sent events" : answer),
            "open to: " + access(method),
        ]
        if transcoder.bodyType != nil {
            facts.append("a body of \(method.bodyLimitBytes >> 10) KiB at the most")
        }
        return "### \(method.name)\n\n\(summary(method))\n\n"
            + facts.map { "- \($0)\n" }.joined() + "\n" + parameters(of: transcoder)
    }

    /// Who may call it where callers are asked for tokens.
    private func access(_ method: ServiceMethod) -> String {
        func list(_ scopes: Set<Scope>) -> String {
            scopes.union([.admin]).map(\.rawValue).sorted().map(Markdown.code)
                .joined(separator: ", ")
        }
        return switch AccessPolicy.standard.rule(of: method.fullName) {
        case .open: "everybody"
        case .anyone: "whoever has a token"
        case .scopes(let scopes): list(scopes)
        case .central(let scopes): list(scopes) + "; nobody of an organisation"
        case .ownData(let field, let scopes):
            "the user whom \(Markdown.code(field)) names, \(list(scopes))"
        case nil: "nobody"
        }
    }

    /// What HTTP takes, and where.
    private func parameters(of transcoder: Transcoder) -> String {
        let given =
            transcoder.pathFields.map { ($0, "path") }
            + transcoder.queryFields.map { ($0, "query") }
        var rows = given.map { field, place in
            [
                Markdown.code(place == "path" ? field.name : field.jsonName), place,
                messages.type(of: field), descriptors.comment(field.fullName) ?? "",
            ]
        }
        if let body = transcoder.bodyType {
            let bound = Set(transcoder.pathFields.map(\.name))
            let fields = descriptors.message(body.protoMessageName)?.field ?? []
            rows += fields.filter { !bound.contains($0.name) }.map { field in
                [
                    Markdown.code(field.jsonName), "body", messages.type(of: field),
                    descriptors.comment("\(body.protoMessageName).\(field.name)") ?? "",
                ]
            }
        }
        return Markdown.table(["parameter", "in", "type", "meaning"], rows)
    }

    // MARK: - Beside the methods

    /// Methods that no route or transport is about, and what answers them.
    static let others: [(verb: String, path: String, meaning: String)] = [
        ("GET", "/", "The dashboard, a page."),
        ("GET", "/openapi.json", "The HTTP API as OpenAPI 3.1."),
        (
            "GET", "/ws",
            "A WebSocket: what StreamNotifications says, and acknowledgements "
                + "([how](../HowTo/websocket.md))."
        ),
        ("GET", "/health", "Liveness: 200 as soon as the door is open."),
        ("GET", "/ready", "Readiness: 200, or 503 with the dependencies that fail."),
        ("GET", "/metrics", "Prometheus text, see [metrics](metrics.md)."),
    ]

    /// Of the config-service.
    static let registry: [(verb: String, path: String, meaning: String)] = [
        ("POST", "/api/v1/registry/register", "Makes an instance of a service known."),
        ("POST", "/api/v1/registry/deregister", "Makes one instance unknown again."),
        ("GET", "/api/v1/registry/services", "Every instance that is known."),
        ("GET", "/api/v1/registry/services/{name}", "A service's instances; `[]` without any."),
        (
            "GET", "/api/v1/registry/services/{name}/url",
            "The URL of a healthy instance, taking turns; 404 without one."
        ),
    ]

    private var otherRoutes: String {
        func table(_ routes: [(verb: String, path: String, meaning: String)]) -> String {
            Markdown.table(
                ["HTTP", "what it is"],
                routes.map { [Markdown.code("\($0.verb) \($0.path)"), $0.meaning] })
        }
        return "Beside the methods:\n\n" + table(APIReference.others)
            + "Of the [config-service](../HowTo/service-registry.md), on its own port:\n\n"
            + table(APIReference.registry)
    }

    private var errors: String {
        let named = Dictionary(grouping: RPCFault.Code.allCases) { "\($0.httpStatus)" }
        let rows = OpenAPIDocument.faults.map { status, meaning in
            let codes = (named[status] ?? []).map { "\(Markdown.code($0.name)) (\($0.rawValue))" }
            return [status, codes.joined(separator: ", "), meaning]
        }
        let described = Set(OpenAPIDocument.faults.map(\.0))
        let rest = named.filter { !described.contains($0.key) }.sorted { $0.key < $1.key }
            .map { status, codes in
                [
                    status,
                    codes.map { "\(Markdown.code($0.name)) (\($0.rawValue))" }
                        .joined(separator: ", "), "",
                ]
            }
        return """
            ## Errors

            Over HTTP an error's body is `google.rpc.Status` as JSON:
            `{"code":5,"message":"…","details":[]}`. Over gRPC it is the call's status, with the
            same code and message.


            """ + Markdown.table(["HTTP", "code", "meaning"], rows + rest)
    }

    /// What the .proto files have and this program does not answer.
    private var declaredOnly: String {
        let served = Set(APIReference.methods.map(\.fullName))
        let rows = descriptors.files.flatMap { file in
            file.service.flatMap { service in
                service.method.map { "\(file.package).\(service.name)/\($0.name)" }
            }
        }.filter { $0.hasPrefix("bloasis.") && !served.contains($0) }.map { name in
            [Markdown.code(name), descriptors.comment(name) ?? ""]
        }
        guard !rows.isEmpty else { return "" }
        return """
            ## Declared, not answered

            The .proto files also declare what this version does not answer: UNIMPLEMENTED over
            gRPC, 404 over HTTP.


            """ + Markdown.table(["method", "what it will do"], rows)
    }
}
