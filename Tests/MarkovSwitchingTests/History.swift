import Foundation
import Kernels
import MarkovSwitching
import TestSupport

enum History {
    /// Log returns of the S&P 500, 1999 to 2018.
    static func returns(source: String = #filePath) throws -> [Double] {
        let root = URL(filePath: source).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let url = root.appending(path: "Fixtures/spx_daily_1999_2018.csv")
        let lines = try String(contentsOf: url, encoding: .utf8).split(separator: "\n")
        let column = lines[0].split(separator: ",").firstIndex(of: "close") ?? 0
        let close = lines.dropFirst().compactMap { Double($0.split(separator: ",")[column]) }
        return zip(close, close.dropFirst()).map { VectorMath.log($1 / $0) }
    }

    static func sample(
        _ model: MarkovSwitchingModel, count: Int, seed: UInt64
    ) throws -> MarkovSwitchingSample {
        var generator = SeededGenerator(seed: seed)
        return try model.sample(count: count, using: &generator)
    }

    /// Any model and rows that go with it, with gaps.
    static func drawn(
        seed: UInt64, bars: Int = 60, hostile: Bool = false
    ) throws -> (MarkovSwitchingModel, [[Double]?]) {
        var generator = SplitMix64(seed: seed)
        let regimes = 1 + Int(generator.unit() * 3)
        let order = Int(generator.unit() * 3)
        let specification = try MarkovSwitchingSpecification(
            regimes: regimes, order: order, trend: generator.unit() < 0.8 ? .constant : .none,
            switchesTrend: generator.unit() < 0.7,
            switchesExogenous: (0..<Int(generator.unit() * 3)).map { _ in generator.unit() < 0.5 },
            switchesAutoregression: (0..<order).map { _ in generator.unit() < 0.5 },
            switchesVariance: generator.unit() < 0.5,
            transitionColumns: generator.unit() < 0.4 ? 1 : 0)
        let model = try MarkovSwitchingModel(
            specification, parameters(specification, using: &generator))
        let rows = (0..<bars).map { _ -> [Double]? in
            if generator.unit() < 0.08 { return nil }
            return (0..<specification.rowCount).map { _ in
                let pick = generator.unit()
                if pick < 0.03 { return .nan }
                guard hostile, pick < 0.4 else { return generator.normal() }
                return hostileValues[Int(generator.unit() * Double(hostileValues.count))]
            }
        }
        return (model, rows)
    }

    static let hostileValues = [
        1e300, -1e300, 1e154, .leastNonzeroMagnitude, .greatestFiniteMagnitude, -40, 0, 1e-300,
        .infinity, -.greatestFiniteMagnitude,
    ]

    static func parameters(
        _ specification: MarkovSwitchingSpecification, using generator: inout SplitMix64
    ) -> MarkovSwitchingParameters {
        let regimes = specification.regimes
        func values(_ switches: Bool, _ draw: (inout SplitMix64) -> Double) -> [Double] {
            let first = draw(&generator)
            return (0..<regimes).map { $0 == 0 || !switches ? first : draw(&generator) }
        }
        func rows(_ switches: [Bool], _ draw: (inout SplitMix64) -> Double) -> [[Double]] {
            let columns = switches.map { values($0, draw) }
            return (0..<regimes).map { regime in columns.map { $0[regime] } }
        }
        let trend = specification.trend == .constant ? [specification.switchesTrend] : []
        let coefficients = rows(trend + specification.switchesExogenous) { $0.normal() }
        let lags = rows(specification.switchesAutoregression) { 0.6 * $0.unit() - 0.3 }
        let variances = values(specification.switchesVariance) { 0.2 + 2 * $0.unit() }
        var transition: [[Double]] = []
        var varying: [[[Double]]] = []
        for _ in 0..<regimes {
            if specification.transitionColumns > 0 {
                varying.append(
                    (1..<max(regimes, 1)).map { _ in [generator.normal(), generator.normal()] })
            } else {
                let weights = (0..<regimes).map { _ in generator.unit() + 0.02 }
                transition.append(weights.map { $0 / weights.reduce(0, +) })
            }
        }
        return MarkovSwitchingParameters(
            transition: transition, transitionCoefficients: varying, coefficients: coefficients,
            autoregression: lags, variances: variances)
    }
}
