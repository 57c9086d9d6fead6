package import Contracts
package import HTTPServing
import HTTPTypes
import Hosting
import Hummingbird
import NIOCore
import SwiftProtobuf

/// Methods over HTTP, wherever they are answered: each at the route of its `google.api.http` rule,
/// a server stream as Server-Sent Events.
package struct MethodRoutes: Sendable {
    private let transcoders: [Transcoder]
    private let streams: EventStreams
    private let answers: ContentAnswers
    private let configuration: HTTPConfiguration

    /// - Parameters:
    ///   - methods: those without a rule are not served over HTTP.
    ///   - clock: paces heartbeats.
    /// - Throws: when a rule cannot be served as it is written.
    package init(
        _ methods: [ServiceMethod], _ descriptors: ServiceDescriptors,
        configuration: HTTPConfiguration, answers: ContentAnswers,
        clock: any Clock<Duration> = ContinuousClock()
    ) throws {
        transcoders = try methods.compactMap { method in
            try descriptors.route(of: method.fullName).map {
                try Transcoder(method, at: $0, descriptors)
            }
        }
        streams = EventStreams(
            places: ClientPlaces(
                for: "event streams", limit: configuration.streamsLimit,
                perClient: configuration.clientStreamsLimit),
            heartbeatInterval: configuration.heartbeatInterval, clock: clock)
        self.answers = answers
        self.configuration = configuration
    }

    /// The document of these routes, OpenAPI 3.1.
    package func document(_ descriptors: ServiceDescriptors, version: String) -> String {
        OpenAPIDocument(descriptors, version: version).text(of: transcoders)
    }

    package func add(to routes: RouteTable) {
        for transcoder in transcoders {
            let verb = HTTPRequest.Method(rawValue: transcoder.route.verb.rawValue) ?? .get
            switch transcoder.method.call {
            case .unary(let answer):
                routes.add(verb, transcoder.route.path) { request, context in
                    try await transcoder.method.admit()
                    let content = try await content(of: request, transcoder)
                    let message = try transcoder.message(
                        path: path(transcoder, context), query: QueryText(request.uri.query),
                        body: content)
                    let text = try WireJSON.text(try await answer(message))
                    return verb == .get
                        ? answers.answer(Array(text.utf8), type: MethodRoutes.json, to: request)
                        : .json(text)
                }
            case .stream(let open):
                routes.add(verb, transcoder.route.path) { request, context in
                    try await transcoder.method.admit()
                    let query = try QueryText(request.uri.query)
                    let message = try transcoder.message(
                        path: path(transcoder, context), query: query,
                        ignoring: [EventStreams.resumingParameter],
                        resuming: EventStreams.resumed(request, query),
                        body: try await content(of: request, transcoder))
                    return try await streams.respond(to: request, context) {
                        try await open(message)
                    }
                }
            }
        }
    }

    private static let json = "application/json; charset=utf-8"

    private func path(_ transcoder: Transcoder, _ context: HTTPContext) -> [Substring] {
        transcoder.pathFields.map { context.parameters[Substring($0.name)] ?? "" }
    }

    private func content(
        of request: Request, _ transcoder: Transcoder
    ) async throws -> [UInt8] {
        guard transcoder.bodyType != nil else { return [] }
        if let type = request.headers[.contentType], !MethodRoutes.isJSON(type) {
            throw UnsupportedContent(type: type)
        }
        let bytes = try await configuration.collect(request.body)
        return Array(bytes.readableBytesView)
    }

    private static func isJSON(_ type: String) -> Bool {
        let media = type.prefix { $0 != ";" }.lowercased().filter { $0 != " " }
        return media == "application/json" || media.hasSuffix("+json")
            // What `curl -d` says when nobody tells it better.
            || media == "application/x-www-form-urlencoded"
    }
}
