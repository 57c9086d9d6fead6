import AIAnalysis
import Contracts
import Hosting
import Market
import Ports
import Regimes
import Synchronization
import TestSupport
import Testing
import Trading

@testable import TradingService

/// A paper broker over a store in memory, and an ai-analysis that says what it is told to.
private struct PaperWorld {
    /// Wants a share of the capital, by regime, reckoned with the price it is given.
    final class Analysis: AIAnalysisAPI {
        struct State {
            var quantities: [String: (SignalAction, String)] = [:]
            var fault: RPCFault?
            var asked: [Bloasis_AiAnalysis_StrategyRequest] = []
        }

        let state = Mutex(State())

        func getStrategy(
            _ request: Bloasis_AiAnalysis_StrategyRequest
        ) async throws -> Bloasis_AiAnalysis_StrategyResponse {
            try state.withLock { state in
                state.asked.append(request)
                if let fault = state.fault { throw fault }
                var response = Bloasis_AiAnalysis_StrategyResponse()
                response.strategy = "as told"
                response.signals = request.symbols.map { symbol in
                    var signal = Bloasis_AiAnalysis_Signal()
                    signal.symbol = symbol
                    let told = state.quantities[request.regime] ?? (.hold, "0")
                    (signal.action, signal.quantity) = (told.0.rawValue, told.1)
                    return signal
                }
                return response
            }
        }

        func getSectorStrategies(
            _ request: Bloasis_AiAnalysis_GetSectorStrategiesRequest
        ) async throws -> Bloasis_AiAnalysis_GetSectorStrategiesResponse {
            Bloasis_AiAnalysis_GetSectorStrategiesResponse()
        }
    }

    let store: InMemoryRegimeStore
    let ledger: InMemoryFillLedger
    let book: InMemoryPaperBook
    let analysis = Analysis()
    let broker: PaperBroker
    let trader: PaperTrader
    let trading: PaperTrading
    let recording: FillRecording

    init() {
        let time = ManualTime()
        let distance = Samples.day(5_000).nanoseconds - time.now.nanoseconds
        time.advance(bySeconds: distance / Timestamp.nanosecondsPerSecond)
        let store = InMemoryRegimeStore(wording: Samples.wording) { time.now }
        self.store = store
        let ledger = InMemoryFillLedger(sharing: store, wording: .standard)
        self.ledger = ledger
        book = InMemoryPaperBook(beside: store)
        recording = FillRecording(
            ledger: ledger, reader: store,
            portfolios: Portfolios(
                ledger: ledger, commits: { store.commits() }, shared: nil,
                CacheEnvironment(now: { ContinuousClock.now }, chance: { 0.5 })),
            defaultMarket: Samples.series.market, now: { time.now })
        broker = PaperBroker(book, reader: store, ledger: ledger, recording: recording)
        trader = PaperTrader(
            book, reader: store, ledger: ledger, analysis: analysis, broker: broker,
            now: { time.now })
        trading = PaperTrading(
            book, trader: trader, broker: broker, defaultMarket: Samples.series.market,
            now: { time.now })
        analysis.state.withLock {
            $0.quantities = ["normal_bull": (.buy, "100"), "crisis": (.sell, "100")]
        }
    }

    func write(
        _ regimes: [Regime], from first: Int = 0, previous: Regime = .unknown
    ) async throws {
        _ = try await store.register(Samples.profile())
        _ = try await store.record(
            Samples.batch(regimes, from: first, previous: previous, announcing: true))
    }

    func change(_ sequence: Int64) async throws -> LoggedEvent {
        let change = try #require(
            try await store.announcements(of: Samples.series, after: sequence - 1, limit: 1)
                .first)
        return LoggedEvent(
            message: RegimeChangeEvent(change).message(), partition: 0, offset: sequence)
    }

    @discardableResult
    func open(
        _ change: (inout Bloasis_Trading_PaperPortfolio) -> Void = { _ in }
    ) async throws -> Bloasis_Trading_PaperPortfolio {
        var request = Bloasis_Trading_OpenPaperPortfolioRequest()
        request.userID = "ann"
        request.portfolio.portfolioID = "main"
        change(&request.portfolio)
        return try await trading.openPaperPortfolio(request)
    }

    func decisions() async throws -> [Bloasis_Trading_PaperDecision] {
        var request = Bloasis_Trading_ListPaperDecisionsRequest()
        request.userID = "ann"
        request.portfolioID = "main"
        return try await trading.listPaperDecisions(request).items
    }

    func fills() async throws -> [RecordedFill] {
        try await ledger.fills(of: try #require(UserID("ann")))
    }
}

@Suite("Paper trading")
struct PaperTradingTests {
    @Test("a change is decided on, the next bar fills the order, and the account is what fills say")
    func loop() async throws {
        let world = PaperWorld()
        try await world.write([.unknown, .unknown])
        let opened = try await world.open { $0.capital = "100000" }
        #expect(opened.fromSequence == 0 && !opened.hasSequence && opened.cash == "100000")
        try await world.write([.normalBull], from: 2)
        let event = try await world.change(1)
        try await world.trader.take(event)
        try await world.trader.take(event)
        var decision = try #require(try await world.decisions().first)
        #expect(decision.orders.map(\.status) == ["open"] && decision.equity == "100000")
        #expect(try await world.fills().isEmpty)

        try await world.write([.normalBull], from: 3, previous: .normalBull)
        try await world.broker.settle()
        try await world.broker.settle()
        let fill = try #require(try await world.fills().first)
        #expect(try await world.fills().count == 1)
        decision = try #require(try await world.decisions().first)
        #expect(decision.orders.map(\.status) == ["filled"])
        #expect(fill.fill.quantity == DecimalNumber(100) && fill.fill.side == .buy)
        // Filled at the next bar's beginning, under the regime that was known then.
        #expect(fill.regime?.regime == .normalBull && fill.regime?.asOf == Samples.day(2))
        let bar = try #require(
            try await world.store.bars(SeriesQuery(Samples.series)).last?.bar)
        #expect(fill.fill.timestamp <= bar.timestamp && fill.fill.timestamp > Samples.day(2))
        let base = bar.open.isFinite ? bar.open : bar.close
        #expect(fill.fill.price.approximation >= base)
        #expect(fill.fill.price.approximation <= base * 1.0004 + 0.01)

        let listed = try await world.trading.listPaperPortfolios(request(of: "ann"))
        let account = try #require(listed.items.first)
        let spent = try fill.fill.quantity.multiplied(by: fill.fill.price)
            .adding(fill.fill.commission)
        #expect(account.cash == "\(try DecimalNumber(100_000).subtracting(spent))")
        #expect(account.holdings.map(\.quantity) == ["100"] && account.sequence == 1)
        var asked = Bloasis_Trading_GetPortfolioRequest()
        asked.userID = "ann"
        let portfolio = try await world.recording.getPortfolio(asked)
        #expect(portfolio.positions.map(\.quantity) == ["100"])
    }

    private func request(of user: String) -> Bloasis_Trading_ListPaperPortfoliosRequest {
        var request = Bloasis_Trading_ListPaperPortfoliosRequest()
        request.userID = user
        return request
    }

    @Test("a portfolio begins with the regime in force, once however often it is opened")
    func begin() async throws {
        let world = PaperWorld()
        try await world.write([.normalBull])
        let first = try await world.open()
        #expect(first.sequence == 1 && first.fromSequence == 1)
        #expect(try await world.open().sequence == 1)
        #expect(try await world.decisions().count == 1)
        // The event of that change comes too, and is none of its business.
        try await world.trader.take(try await world.change(1))
        #expect(try await world.decisions().count == 1)
        let other = await #expect(throws: RPCFault.self) {
            try await world.open { $0.capital = "5" }
        }
        #expect(other?.code == .alreadyExists)
    }

    @Test("an order on an older change than the latest is refused, and the latest acted on")
    func stale() async throws {
        let world = PaperWorld()
        try await world.write([.unknown])
        try await world.open()
        try await world.write([.normalBull, .crisis], from: 1)
        try await world.trader.take(try await world.change(1))
        try await world.trader.take(try await world.change(2))
        let told = try await world.decisions()
        #expect(told.map(\.sequence) == [1, 2])
        #expect(told[0].refusal.contains("the latest is 2") && told[0].orders.isEmpty)
        #expect(!told[1].hasRefusal && told[1].orders.count == 1)
    }

    @Test("an order stands until the bar of the next change, and is filled in parts within it")
    func expiry() async throws {
        let world = PaperWorld()
        try await world.write([.unknown])
        world.analysis.state.withLock { $0.quantities["normal_bull"] = (.buy, "1000000") }
        try await world.open { $0.terms.participation = 0.000_001 }
        try await world.write([.normalBull], from: 1)
        try await world.trader.take(try await world.change(1))
        try await world.write(
            Array(repeating: .normalBull, count: 10), from: 2, previous: .normalBull)
        try await world.broker.settle()
        let order = try #require(try await world.decisions().first?.orders.first)
        #expect(order.status == "expired" || order.status == "filled")
        #expect(try await world.fills().count <= PaperOrder.barsLimit)
        let filled = try await world.fills().reduce(DecimalNumber.zero) {
            try $0.adding($1.fill.quantity)
        }
        #expect(order.filled == "\(filled)")
    }

    @Test("bars of the next change and later ones fill nothing that was decided before")
    func nextChange() async throws {
        let world = PaperWorld()
        try await world.write([.unknown])
        try await world.open()
        try await world.write([.normalBull], from: 1)
        try await world.trader.take(try await world.change(1))
        // The next bar brings the next change; those behind it are not the first order's.
        try await world.write([.crisis, .crisis, .crisis], from: 2, previous: .normalBull)
        try await world.broker.settle()
        try await world.trader.take(try await world.change(2))
        try await world.broker.settle()
        let fills = try await world.fills()
        let first = try #require(fills.first)
        #expect(first.fill.side == .buy && first.fill.timestamp <= Samples.day(2))
        #expect(fills.dropFirst().allSatisfy { $0.fill.side == .sell })
        #expect(fills.dropFirst().allSatisfy { $0.fill.timestamp > Samples.day(2) })
    }

    @Test("ai-analysis away is waited for; one that refuses is a decision to do nothing")
    func analysisFaults() async throws {
        let world = PaperWorld()
        try await world.write([.unknown])
        try await world.open()
        try await world.write([.normalBull], from: 1)
        let event = try await world.change(1)
        world.analysis.state.withLock { $0.fault = .unavailable("Service unavailable: there") }
        let error = await #expect(throws: (any Error).self) { try await world.trader.take(event) }
        #expect(error?.passes == true)
        #expect(try await world.decisions().isEmpty)
        world.analysis.state.withLock { $0.fault = .invalidArgument("symbols: no") }
        try await world.trader.take(event)
        let told = try #require(try await world.decisions().first)
        #expect(told.refusal == "ai-analysis: symbols: no" && told.orders.isEmpty)
    }

    @Test("what is asked holds the account: capital less a reserve, holdings, what was known")
    func question() async throws {
        let world = PaperWorld()
        try await world.write([.unknown])
        try await world.open { $0.riskProfile = "aggressive" }
        try await world.write([.normalBull], from: 1)
        try await world.trader.take(try await world.change(1))
        try await world.write([.crisis], from: 2, previous: .normalBull)
        try await world.trader.take(try await world.change(2))
        let asked = world.analysis.state.withLock { $0.asked }
        #expect(asked.map(\.regime) == ["normal_bull", "crisis"])
        #expect(asked[0].capital == "98000" && asked[0].holdings.isEmpty)
        #expect(asked[1].holdings.map(\.quantity) == ["100"])
        #expect(asked.allSatisfy { $0.riskProfile == "aggressive" && $0.market == "SPX" })
        #expect(asked[1].knownAt == Samples.day(2).rfc3339)
    }

    @Test("one that is closed decides no more, and its orders are cancelled")
    func closed() async throws {
        let world = PaperWorld()
        try await world.write([.normalBull])
        try await world.open()
        var request = Bloasis_Trading_ClosePaperPortfolioRequest()
        request.userID = "ann"
        request.portfolioID = "main"
        #expect(try await world.trading.closePaperPortfolio(request).closed)
        try await world.write([.crisis], from: 1, previous: .normalBull)
        try await world.trader.take(try await world.change(2))
        #expect(try await world.decisions().map(\.sequence) == [1])
        #expect(try await world.decisions().first?.orders.first?.status == "cancelled")
        request.portfolioID = "none"
        let fault = await #expect(throws: RPCFault.self) {
            _ = try await world.trading.closePaperPortfolio(request)
        }
        #expect(fault?.code == .notFound)
    }

    @Test("what cannot be opened is refused with the field")
    func faults() async throws {
        let world = PaperWorld()
        try await world.write([.normalBull])
        let cases: [(String, @Sendable (inout Bloasis_Trading_PaperPortfolio) -> Void)] = [
            ("portfolio_id: 'a b' is no name", { $0.portfolioID = "a b" }),
            ("Invalid risk_profile value: wild", { $0.riskProfile = "wild" }),
            ("capital: -1 is not above 0", { $0.capital = "-1" }),
            ("currency: 'usd' is not an ISO 4217 code", { $0.currency = "usd" }),
            ("terms.participation: 2.0 is not above 0", { $0.terms.participation = 2 }),
            ("terms.slippage_bps: -1.0 is not between 0 and 1000", { $0.terms.slippageBps = -1 }),
            ("terms.lot: 0 is not above 0", { $0.terms.lot = "0" }),
            ("portfolio.user_id: 'bob' is not the user_id", { $0.userID = "bob" }),
            ("symbols: 501 are given", { $0.symbols = (0...500).map { "S\($0)" } }),
        ]
        for (message, change) in cases {
            let fault = await #expect(throws: RPCFault.self) { try await world.open(change) }
            #expect(fault?.code == .invalidArgument)
            #expect(fault?.message.contains(message) == true, "\(fault?.message ?? "")")
        }
        let unknown = await #expect(throws: RPCFault.self) {
            try await world.open { $0.market = "NONE" }
        }
        #expect(unknown?.code == .notFound)
    }
}
