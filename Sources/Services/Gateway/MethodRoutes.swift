package import Contracts
package import HTTPServing
import HTTPTypes
import Hosting
import Hummingbird
import NIOCore
import Ports
import SwiftProtobuf

/// Methods over HTTP, wherever they are answered: each at the route of its `google.api.http` rule,
/// a server stream as Server-Sent Events; notifications as a WebSocket, too.
package struct MethodRoutes: Sendable {
    private let transcoders: [Transcoder]
    private let streams: EventStreams
    private let socket: NotificationSocket?
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
        let places = ClientPlaces(
            for: "event streams", limit: configuration.streamsLimit,
            perClient: configuration.clientStreamsLimit)
        streams = EventStreams(
            places: places, door: EventStreamDoor(configuration),
            heartbeatInterval: configuration.heartbeatInterval, clock: clock)
        socket = NotificationSocket(
            transcoders, places: places, door: WebSocketDoor(configuration))
        self.answers = answers
        self.configuration = configuration
    }

    /// The document of these routes, OpenAPI 3.1.
    package func document(_ descriptors: ServiceDescriptors, version: String) -> String {
        OpenAPIDocument(descriptors, version: version).text(of: transcoders)
    }

    package func add(to routes: RouteTable) {
        if let socket {
            routes.add(.get, NotificationSocket.path) { try await socket.respond(to: $0, $1) }
        }
        for transcoder in transcoders {
            let verb = HTTPRequest.Method(rawValue: transcoder.route.verb.rawValue) ?? .get
            routes.add(verb, transcoder.route.path, isBrief: transcoder.method.isBrief) {
                request, context in
                let call = try await transcoder.method.admit(CallContext.current)
                return try await CallContext.$current.withValue(call) {
                    try await respond(to: request, context, transcoder)
                }
            }
        }
    }

    private func respond(
        to request: Request, _ context: HTTPContext, _ transcoder: Transcoder
    ) async throws -> Response {
        let body = try await content(of: request, transcoder)
        let query = try QueryText(request.uri.query)
        switch transcoder.method.call {
        case .unary(let answer):
            let message = try transcoder.message(
                path: path(transcoder, context), query: query, body: body)
            let answered = try await answer(message)
            guard transcoder.route.verb == .get else {
                return .json(try answered.json)
            }
            let content = try answered.form { Content.json(try WireJSON.text($0)) }
            return answers.answer(content, to: request)
        case .stream(let open):
            let message = try transcoder.message(
                path: path(transcoder, context), query: query,
                ignoring: [EventStreams.resumingParameter],
                resuming: EventStreams.resumed(request, query), body: body)
            return try await streams.respond(to: request, context) {
                try await open(message)
            }
        }
    }

    private func path(_ transcoder: Transcoder, _ context: HTTPContext) -> [Substring] {
        transcoder.pathFields.map { context.parameters[Substring($0.name)] ?? "" }
    }

    private func content(
        of request: Request, _ transcoder: Transcoder
    ) async throws -> [UInt8] {
        guard transcoder.bodyType != nil else { return [] }
        try request.requireJSON()
        let bytes = try await configuration.collect(
            request, upTo: transcoder.method.bodyLimitBytes)
        return Array(bytes.readableBytesView)
    }
}
