import Contracts
import HTTPTypes
import Hummingbird
import NIOCore
import SwiftProtobuf

/// The reading half of `bloasis.market_regime` over HTTP.
struct MarketRegimeRoutes {
    let api: any MarketRegimeAPI
    let streams: EventStreams

    func add(to routes: inout RouteTable) {
        let api = api
        routes.add(.get, "/v1/market-regime/current") { request, _ in
            try await answer(request, api.getCurrentRegime)
        }
        routes.add(.get, "/v1/market-regime/history") { request, _ in
            try await answer(request, api.getRegimeHistory)
        }
        routes.add(.get, "/v1/market-regime/changes") { request, _ in
            try await answer(request, api.listRegimeChanges)
        }
        routes.add(.get, "/v1/market-regime/models") { request, _ in
            try await answer(request, api.listModels)
        }
        routes.add(.get, "/v1/market-regime/models/{version}") { request, context in
            let query = Query(request.uri.query)
            var message = try query.message(Bloasis_MarketRegime_GetModelRequest.self)
            message.version = try context.parameters.require("version")
            return .json(try WireJSON.text(try await api.getModel(message)))
        }
        routes.add(.get, "/v1/market-regime/stream") { request, context in
            try await streams.respond(to: request, logger: context.logger) { message in
                try await api.streamRegimeChanges(message)
            }
        }
    }

    private func answer<Asked: Message & _ProtoNameProviding, Answered: Message>(
        _ request: Request, _ method: (Asked) async throws -> Answered
    ) async throws -> Response {
        let message = try Query(request.uri.query).message(Asked.self)
        return .json(try WireJSON.text(try await method(message)))
    }
}
