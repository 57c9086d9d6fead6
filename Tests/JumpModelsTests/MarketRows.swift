import Foundation
import Indicators
import Market

/// Features of the bundled indices as users of jump models make them.
enum MarketRows {
    static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    static let standardAndPoors = rows("spx_daily_1999_2018.csv")
    static let nasdaq = rows("nasdaq_daily_1999_2018.csv")

    static let skippedBars = 61
    static let trainingRows = 3000
    static let clippedDeviations = 3.0

    static func series(_ name: String) -> [[Double]] {
        name == "spx" ? standardAndPoors : nasdaq
    }

    /// Six features; clipped and standardised with the moments of the training rows.
    private static func rows(_ name: String) -> [[Double]] {
        let names = [5, 20, 60].flatMap { ["log_downside_deviation_\($0)", "sortino_\($0)"] }
        let features = names.compactMap { try? Feature(name: $0) }
        var engine = IndicatorEngine(features: features, barsPerYear: 252)
        let raw = closes(name).enumerated().map { index, close in
            let stamp = Timestamp(nanoseconds: Int64(index) * 86_400_000_000_000)
            return engine.advance(with: Bar(timestamp: stamp, close: close))
        }
        let rows = Array(raw.dropFirst(skippedBars))
        let columns = features.indices.map { d in
            let column = rows.map { $0[d] }
            let (mean, deviation) = moments(column.prefix(trainingRows))
            let reach = clippedDeviations * deviation
            let clipped = column.map { min(max($0, mean - reach), mean + reach) }
            let (centre, scale) = moments(clipped.prefix(trainingRows))
            return clipped.map { ($0 - centre) / scale }
        }
        return rows.indices.map { row in columns.map { $0[row] } }
    }

    private static func closes(_ name: String) -> [Double] {
        let url = root.appending(path: "Fixtures/\(name)")
        guard let text = try? String(contentsOf: url, encoding: .utf8) else { return [] }
        return text.split(separator: "\n").dropFirst().compactMap { line in
            Double(line.split(separator: ",", omittingEmptySubsequences: false)[4])
        }
    }

    private static func moments(_ column: ArraySlice<Double>) -> (Double, Double) {
        let count = Double(column.count)
        let mean = column.reduce(0, +) / count
        let variance = column.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
        return (mean, variance.squareRoot())
    }
}

/// What jumpmodels says: `Benchmarks/peers/jump_parity.py`.
struct JumpGolden: Decodable {
    struct Sample: Decodable {
        let count: Int
        let first: [Double]
        let last: [Double]
    }

    struct Case: Decodable, Sendable, CustomStringConvertible {
        let series: String
        let kind: String
        let states: Int
        let penalty: Double
        let gridSteps: Int?
        let modeLoss: Bool?
        let kappa: Double?
        let starts: [[Int]]
        let objective: Double
        let centres: [[Double]?]
        let labels: [[Int]]
        let online: [[Int]]
        let onlineProbabilities: [String: [Double]]?
        let probabilities: [String: [Double]]?
        let featureWeights: [Double]?
        let ownObjective: Double
        let ownFeatureWeights: [Double]?

        var description: String { "\(series) \(kind) K = \(states), λ = \(penalty)" }
    }

    let skippedBars: Int
    let trainingRows: Int
    let rows: [String: Sample]
    let cases: [Case]

    static let cases = load()?.cases ?? []

    static func load() -> JumpGolden? {
        let url = MarketRows.root.appending(path: "Fixtures/golden/jump_parity.json")
        guard let data = try? Data(contentsOf: url) else { return nil }
        return try? JSONDecoder().decode(JumpGolden.self, from: data)
    }
}

/// First row and state of every stretch of equal states.
func runs(_ states: [Int]) -> [[Int]] {
    states.indices.filter { $0 == 0 || states[$0] != states[$0 - 1] }.map { [$0, states[$0]] }
}
