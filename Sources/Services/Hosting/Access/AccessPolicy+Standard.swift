import Ports

extension AccessPolicy {
    /// Of this program's methods and of what gRPC and HTTP serve beside them.
    package static let standard = AccessPolicy(
        operation.merging(regimes) { $1 }.merging(trading) { $1 })

    /// What says nothing of any user.
    private static let operation: [String: AccessRule] = [
        "grpc.health.v1.Health/Check": .open,
        "grpc.health.v1.Health/List": .open,
        "grpc.health.v1.Health/Watch": .open,
        "grpc.reflection.v1.ServerReflection/ServerReflectionInfo": .open,
        "grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo": .open,
        "GET /": .open,
        "GET /health": .open,
        "GET /ready": .open,
        "GET /metrics": .open,
        "GET /openapi.json": .open,
    ]

    private static let regimes = rules(
        of: "bloasis.market_regime.MarketRegimeService",
        [
            "GetCurrentRegime": reading,
            "GetRegimeHistory": reading,
            "ListRegimeChanges": reading,
            "StreamRegimeChanges": reading,
            "AnalyzeCurrentRegime": reading,
            "ListModels": reading,
            "GetModel": reading,
            "SaveRegime": .scopes([.admin]),
        ])

    private static let trading = rules(
        of: "bloasis.trading.TradingService",
        [
            "RecordBars": .scopes([.ingest]),
            "RecordFill": .ownData(field: "fill.user_id", or: [.ingest]),
            "GetPortfolio": .ownData(field: "user_id", or: []),
        ])

    /// Regimes are the same for all users.
    private static let reading = AccessRule.scopes([.user, .ingest])

    private static func rules(
        of service: String, _ methods: [String: AccessRule]
    ) -> [String: AccessRule] {
        Dictionary(uniqueKeysWithValues: methods.map { ("\(service)/\($0.key)", $0.value) })
    }
}
