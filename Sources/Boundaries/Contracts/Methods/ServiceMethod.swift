package import Ports
package import SwiftProtobuf

/// A method of a service by its names, as a function over messages.
///
/// Doors (gRPC, HTTP) and what stands between them and a service (access, deadlines) know nothing
/// else, and a service elsewhere is a table of these like one in this process.
package struct ServiceMethod: Sendable {
    package enum Call: Sendable {
        case unary(@Sendable (any Message) async throws -> AnsweredMessage)
        /// A fault of the request is thrown before the stream begins.
        case stream(@Sendable (any Message) async throws -> MessageStream)
    }

    /// With its package: `bloasis.market_regime.MarketRegimeService`.
    package let service: String
    package let name: String
    package let asked: any Message.Type
    /// The largest request as JSON; a larger one is not decoded. As protobuf's bytes it may have
    /// what the contract allows any message.
    package let bodyLimitBytes: Int
    /// Asked before a request is read: throws to whoever may not call at all, so that nobody who
    /// may not has anything read. Gives the context that the call is to be made in.
    package var admit: @Sendable (CallContext) async throws -> CallContext = { $0 }
    package var call: Call
    /// Whether it answers from memory, within microseconds: such a call may be made on a thread
    /// that others' sockets wait for.
    package private(set) var isBrief = false

    /// For requests of a few fields, texts among them.
    package static let fewFieldsLimitBytes = 64 << 10

    /// `service/method`.
    package var fullName: String { "\(service)/\(name)" }

    package static func unary<Asked: Message, Answered: Message>(
        _ service: String, _ name: String, bodyLimitBytes: Int = fewFieldsLimitBytes,
        _ answer: @escaping @Sendable (Asked) async throws -> Answered
    ) -> ServiceMethod {
        ServiceMethod(
            service: service, name: name, asked: Asked.self, bodyLimitBytes: bodyLimitBytes,
            call: .unary { AnsweredMessage(try await answer(try taken($0))) })
    }

    /// A method whose answers are told often, with the forms that they were given.
    package static func unary<Asked: Message>(
        _ service: String, _ name: String, bodyLimitBytes: Int = fewFieldsLimitBytes,
        _ answer: @escaping @Sendable (Asked) async throws -> AnsweredMessage
    ) -> ServiceMethod {
        ServiceMethod(
            service: service, name: name, asked: Asked.self, bodyLimitBytes: bodyLimitBytes,
            call: .unary { try await answer(try taken($0)) })
    }

    /// Such a method that answers from memory.
    package static func brief<Asked: Message>(
        _ service: String, _ name: String,
        _ answer: @escaping @Sendable (Asked) async throws -> AnsweredMessage
    ) -> ServiceMethod {
        var method = unary(service, name, answer)
        method.isBrief = true
        return method
    }

    package static func stream<Asked: Message, Answered: Message>(
        _ service: String, _ name: String, bodyLimitBytes: Int = fewFieldsLimitBytes,
        _ answer:
            @escaping @Sendable (Asked) async throws -> AsyncThrowingStream<Answered, any Error>
    ) -> ServiceMethod {
        ServiceMethod(
            service: service, name: name, asked: Asked.self, bodyLimitBytes: bodyLimitBytes,
            call: .stream { MessageStream(try await answer(try taken($0))) })
    }

    /// A stream whose answers are told to many, with the forms that they were given.
    package static func shared<Asked: Message>(
        _ service: String, _ name: String,
        _ answer: @escaping @Sendable (Asked) async throws -> MessageStream
    ) -> ServiceMethod {
        ServiceMethod(
            service: service, name: name, asked: Asked.self, bodyLimitBytes: fewFieldsLimitBytes,
            call: .stream { try await answer(try taken($0)) })
    }

    /// Doors make requests by `asked`, so that another message is a mistake of theirs.
    private static func taken<Asked: Message>(_ message: any Message) throws(RPCFault) -> Asked {
        guard let message = message as? Asked else {
            throw RPCFault(
                .internalError,
                "a \(type(of: message).protoMessageName) where \(Asked.protoMessageName) is due")
        }
        return message
    }
}

/// The answers of a server stream, asked for one at a time: that is the back pressure.
package struct MessageStream: Sendable {
    /// The next answer; `nil` at the end. Called by one task at a time; a cancelled one ends the
    /// stream at its source, as does giving the stream up.
    package let next: @Sendable () async throws -> AnsweredMessage?

    package init(next: @escaping @Sendable () async throws -> AnsweredMessage?) {
        self.next = next
    }

    package init<Answered: Message>(_ answers: AsyncThrowingStream<Answered, any Error>) {
        next = {
            var iterator = answers.makeAsyncIterator()
            return try await iterator.next().map { AnsweredMessage($0) }
        }
    }
}

extension ServiceMethod {
    package static let marketRegimeService = "bloasis.market_regime.MarketRegimeService"
    package static let aiAnalysisService = "bloasis.ai_analysis.AIAnalysisService"
    package static let tradingService = "bloasis.trading.TradingService"
    package static let accountService = "bloasis.accounts.AccountService"
    package static let notificationService = "bloasis.notification.NotificationService"

    package static func marketRegime(_ api: any MarketRegimeAPI) -> [ServiceMethod] {
        let service = marketRegimeService
        return [
            .brief(service, "GetCurrentRegime") { try await api.answerCurrentRegime($0) },
            .unary(service, "GetRegimeHistory") { try await api.getRegimeHistory($0) },
            .unary(service, "ListRegimeChanges") { try await api.listRegimeChanges($0) },
            .stream(service, "StreamRegimeChanges") { try await api.streamRegimeChanges($0) },
            .unary(service, "SaveRegime") { try await api.saveRegime($0) },
            .unary(service, "AnalyzeCurrentRegime") { try await api.analyzeCurrentRegime($0) },
            .unary(service, "ListModels") { try await api.listModels($0) },
            .unary(service, "ListDisagreements") { try await api.listDisagreements($0) },
            .unary(service, "GetModel") { try await api.getModel($0) },
            .unary(service, "ListSeries") { try await api.listSeries($0) },
            .unary(service, "GetRegimeColumns") { try await api.getRegimeColumns($0) },
            .unary(service, "GetScorecard") { try await api.getScorecard($0) },
        ]
    }

    package static func aiAnalysis(_ api: any AIAnalysisAPI) -> [ServiceMethod] {
        let service = aiAnalysisService
        return [
            .unary(
                service, "GetStrategy", bodyLimitBytes: StrategyQuestion.bodyLimitBytes
            ) { try await api.answerStrategy($0) },
            .unary(service, "GetSectorStrategies") { try await api.answerSectorStrategies($0) },
        ]
    }

    package static func notification(
        _ inbox: any NotificationAPI, _ webhooks: any WebhookAPI
    ) -> [ServiceMethod] {
        let service = notificationService
        return [
            .unary(service, "ListNotifications") { try await inbox.listNotifications($0) },
            .shared(service, "StreamNotifications") { try await inbox.answerNotifications($0) },
            .unary(service, "AcknowledgeNotification") {
                try await inbox.acknowledgeNotification($0)
            },
            .unary(service, "AcknowledgeNotifications") {
                try await inbox.acknowledgeNotifications($0)
            },
            .unary(service, "GetPreferences") { try await inbox.getPreferences($0) },
            .unary(service, "UpdatePreferences") { try await inbox.updatePreferences($0) },
            .unary(service, "CreateWebhook") { try await webhooks.createWebhook($0) },
            .unary(service, "ListWebhooks") { try await webhooks.listWebhooks($0) },
            .unary(service, "GetWebhook") { try await webhooks.getWebhook($0) },
            .unary(service, "UpdateWebhook") { try await webhooks.updateWebhook($0) },
            .unary(service, "DeleteWebhook") { try await webhooks.deleteWebhook($0) },
            .unary(service, "TestWebhook") { try await webhooks.testWebhook($0) },
            .unary(service, "RotateWebhookSecret") { try await webhooks.rotateWebhookSecret($0) },
        ]
    }

    package static func accounts(
        _ tokens: any TokenAPI, _ accounts: any AccountAPI
    ) -> [ServiceMethod] {
        let service = accountService
        return [
            .unary(service, "LogIn") { try await tokens.logIn($0) },
            .unary(service, "RenewTokens") { try await tokens.renewTokens($0) },
            .unary(service, "LogOut") { try await tokens.logOut($0) },
            .unary(service, "ChangePassword") { try await tokens.changePassword($0) },
            .unary(service, "CreateAccount") { try await accounts.createAccount($0) },
            .unary(service, "GetAccount") { try await accounts.getAccount($0) },
            .unary(service, "ListAccounts") { try await accounts.listAccounts($0) },
            .unary(service, "UpdateAccount") { try await accounts.updateAccount($0) },
            .unary(service, "EndSessions") { try await accounts.endSessions($0) },
            .unary(service, "CreateOrganisation") { try await accounts.createOrganisation($0) },
            .unary(service, "ListOrganisations") { try await accounts.listOrganisations($0) },
        ]
    }

    package static func trading(
        _ trading: any TradingAPI, _ marketData: any MarketDataAPI,
        _ paper: any PaperTradingAPI
    ) -> [ServiceMethod] {
        let service = tradingService
        return [
            .unary(service, "RecordFill") { try await trading.recordFill($0) },
            .unary(service, "GetPortfolio") { try await trading.getPortfolio($0) },
            .unary(service, "OpenPaperPortfolio") { try await paper.openPaperPortfolio($0) },
            .unary(service, "ListPaperPortfolios") { try await paper.listPaperPortfolios($0) },
            .unary(service, "ClosePaperPortfolio") { try await paper.closePaperPortfolio($0) },
            .unary(service, "ListPaperDecisions") { try await paper.listPaperDecisions($0) },
            .unary(
                service, "RecordBars",
                bodyLimitBytes: Bloasis_Trading_RecordBarsRequest.bodyLimitBytes
            ) { try await marketData.recordBars($0) },
        ]
    }
}
