import Contracts
import Hosting
import Market
import Ports
import Regimes
import TestSupport
import Testing
import TradingService

@Suite("The recording of fills")
struct FillRecordingTests {
    struct World {
        let time = ManualTime()
        let store: InMemoryRegimeStore
        let ledger: InMemoryFillLedger
        let cache: any SharedCache
        let service: FillRecording

        init() {
            let time = time
            let store = InMemoryRegimeStore(wording: Samples.wording) { time.now }
            self.store = store
            ledger = InMemoryFillLedger(sharing: store, wording: .standard)
            cache = InMemoryCache(now: { ContinuousClock.now })
            service = FillRecording(
                ledger: ledger, reader: store,
                portfolios: Portfolios(
                    ledger: ledger, commits: { store.commits() }, shared: cache,
                    CacheEnvironment(now: { ContinuousClock.now }, chance: { 0.5 })),
                defaultMarket: Samples.series.market, now: { time.now })
        }

        func record(
            _ change: (inout Bloasis_Trading_Fill) -> Void = { _ in }
        ) async throws -> Bloasis_Trading_RecordFillResponse {
            var request = Bloasis_Trading_RecordFillRequest()
            request.fill.fillID = "f-1"
            request.fill.orderID = "o-1"
            request.fill.userID = "ann"
            request.fill.symbol = "SPX"
            request.fill.side = "buy"
            request.fill.filledQty = "10"
            request.fill.filledPrice = "150.25"
            request.fill.currency = "USD"
            request.fill.timestamp = Samples.day(2).rfc3339
            change(&request.fill)
            return try await service.recordFill(request)
        }

        func portfolio(asOf: String = "") async throws -> Bloasis_Trading_Portfolio {
            var request = Bloasis_Trading_GetPortfolioRequest()
            request.userID = "ann"
            request.asOf = asOf
            return try await service.getPortfolio(request)
        }

        func fault(
            _ change: @escaping (inout Bloasis_Trading_Fill) -> Void
        ) async -> RPCFault? {
            do {
                _ = try await record(change)
                return nil
            } catch {
                return error as? RPCFault
            }
        }
    }

    @Test("a fill carries the regime known at its instant, of its own market or the default one")
    func regimes() async throws {
        let world = World()
        for (market, regimes) in [("SPX", [Regime.crisis, .normalBull]), ("NDX", [.euphoria])] {
            let series = Samples.series(market)
            _ = try await world.store.register(Samples.profile(series))
            _ = try await world.store.record(Samples.batch(regimes, series: series))
        }
        let before = try await world.record { $0.timestamp = "1999-01-04T00:00:00Z" }
        #expect(!before.fill.hasRegime)
        let first = try await world.record {
            $0.fillID = "f-2"
            $0.timestamp = Samples.day(0).advanced(bySeconds: 60).rfc3339
        }
        #expect(first.fill.regime == "crisis")
        let other = try await world.record {
            $0.fillID = "f-3"
            $0.symbol = "NDX"
        }
        #expect(other.fill.regime == "euphoria")
        #expect(other.fill.regimeMarket == "NDX")
        let stock = try await world.record {
            $0.fillID = "f-4"
            $0.symbol = "AAPL"
        }
        #expect(stock.fill.regime == "normal_bull")
        #expect(stock.fill.regimeMarket == "SPX")
        #expect(stock.fill.regimeAsOf == Samples.day(1).rfc3339)
    }

    @Test("a correction and a bust carry the regime of the fill, not of their own time")
    func regimesOfCorrections() async throws {
        let world = World()
        _ = try await world.store.register(Samples.profile(Samples.series))
        _ = try await world.store.record(Samples.batch([.crisis, .normalBull]))
        let first = try await world.record {
            $0.timestamp = Samples.day(0).advanced(bySeconds: 60).rfc3339
        }
        let corrected = try await world.record {
            $0.fillID = "f-2"
            $0.eventType = "correct"
            $0.refFillID = "f-1"
            $0.filledQty = "8"
        }
        let busted = try await world.record {
            $0.fillID = "f-3"
            $0.eventType = "bust"
            $0.refFillID = "f-2"
            $0.timestamp = Samples.day(3).rfc3339
        }
        for fill in [first.fill, corrected.fill, busted.fill] {
            #expect(fill.regime == "crisis")
            #expect(fill.regimeAsOf == Samples.day(0).rfc3339)
        }
    }

    @Test("what corrects a fill from before anything was known carries no regime")
    func regimesOfUnknownTimes() async throws {
        let world = World()
        _ = try await world.record()
        _ = try await world.store.register(Samples.profile(Samples.series))
        _ = try await world.store.record(Samples.batch([.crisis]))
        let busted = try await world.record {
            $0.fillID = "f-2"
            $0.eventType = "bust"
            $0.refFillID = "f-1"
            $0.timestamp = Samples.day(3).rfc3339
        }
        #expect(!busted.fill.hasRegime)
    }

    @Test("a bust needs no more than the id it refers to, a correction its numbers")
    func corrections() async throws {
        let world = World()
        _ = try await world.record { $0.commission = "0.75" }
        func refer(
            _ kind: String, _ id: String, to reference: String, quantity: String = ""
        ) async throws
            -> Bloasis_Trading_Fill
        {
            var request = Bloasis_Trading_RecordFillRequest()
            request.fill.fillID = id
            request.fill.eventType = kind
            request.fill.refFillID = reference
            request.fill.filledQty = quantity
            request.fill.filledPrice = quantity.isEmpty ? "" : "150"
            request.fill.timestamp = Samples.day(3).rfc3339
            return try await world.service.recordFill(request).fill
        }
        let corrected = try await refer("correct", "f-2", to: "f-1", quantity: "8.50")
        #expect(corrected.commission == "0.75")
        #expect(corrected.filledQty == "8.5")
        #expect(corrected.symbol == "SPX")
        #expect(try await world.portfolio().positions.map(\.quantity) == ["8.5"])
        let busted = try await refer("bust", "f-3", to: "f-2")
        #expect(busted.filledQty == "8.5")
        #expect(busted.sequence == 3)
        #expect(try await world.portfolio().positions.isEmpty)
        #expect(try await world.portfolio(asOf: Samples.day(2).rfc3339).positions.count == 1)
        await #expect(throws: RPCFault.self) {
            _ = try await refer("correct", "f-4", to: "f-2", quantity: "1")
        }
    }

    @Test("a portfolio is cached for its user and follows every fill")
    func cached() async throws {
        let world = World()
        #expect(try await world.portfolio().positions.isEmpty)
        _ = try await world.record()
        let key = try CacheKeys.portfolio(ofUser: "ann")
        // Reports only drop what is known; whoever asks next has it added up, and kept.
        let dropped = try await world.cache.get(key)
        #expect(dropped == nil)
        #expect(try await world.portfolio().sequence == 1)
        try await eventually { try await world.cache.get(key) != nil }
        let written = try await world.cache.get(key)
        let first = try #require(written)
        #expect(first.version.sequence == 1)
        #expect(String(decoding: first.value, as: UTF8.self).contains(#""quantity":"10""#))
        _ = try await world.record {
            $0.fillID = "f-2"
            $0.side = "sell"
            $0.filledQty = "4"
            $0.filledPrice = "160.25"
            $0.commission = "0.5"
        }
        let portfolio = try await world.portfolio()
        #expect(portfolio.positions.map(\.quantity) == ["6"])
        #expect(portfolio.positions.map(\.averagePrice) == ["150.25"])
        #expect(portfolio.realised == "39.5")
        #expect(portfolio.currency == "USD")
        #expect(portfolio.sequence == 2)
        #expect(portfolio.asOf == world.time.now.rfc3339)
        try await eventually { try await world.cache.get(key)?.version.sequence == 2 }
    }

    @Test("several currencies have a total each, and none together")
    func currencies() async throws {
        let world = World()
        _ = try await world.record { $0.commission = "1" }
        _ = try await world.record {
            $0.fillID = "f-2"
            $0.currency = "EUR"
            $0.commission = "2"
        }
        let portfolio = try await world.portfolio()
        #expect(portfolio.totals.map(\.currency) == ["EUR", "USD"])
        #expect(portfolio.totals.map(\.realised) == ["-2", "-1"])
        #expect(portfolio.realised == "")
    }

    @Test("what is wrong is said, with the field and its code")
    func faults() async throws {
        let world = World()
        _ = try await world.record()
        let faults: [(RPCFault.Code, String, (inout Bloasis_Trading_Fill) -> Void)] = [
            (.alreadyExists, "fill_id f-1", { $0.filledQty = "11" }),
            (.invalidArgument, "user_id", { $0.userID = "" }),
            (.invalidArgument, "user_id", { $0.userID = "a:b" }),
            (.invalidArgument, "fill_id", { $0.fillID = "with space" }),
            (.invalidArgument, "event_type", { $0.eventType = "cancel" }),
            (.invalidArgument, "side", { $0.side = "long" }),
            (.invalidArgument, "filled_qty", { $0.filledQty = "ten" }),
            (.invalidArgument, "filled_qty", { $0.filledQty = "0" }),
            (.invalidArgument, "filled_price", { $0.filledPrice = "1e-19" }),
            (.invalidArgument, "currency", { $0.currency = "dollars" }),
            (.invalidArgument, "timestamp", { $0.timestamp = "2018-12-31" }),
            (.invalidArgument, "in the future", { $0.timestamp = "2200-01-01T00:00:00Z" }),
            (.invalidArgument, "ref_fill_id", { $0.refFillID = "f-1" }),
            (
                .failedPrecondition, "ref_fill_id f-9",
                {
                    $0.fillID = "f-2"
                    $0.eventType = "bust"
                    $0.refFillID = "f-9"
                }
            ),
        ]
        for (code, part, change) in faults {
            let fault = await world.fault(change)
            #expect(fault?.code == code, "\(part): \(fault?.message ?? "no fault")")
            #expect(fault?.message.contains(part) == true, "\(fault?.message ?? "no fault")")
        }
        #expect(try await world.portfolio().sequence == 1, "nothing of it was recorded")
    }
}
