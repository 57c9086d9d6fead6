import Market
import TestSupport
import Testing

@testable import Trading

@Suite("What a bar does to a paper order")
struct PaperExecutionTests {
    private static func order(
        _ id: String = "o-1", _ side: Side = .buy, quantity: Int128 = 100
    ) throws -> PaperOrder {
        PaperOrder(
            id: try #require(OrderID(id)), key: Samples.paperKey(), sequence: 1,
            symbol: Samples.series.market, side: side, quantity: DecimalNumber(quantity),
            decidedAt: Samples.day(0), through: Samples.day(0))
    }

    private static func bar(
        open: Double = .nan, close: Double, volume: Double = .nan
    ) -> Bar {
        Bar(timestamp: Samples.day(1), open: open, close: close, volume: volume)
    }

    @Test("it is filled at the first price, or the close, against the trader", arguments: 0..<200)
    func price(seed: Int64) throws {
        let terms = PaperTerms(slippageBasisPoints: 10, seed: seed)
        for (bar, base) in [
            (Self.bar(open: 50, close: 60), 50.0), (Self.bar(close: 60), 60),
            (Self.bar(open: 0.0002, close: 1), 0.0002),
        ] {
            let buy = try #require(
                PaperExecution(of: Self.order(), on: bar, number: 1, terms: terms))
            let sell = try #require(
                PaperExecution(of: Self.order("o-1", .sell), on: bar, number: 1, terms: terms))
            let step = base >= 1 ? 0.000_1 : 0.000_000_01
            // Half to one and a half times 10 basis points, and what rounding takes.
            #expect(buy.price.approximation >= base * 1.0005 - 1e-12)
            #expect(buy.price.approximation <= base * 1.0015 + step)
            #expect(sell.price.approximation <= base * 0.9995 + 1e-12)
            #expect(sell.price.approximation >= base * 0.9985 - step)
        }
    }

    @Test("the same seed, order and bar give the same; another gives another")
    func repeatable() throws {
        let bar = Self.bar(open: 1_234.5, close: 1_240)
        func price(_ id: String, _ number: Int, _ seed: Int64) throws -> DecimalNumber {
            try #require(
                PaperExecution(
                    of: Self.order(id), on: bar, number: number,
                    terms: PaperTerms(slippageBasisPoints: 100, seed: seed))
            ).price
        }
        #expect(try price("a", 1, 1) == price("a", 1, 1))
        let prices = try [
            price("a", 1, 1), price("b", 1, 1), price("a", 2, 1), price("a", 1, 2),
        ]
        #expect(Set(prices).count == 4)
    }

    @Test("of a bar's volume it has its share, in whole lots; of too small a volume nothing")
    func volume() throws {
        let terms = PaperTerms(participation: 0.1, lot: DecimalNumber(5))
        func filled(_ volume: Double, of quantity: Int128 = 100) throws -> DecimalNumber? {
            PaperExecution(
                of: try Self.order(quantity: quantity), on: Self.bar(close: 10, volume: volume),
                number: 1, terms: terms)?.quantity
        }
        #expect(try filled(10_000) == DecimalNumber(100))
        #expect(try filled(999) == DecimalNumber(95))
        #expect(try filled(50) == DecimalNumber(5))
        #expect(try filled(49) == nil)
        #expect(try filled(0) == nil)
        #expect(try filled(1e300) == DecimalNumber(100))
        #expect(try filled(50, of: 3) == DecimalNumber(3))
    }

    @Test("without a volume one in ten or so is filled by half")
    func parts() throws {
        let halves = try (0..<2_000).count { seed in
            let execution = try #require(
                PaperExecution(
                    of: Self.order(), on: Self.bar(close: 10), number: 1,
                    terms: PaperTerms(seed: Int64(seed))))
            #expect([DecimalNumber(100), DecimalNumber(50)].contains(execution.quantity))
            return execution.quantity == DecimalNumber(50)
        }
        #expect((140...260).contains(halves))
    }

    @Test("commission is of the amount, to the cent")
    func commission() throws {
        let terms = PaperTerms(slippageBasisPoints: 0, commissionBasisPoints: 2.5)
        let execution = try #require(
            PaperExecution(
                of: Self.order("o-1", .sell), on: Self.bar(close: 123.45, volume: 1e9), number: 1,
                terms: terms))
        #expect(execution.price == DecimalNumber(12_345, scale: 2))
        #expect(execution.commission == DecimalNumber(309, scale: 2))
    }

    @Test(
        "a bar without a price fills nothing",
        arguments: [Double.nan, 0, -5, .infinity])
    func nothing(close: Double) throws {
        let execution = PaperExecution(
            of: try Self.order(), on: Self.bar(close: close), number: 1, terms: .standard)
        #expect(execution == nil)
    }
}

@Suite("What a paper portfolio has")
struct PaperAccountTests {
    @Test("cash and holdings are what fills add up to, corrections and busts counted")
    func account() throws {
        let bought = try Samples.fill("f-1", quantity: DecimalNumber(10), price: DecimalNumber(7))
        let recorded = [
            Samples.recorded(bought, sequence: 1),
            Samples.recorded(
                try Samples.fill(
                    "f-2", side: .sell, quantity: DecimalNumber(4), price: DecimalNumber(9),
                    commission: DecimalNumber(5, scale: 1)), sequence: 2),
        ]
        let account = try PaperAccount(capital: DecimalNumber(1_000), reports: recorded)
        #expect(account.holdings == [bought.symbol: DecimalNumber(6)])
        let first = try #require(recorded.first).fill.commission
        #expect(account.cash == (try DecimalNumber(9_655, scale: 1).subtracting(first)))
        let worth = try account.equity { _ in DecimalNumber(10) }
        #expect(worth == (try account.cash.adding(DecimalNumber(60))))
        #expect(try account.equity { _ in nil } == nil)
        let none = try PaperAccount(capital: DecimalNumber(5), reports: [RecordedFill]())
        #expect(try none.equity { _ in nil } == DecimalNumber(5))
    }
}
