import AIAnalysis
import Contracts
import Hosting
import Market
import Ports
import Regimes
import TestSupport
import Testing
import Trading

/// ai-analysis over a store in memory.
struct AnalysisWorld {
    let time = ManualTime()
    let store: InMemoryRegimeStore
    let cache: any SharedCache = InMemoryCache(now: { ContinuousClock.now })
    let queries: AnalysisQueries

    init(sectors: [Sector: [MarketName]] = [.energy: [Samples.series.market]]) {
        let time = time
        let distance = Samples.day(5_000).nanoseconds - time.now.nanoseconds
        time.advance(bySeconds: distance / Timestamp.nanosecondsPerSecond)
        store = InMemoryRegimeStore(wording: Samples.wording) { time.now }
        queries = AnalysisQueries(
            StrategyEngine(store), reader: store, shared: cache, sectors: sectors,
            defaultMarket: Samples.series.market, now: { time.now },
            CacheEnvironment(now: { ContinuousClock.now }, chance: { 0.5 }))
    }

    /// Stores bars with labels, each of its own days.
    func write(
        _ regimes: [Regime], of series: Series = Samples.series, from first: Int = 0,
        previous: Regime = .unknown
    ) async throws {
        _ = try await store.register(Samples.profile(series))
        _ = try await store.record(
            Samples.batch(
                regimes, from: first, previous: previous, series: series, announcing: true))
    }

    func ask(
        _ change: (inout Bloasis_AiAnalysis_StrategyRequest) -> Void = { _ in }
    ) async throws -> Bloasis_AiAnalysis_StrategyResponse {
        var request = Bloasis_AiAnalysis_StrategyRequest()
        request.regime = "normal_bull"
        request.symbols = ["SPX"]
        change(&request)
        return try await queries.getStrategy(request)
    }

    func fault(
        _ change: @escaping (inout Bloasis_AiAnalysis_StrategyRequest) -> Void
    ) async throws -> RPCFault {
        let fault = await #expect(throws: RPCFault.self) { _ = try await ask(change) }
        return try #require(fault)
    }
}

@Suite("Strategies")
struct AnalysisQueriesTests {
    @Test("say what to hold, with numbers, the same bytes each time and from another process")
    func answer() async throws {
        let world = AnalysisWorld()
        try await world.write(Samples.regimes(count: 400))
        let answer = try await world.ask {
            $0.capital = "50000"
            $0.riskProfile = "aggressive"
        }
        #expect(answer.model == "moments-1" && answer.market == "SPX" && answer.timeframe == "1d")
        #expect(answer.timestamp == Samples.day(399).rfc3339)
        #expect(answer.capital == "50000" && answer.riskProfile == "aggressive")
        #expect(answer.signals.count == 1 && (0...1).contains(answer.confidence))
        #expect(answer.rationale.contains("of 399 bars"))
        let signal = try #require(answer.signals.first)
        #expect(["BUY", "SELL", "HOLD"].contains(signal.action))
        #expect(abs(answer.cash + abs(signal.target) - 1) < 1e-12)
        let engine = StrategyEngine(world.store)
        let fresh = AnalysisQueries(
            engine, reader: world.store, shared: nil, sectors: [:],
            defaultMarket: Samples.series.market, now: { [time = world.time] in time.now },
            CacheEnvironment(now: { ContinuousClock.now }, chance: { 0.5 }))
        var request = Bloasis_AiAnalysis_StrategyRequest()
        request.regime = "normal_bull"
        request.symbols = ["SPX"]
        request.capital = "50000.00"
        request.riskProfile = "aggressive"
        let again = try await fresh.getStrategy(request)
        #expect(try WireJSON.text(again) == WireJSON.text(answer))
    }

    @Test("rest on what was known at an instant, whatever came after")
    func knownAt() async throws {
        let early = AnalysisWorld()
        try await early.write(Samples.regimes(count: 300))
        let then = try await early.ask()
        let late = AnalysisWorld()
        let regimes = Samples.regimes(count: 300)
        try await late.write(regimes)
        try await late.write(
            Samples.regimes(count: 100, seed: 9), from: 300, previous: regimes[299])
        let now = try await late.ask()
        #expect(now.timestamp != then.timestamp)
        let past = try await late.ask { $0.knownAt = Samples.day(299).rfc3339 }
        #expect(try WireJSON.text(past) == WireJSON.text(then))
    }

    @Test("change when a bar comes, in both tiers of the cache")
    func fresh() async throws {
        let world = AnalysisWorld()
        let regimes = Samples.regimes(count: 300)
        try await world.write(regimes)
        let before = try await world.ask()
        try await world.write([.normalBull], from: 300, previous: regimes[299])
        // As a commit does that is heard of.
        let other = AnalysisQueries(
            StrategyEngine(world.store), reader: world.store, shared: world.cache, sectors: [:],
            defaultMarket: Samples.series.market, now: { [time = world.time] in time.now },
            CacheEnvironment(now: { ContinuousClock.now }, chance: { 0.5 }))
        var request = Bloasis_AiAnalysis_StrategyRequest()
        request.regime = "normal_bull"
        request.symbols = ["SPX"]
        let after = try await other.getStrategy(request)
        #expect(before.timestamp == Samples.day(299).rfc3339)
        #expect(after.timestamp == Samples.day(300).rfc3339)
    }

    @Test("a symbol without bars is held as it is, beside others; holdings and lots count")
    func symbols() async throws {
        let world = AnalysisWorld()
        try await world.write(Samples.regimes(count: 400))
        let other = Samples.series("NDX")
        try await world.write(Samples.regimes(count: 400, seed: 3), of: other)
        let answer = try await world.ask {
            $0.symbols = ["NDX", "NONE", "SPX"]
            $0.lot = "0.5"
            var holding = Bloasis_AiAnalysis_Holding()
            holding.symbol = "NONE"
            holding.quantity = "12.5"
            $0.holdings = [holding]
        }
        #expect(answer.signals.map(\.symbol) == ["NDX", "NONE", "SPX"])
        let none = answer.signals[1]
        #expect(none.action == "HOLD" && none.quantity == "0" && !none.hasPrice)
        #expect(none.rationale.contains("no bars of 1d are stored under this name"))
        for signal in [answer.signals[0], answer.signals[2]] where signal.action != "HOLD" {
            let lots = try DecimalNumber(parsing: signal.quantity)
                .divided(by: DecimalNumber(5, scale: 1), places: 6)
            #expect(lots.scale == 0)
        }
    }

    @Test("what cannot be asked is refused with what can")
    func faults() async throws {
        let world = AnalysisWorld()
        try await world.write(Samples.regimes(count: 100))
        let cases: [(String, @Sendable (inout Bloasis_AiAnalysis_StrategyRequest) -> Void)] = [
            ("Invalid regime value: boom. Must be one of: crisis,", { $0.regime = "boom" }),
            ("Invalid risk_profile value: wild. Must be one of:", { $0.riskProfile = "wild" }),
            ("symbols: 0 are given: give 1 to 5000", { $0.symbols = [] }),
            (
                "symbols: 5001 are given",
                { $0.symbols = (0...5_000).map { "S\($0)" } }
            ),
            ("symbols[1]: 'SPX' is given twice", { $0.symbols = ["SPX", "SPX"] }),
            ("symbols[0]: 'a b' is not a market name", { $0.symbols = ["a b"] }),
            ("capital: 0 is not above 0", { $0.capital = "0" }),
            ("capital: 'much' is not a decimal number", { $0.capital = "much" }),
            ("capital: 1000000000000000 is too large", { $0.capital = "1e15" }),
            ("lot: 0.00000000001 has more than 10 digits", { $0.lot = "1e-11" }),
            ("known_at:", { $0.knownAt = "2099-01-01" }),
            (
                "holdings[0].symbol: 'X' is not one of symbols",
                {
                    var holding = Bloasis_AiAnalysis_Holding()
                    holding.symbol = "X"
                    $0.holdings = [holding]
                }
            ),
        ]
        for (message, change) in cases {
            let fault = try await world.fault(change)
            #expect(fault.code == .invalidArgument)
            #expect(fault.message.contains(message), "\(fault.message)")
        }
        let missing = try await world.fault { $0.market = "NONE" }
        #expect(missing.code == .notFound && missing.message.contains("unknown market NONE/1d"))
        let early = try await world.fault { $0.knownAt = "1980-01-01" }
        #expect(early.code == .notFound)
    }

    @Test("five thousand symbols, most of them without bars")
    func many() async throws {
        let world = AnalysisWorld()
        try await world.write(Samples.regimes(count: 700))
        let answer = try await world.ask {
            $0.symbols = ["SPX"] + (1..<5_000).map { "S\($0)" }
        }
        #expect(answer.signals.count == 5_000)
        #expect(answer.signals.count { $0.action != "HOLD" } <= 1)
    }

    @Test("nothing is traded on an unknown regime")
    func unknown() async throws {
        let world = AnalysisWorld()
        try await world.write(Samples.regimes(count: 400))
        let answer = try await world.ask { $0.regime = "unknown" }
        #expect(answer.signals.allSatisfy { $0.action == "HOLD" } && answer.confidence == 0)
        #expect(answer.rationale.contains("the regime of SPX is unknown"))
    }
}

@Suite("Strategies of sectors")
struct SectorStrategyTests {
    private func ask(
        _ world: AnalysisWorld, _ sector: String = "energy", regime: String = ""
    ) async throws -> Bloasis_AiAnalysis_GetSectorStrategiesResponse {
        var request = Bloasis_AiAnalysis_GetSectorStrategiesRequest()
        request.sector = sector
        request.regime = regime
        return try await world.queries.getSectorStrategies(request)
    }

    @Test("one for each profile, under the contract's key, refreshed when the regime changes")
    func refresh() async throws {
        let world = AnalysisWorld()
        let regimes = Array(repeating: Regime.normalBull, count: 200)
        try await world.write(regimes)
        let first = try await ask(world)
        #expect(first.regime == "normal_bull" && first.symbols == ["SPX"])
        #expect(first.strategies.map(\.riskProfile) == ["conservative", "moderate", "aggressive"])
        let key = try CacheKeys.sectorStrategies("energy")
        #expect(key.name == "sector:strategies:energy")
        let entry = try #require(try await world.cache.get(key))
        #expect(String(decoding: entry.value, as: UTF8.self) == (try WireJSON.text(first)))

        try await world.write([.crisis], from: 200, previous: .normalBull)
        let change = try #require(
            try await world.store.announcements(of: Samples.series, after: 1, limit: 1).first)
        let message = RegimeChangeEvent(change).message()
        try await SectorRefresh(world.queries).take(
            LoggedEvent(message: message, partition: 0, offset: 1))
        let refreshed = try #require(try await world.cache.get(key))
        #expect(String(decoding: refreshed.value, as: UTF8.self).contains(#""regime":"crisis""#))
        #expect(try await ask(world).regime == "crisis")
    }

    @Test("in a regime that is asked for; of a sector that there is")
    func asked() async throws {
        let world = AnalysisWorld()
        try await world.write(Samples.regimes(count: 200))
        #expect(try await ask(world, regime: "euphoria").regime == "euphoria")
        #expect(try await ask(world, "utilities").symbols.isEmpty)
        let fault = await #expect(throws: RPCFault.self) { _ = try await ask(world, "tulips") }
        #expect(fault?.message.hasPrefix("Invalid sector value: tulips. Must be one of:") == true)
    }

    @Test("before anything is stored, that is said")
    func nothing() async throws {
        let fault = await #expect(throws: RPCFault.self) { _ = try await ask(AnalysisWorld()) }
        #expect(fault?.code == .notFound)
    }

    @Test("an event that is none is set aside")
    func poison() async throws {
        let message = EventMessage(topic: .regimeChange, key: "SPX", payload: [0x7B])
        await #expect(throws: UnprocessableEvent.self) {
            try await SectorRefresh(AnalysisWorld().queries).take(
                LoggedEvent(message: message, partition: 0, offset: 1))
        }
    }
}

@Suite("Settings of ai-analysis")
struct AnalysisSettingsTests {
    private func settings(_ text: String?) throws -> AnalysisSettings {
        var environment: [String: String] = [:]
        environment["SECTOR_SYMBOLS"] = text
        return try BloasisConfiguration.load(environment: environment, dotEnvPath: nil)
            .values.read(AnalysisSettings.self)
    }

    @Test("every sector has a fund, unless others are named")
    func sectors() throws {
        let standard = try settings(nil).sectors
        #expect(Sector.allCases.allSatisfy { standard[$0]?.count == 1 })
        #expect(standard[.realEstate]?.first?.text == "XLRE")
        let named = try settings("energy=XOM, CVX; utilities=SPX").sectors
        #expect(named[.energy]?.map(\.text) == ["XOM", "CVX"])
        #expect(named[.utilities]?.map(\.text) == ["SPX"])
        #expect(named[.financials]?.map(\.text) == ["XLF"])
    }

    @Test(
        "what is not written so is refused at start",
        arguments: [
            "energy", "energy=", "oil=XOM", "energy=A,A", "energy=A;energy=B", "energy=a b",
        ])
    func refused(text: String) {
        let error = #expect(throws: ConfigurationError.self) { try settings(text) }
        #expect(error?.description.contains("SECTOR_SYMBOLS") == true)
    }
}
