import Foundation
import Market
import MarketFeeds
import Regimes
import Testing
import Trading

@testable import Strategies

/// The engine against numpy, pair by pair, and a conic solver (`Benchmarks/peers/strategies.py`).
@Suite("Allocations agree with an independent implementation")
struct GoldenAllocationTests {
    private struct Golden: Decodable {
        struct Case: Decodable {
            var first: Int
            var last: Int
            var symbols: [String]
            var regime: String
            var profile: String
            var held: [Double]
            var volatilities: [Double]
            var means: [Double]
            var meanShare: Double
            var intensity: Double
            var correlation: Double
            var horizon: Double
            var shares: [Double]
            var volatility: Double
            var confidence: Double?
            var regimeBars: Int
        }

        struct Run: Decodable {
            var label: String
            var count: Int

            init(from decoder: any Decoder) throws {
                var values = try decoder.unkeyedContainer()
                label = try values.decode(String.self)
                count = try values.decode(Int.self)
            }
        }

        var labels: [Run]
        var cases: [Case]
    }

    private static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Fixtures")

    private static func closes() throws -> [String: [Double]] {
        let path = root.appending(path: "us_equities_20_close_1990_2022.csv.gz")
            .path(percentEncoded: false)
        var reader = try TableReader(
            path: path, try CSVInspection.markets(path: path), options: CSVReadOptions(),
            cellBudget: TableReader.cellBudget)
        var closes: [String: [Double]] = [:]
        while true {
            let tables = try reader.next()
            if tables.isEmpty { return closes }
            for table in tables { closes[table.market] = try table.bars().bars.map(\.close) }
        }
    }

    @Test("moments, shrinkage, shares and confidence of 144 cases")
    func cases() throws {
        let golden = try JSONDecoder().decode(
            Golden.self,
            from: Data(contentsOf: Self.root.appending(path: "golden/strategies.json")))
        let closes = try Self.closes()
        let labels = try golden.labels.flatMap { run in
            Array(repeating: try Regime(label: run.label), count: run.count)
        }
        #expect(golden.cases.count == 144)
        for golden in golden.cases {
            let rows = golden.first..<golden.last
            let history = LabelledReturns(
                labels: Array(labels[rows]),
                closes: try golden.symbols.map { Array(try #require(closes[$0])[rows]) },
                barsPerYear: 252)
            let regime = try Regime(label: golden.regime)
            let profile = try RiskProfile(label: golden.profile)
            let allocator = Allocator(regime, profile)
            let allocation = allocator.allocation(history, holding: golden.held)
            let findings = try #require(allocation.findings)
            #expect(findings.regimeBars == golden.regimeBars)
            #expect(Self.agree(findings.volatilities, golden.volatilities, within: 1e-12))
            #expect(Self.agree(findings.means, golden.means, within: 1e-10))
            #expect(abs(findings.meanShare - golden.meanShare) < 1e-10)
            #expect(abs(findings.intensity - golden.intensity) < 1e-9)
            #expect(abs(findings.correlation - golden.correlation) < 1e-10)
            #expect(abs(findings.horizon - golden.horizon) < 1e-12)
            let apart = zip(allocation.targets, golden.shares).map { abs($0 - $1) }.max() ?? 0
            #expect(apart < 2e-4, "\(golden.regime) \(golden.profile) \(golden.symbols)")
            #expect(abs(findings.volatility - golden.volatility) < 1e-4)
            if let confidence = golden.confidence, allocation.targets.contains(where: { $0 != 0 }) {
                #expect(abs(findings.confidence - confidence) < 1e-3)
            }
        }
    }

    private static func agree(_ mine: [Double], _ theirs: [Double], within bound: Double) -> Bool {
        mine.count == theirs.count
            && zip(mine, theirs).allSatisfy { abs($0 - $1) <= bound * max(1, abs($1)) }
    }
}
