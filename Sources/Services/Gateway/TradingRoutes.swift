import Contracts
import HTTPTypes
import Hummingbird
import NIOCore
import SwiftProtobuf

/// `bloasis.trading` over HTTP: bars, reports of executions, portfolios.
struct TradingRoutes {
    let marketData: any MarketDataAPI
    let trading: any TradingAPI
    let bodyLimitBytes: Int

    func add(to routes: inout RouteTable) {
        let (marketData, trading) = (marketData, trading)
        routes.add(.post, "/v1/market-data/bars") { request, _ in
            let message: Bloasis_Trading_RecordBarsRequest = try await body(of: request)
            return .json(try WireJSON.text(try await marketData.recordBars(message)))
        }
        routes.add(.post, "/v1/orders/fills") { request, _ in
            var message = Bloasis_Trading_RecordFillRequest()
            message.fill = try await body(of: request, decimals: Bloasis_Trading_Fill.decimals)
            return .json(try WireJSON.text(try await trading.recordFill(message)))
        }
        routes.add(.get, "/v1/users/{user_id}/portfolio") { request, context in
            let query = Query(request.uri.query)
            var message = try query.message(Bloasis_Trading_GetPortfolioRequest.self)
            let user = try context.parameters.require("user_id")
            guard let decoded = PercentCoding.decode(user) else {
                throw RPCFault.invalidArgument(
                    "user_id: '\(RequestReading.excerpt(user))' is not percent-encoded UTF-8")
            }
            message.userID = decoded
            return .json(try WireJSON.text(try await trading.getPortfolio(message)))
        }
    }

    private func body<Asked: Message>(
        of request: Request, decimals: Set<String> = []
    ) async throws -> Asked {
        try Query(request.uri.query).refuseAll(of: "POST \(request.uri.path)")
        let bytes = try await request.body.collect(upTo: bodyLimitBytes)
        return try WireJSON.message(
            Asked.self, from: Array(bytes.readableBytesView), subject: "the request body",
            decimals: decimals)
    }
}
