import Contracts
import Ports

extension AccessPolicy {
    /// Of this program's methods, and of what gRPC serves beside them. What HTTP serves beside them
    /// (probes, metrics, the page, the document of the API) says nothing of any user and is no
    /// method: nobody is asked there.
    package static let standard = AccessPolicy(
        [operation, regimes, analysis, notification, trading, accounts, registry].reduce(into: [:])
        {
            rules, more in
            rules.merge(more) { $1 }
        })

    private static let operation: [String: AccessRule] = [
        "grpc.health.v1.Health/Check": .open,
        "grpc.health.v1.Health/List": .open,
        "grpc.health.v1.Health/Watch": .open,
        "grpc.reflection.v1.ServerReflection/ServerReflectionInfo": .open,
        "grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo": .open,
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
            "ListDisagreements": reading,
            "GetModel": reading,
            "ListSeries": reading,
            "GetRegimeColumns": reading,
            "GetScorecard": reading,
            "SaveRegime": .scopes([.admin]),
        ])

    private static let analysis = rules(
        of: "bloasis.ai_analysis.AIAnalysisService",
        [
            "GetStrategy": .scopes([.user]),
            "GetSectorStrategies": .scopes([.user]),
        ])

    private static let notification = rules(
        of: "bloasis.notification.NotificationService",
        [
            "ListNotifications": ownUser,
            "StreamNotifications": ownUser,
            "AcknowledgeNotification": ownUser,
            "AcknowledgeNotifications": ownUser,
            "GetPreferences": ownUser,
            "UpdatePreferences": ownUser,
            "CreateWebhook": ownUser,
            "ListWebhooks": ownUser,
            "GetWebhook": ownUser,
            "UpdateWebhook": ownUser,
            "DeleteWebhook": ownUser,
            "TestWebhook": ownUser,
            "RotateWebhookSecret": ownUser,
        ])

    private static let trading = rules(
        of: "bloasis.trading.TradingService",
        [
            "RecordBars": .central([.ingest]),
            "RecordFill": .ownData(field: "fill.user_id", or: [.ingest]),
            "GetPortfolio": ownUser,
            "OpenPaperPortfolio": ownUser,
            "ListPaperPortfolios": ownUser,
            "ClosePaperPortfolio": ownUser,
            "ListPaperDecisions": ownUser,
        ])

    /// Who logs in shows a password, or a token of another kind.
    private static let accounts = rules(
        of: "bloasis.accounts.AccountService",
        [
            "LogIn": .open,
            "RenewTokens": .open,
            "LogOut": .open,
            "ChangePassword": .open,
            "CreateAccount": .scopes([.manager]),
            "GetAccount": .ownData(field: "user_id", or: [.manager]),
            "ListAccounts": .scopes([.manager]),
            "UpdateAccount": .scopes([.manager]),
            "EndSessions": .ownData(field: "user_id", or: [.manager]),
            "CreateOrganisation": .scopes([.admin]),
            "ListOrganisations": .scopes([.admin]),
        ])

    /// Whoever is known is sent what was meant for a service, tokens of callers among it.
    private static let registry: [String: AccessRule] = [
        RegistryCall.read.rawValue: .anyone,
        RegistryCall.change.rawValue: .central([.service]),
    ]

    /// Regimes are the same for all users.
    private static let reading = AccessRule.scopes([.user, .ingest])

    private static let ownUser = AccessRule.ownData(field: "user_id", or: [])

    private static func rules(
        of service: String, _ methods: [String: AccessRule]
    ) -> [String: AccessRule] {
        Dictionary(uniqueKeysWithValues: methods.map { ("\(service)/\($0.key)", $0.value) })
    }
}
