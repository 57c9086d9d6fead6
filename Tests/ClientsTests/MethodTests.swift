import Contracts
import SwiftProtobuf
import TestSupport
import Testing

@testable import Clients

@Suite("Methods elsewhere", .timeLimit(.minutes(5)))
struct MethodTests {
    /// One method: asks a random question and expects that it arrives, and its answer too.
    private struct Method: Sendable {
        let name: String
        let check: @Sendable (World, RandomMessages, inout SplitMix64) async throws -> Void

        /// - Parameter always: fields without which HTTP has no route, or no body.
        init<Asked: Message & Equatable, Answered: Message & Equatable>(
            _ name: String, setting always: Set<String> = [],
            _ call: @escaping @Sendable (World, Asked) async throws -> Answered
        ) {
            self.name = name
            check = { world, messages, generator in
                let asked: Asked = try messages.message(setting: always, using: &generator)
                let answer: Answered = try messages.message(using: &generator)
                world.service.answer { _ in answer }
                let told = try await call(world, asked)
                #expect(told == answer, "\(name)")
                #expect(world.service.asked(Asked.self).last == asked, "\(name)")
            }
        }
    }

    private static let methods = [
        Method("GetCurrentRegime") { try await $0.regimes.getCurrentRegime($1) },
        Method("GetRegimeHistory") { try await $0.regimes.getRegimeHistory($1) },
        Method("ListRegimeChanges") { try await $0.regimes.listRegimeChanges($1) },
        Method("SaveRegime") { try await $0.regimes.saveRegime($1) },
        Method("ListModels") { try await $0.regimes.listModels($1) },
        Method("ListDisagreements") { try await $0.regimes.listDisagreements($1) },
        Method("GetModel", setting: ["version"]) { try await $0.regimes.getModel($1) },
        Method("ListSeries") { try await $0.regimes.listSeries($1) },
        Method("GetRegimeColumns") { try await $0.regimes.getRegimeColumns($1) },
        Method("GetScorecard") { try await $0.regimes.getScorecard($1) },
        Method("RecordFill", setting: ["fill"]) { try await $0.trading.recordFill($1) },
        Method("AnalyzeCurrentRegime") { try await $0.regimes.analyzeCurrentRegime($1) },
        Method("GetStrategy") { try await $0.analysis.getStrategy($1) },
        Method("GetSectorStrategies", setting: ["sector"]) {
            try await $0.analysis.getSectorStrategies($1)
        },
        Method("OpenPaperPortfolio", setting: ["user_id", "portfolio"]) {
            try await $0.trading.openPaperPortfolio($1)
        },
        Method("ListPaperPortfolios", setting: ["user_id"]) {
            try await $0.trading.listPaperPortfolios($1)
        },
        Method("ClosePaperPortfolio", setting: ["user_id", "portfolio_id"]) {
            try await $0.trading.closePaperPortfolio($1)
        },
        Method("ListPaperDecisions", setting: ["user_id", "portfolio_id"]) {
            try await $0.trading.listPaperDecisions($1)
        },
        Method("GetPortfolio", setting: ["user_id"]) { try await $0.trading.getPortfolio($1) },
        Method("RecordBars") { try await $0.trading.recordBars($1) },
    ]

    @Test(
        "questions arrive as they were asked, and answers as they were given",
        arguments: Transport.allCases, 0..<6 as Range<UInt64>)
    func arrival(transport: Transport, seed: UInt64) async throws {
        let messages = RandomMessages(descriptors: try ServiceDescriptors())
        try await World.with(transport) { world in
            var generator = SplitMix64(seed: seed)
            for _ in 0..<8 {
                for method in Self.methods {
                    try await method.check(world, messages, &generator)
                }
            }
        }
    }

    @Test(
        "a stream's question and its answers arrive too",
        arguments: Transport.allCases, 0..<6 as Range<UInt64>)
    func streamArrival(transport: Transport, seed: UInt64) async throws {
        let messages = RandomMessages(descriptors: try ServiceDescriptors())
        try await World.with(transport) { world in
            var generator = SplitMix64(seed: seed)
            let asked: Bloasis_MarketRegime_StreamRegimeChangesRequest =
                try messages.message(using: &generator)
            let answers: [FakeService.Change] = try (0..<20).map { _ in
                try messages.message(using: &generator)
            }
            world.service.answer { _ in
                AsyncThrowingStream<FakeService.Change, any Error> { source in
                    for answer in answers { source.yield(answer) }
                    source.finish()
                }
            }
            var told: [FakeService.Change] = []
            for try await change in try await world.regimes.streamRegimeChanges(asked) {
                told.append(change)
            }
            #expect(told == answers)
            let questions = world.service.asked(
                Bloasis_MarketRegime_StreamRegimeChangesRequest.self)
            #expect(questions == [asked])
        }
    }

    @Test("every method of the services is called, and most may be made again")
    func complete() {
        let service = FakeService()
        let methods =
            ServiceMethod.marketRegime(service) + ServiceMethod.trading(service, service, service)
            + ServiceMethod.aiAnalysis(service)
        #expect(
            Set(methods.map(\.name)) == Set(Self.methods.map(\.name) + ["StreamRegimeChanges"]))
        let repeatable = Set(methods.map(\.fullName))
            .subtracting(["\(ServiceMethod.marketRegimeService)/SaveRegime"])
        for method in methods {
            var schedule = RetrySchedule(method.fullName)
            let pause = schedule.pause(after: .unavailable, random: 0)
            #expect((pause != nil) == repeatable.contains(method.fullName), "\(method.name)")
        }
    }

    @Test("what is read or marked of an inbox may be asked again, what makes something may not")
    func inboxes() {
        for (name, isRepeatable) in [
            ("StreamNotifications", true), ("AcknowledgeNotifications", true),
            ("UpdatePreferences", true), ("CreateWebhook", false), ("DeleteWebhook", false),
            ("TestWebhook", false), ("RotateWebhookSecret", false),
        ] {
            var schedule = RetrySchedule("\(ServiceMethod.notificationService)/\(name)")
            let pause = schedule.pause(after: .unavailable, random: 0)
            #expect((pause != nil) == isRepeatable, "\(name)")
        }
    }

    @Test("a request above the limit is not sent")
    func largeRequest() async throws {
        try await World.with(.grpc) { world in
            world.service.answer { _ in Bloasis_MarketRegime_RegimeResponse() }
            var asked = Bloasis_MarketRegime_RegimeRequest()
            // The field's key and length take five bytes.
            asked.market = String(repeating: "m", count: CallLimits.messageBytes - 4)
            let told = await fault { try await world.regimes.getCurrentRegime(asked) }
            #expect(told?.code == .resourceExhausted)
            #expect(told?.message.contains("\(CallLimits.messageBytes) at the most") == true)
            #expect(world.service.asked(Bloasis_MarketRegime_RegimeRequest.self).isEmpty)
        }
        var fits = Bloasis_MarketRegime_RegimeRequest()
        fits.market = String(repeating: "m", count: CallLimits.messageBytes - 5)
        #expect(try WireRequest.bytes(of: fits).count == CallLimits.messageBytes)
    }
}
