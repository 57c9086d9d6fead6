import Foundation
import Market
import Regimes
import TestSupport
import Testing
import Trading

@Suite("Portfolios")
struct PortfolioTests {
    @Test("of 300 reports with corrections and busts are Python's, at three instants")
    func golden() throws {
        let golden = try Golden.load()
        let reports = try golden.reports.enumerated().map { index, report in
            try report.recorded(sequence: Int64(index + 1))
        }
        #expect(reports.contains { $0.fill.kind == .bust })
        for expected in golden.portfolios {
            let portfolio = try Portfolio(of: reports, asOf: Golden.instant(expected.asOf))
            let found = portfolio.positions.map { position in
                Golden.Position(
                    symbol: position.symbol.text, currency: position.currency.code,
                    quantity: "\(position.quantity)", cost: "\(position.cost)",
                    averagePrice: "\(position.averagePrice)", realised: "\(position.realised)")
            }
            #expect(found == expected.positions)
        }
    }

    @Test(
        "what was paid and received is what was realised less what is open",
        arguments: Sweep.seeds(20))
    func cashIdentity(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        var cash = DecimalNumber.zero
        var reports: [RecordedFill] = []
        for number in 1...200 {
            let fill = try Samples.fill(
                "f-\(number)", side: generator.unit() < 0.5 ? .buy : .sell,
                quantity: DecimalNumber(.random(in: 1...900, using: &generator), scale: 2),
                price: DecimalNumber(.random(in: 0...99_999, using: &generator), scale: 3),
                commission: DecimalNumber(.random(in: -9...99, using: &generator), scale: 2))
            let paid = try fill.quantity.multiplied(by: fill.price)
            cash = try cash.adding(fill.side == .buy ? paid.negated() : paid)
                .subtracting(fill.commission)
            reports.append(Samples.recorded(fill, sequence: Int64(number)))
        }
        let position = try #require(try Portfolio(of: reports).positions.first)
        #expect(try position.realised.subtracting(position.cost) == cash)
        let sum = try reports.reduce(DecimalNumber.zero) { sum, report in
            let quantity = report.fill.quantity
            return try sum.adding(report.fill.side == .buy ? quantity : quantity.negated())
        }
        #expect(position.quantity == sum)
    }

    @Test("a bust undoes, a correction replaces, in the place of the first report")
    func corrections() throws {
        let bought = try Samples.fill("f-1", quantity: DecimalNumber(10), price: DecimalNumber(100))
        let sold = try Samples.fill(
            "f-2", side: .sell, quantity: DecimalNumber(4), price: DecimalNumber(130), second: 1)
        let corrected = try Samples.fill(
            "f-3", kind: .correct, reference: "f-1", quantity: DecimalNumber(10),
            price: DecimalNumber(120), second: 2)
        let busted = try Samples.fill("f-4", side: .sell, kind: .bust, reference: "f-2", second: 3)
        let reports = [bought, sold, corrected, busted].enumerated().map {
            Samples.recorded($1, sequence: Int64($0 + 1))
        }
        let realised = try (1...4).map { count in
            try Portfolio(of: reports.prefix(count)).positions.map { "\($0.realised)" }
        }
        #expect(realised == [["0"], ["120"], ["40"], ["0"]])
        let asOfSale = try Portfolio(of: reports, asOf: sold.timestamp)
        #expect(asOfSale.positions.map { "\($0.realised)" } == ["120"])
    }

    @Test("what goes through zero opens the other side at its own price")
    func reversal() throws {
        let reports = try [
            Samples.fill("f-1", quantity: DecimalNumber(3), price: DecimalNumber(10)),
            Samples.fill(
                "f-2", side: .sell, quantity: DecimalNumber(5), price: DecimalNumber(12),
                commission: DecimalNumber(1), second: 1),
        ].enumerated().map { Samples.recorded($1, sequence: Int64($0 + 1)) }
        let position = try #require(try Portfolio(of: reports).positions.first)
        #expect(position.quantity == DecimalNumber(-2))
        #expect(position.averagePrice == DecimalNumber(12))
        #expect(position.cost == DecimalNumber(-24))
        #expect(position.realised == DecimalNumber(5))
    }
}
