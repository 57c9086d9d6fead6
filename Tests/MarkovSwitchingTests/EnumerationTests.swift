import Kernels
import MarkovSwitching
import TestSupport
import Testing

/// Every path of regimes, one by one: exponential, and beyond doubt.
@Suite("Against every path counted")
struct EnumerationTests {
    struct Counted {
        var likelihood = 0.0
        var smoothed: [[Double]]
        var best = -1.0
        var path: [Int] = []
    }

    private func mean(_ model: MarkovSwitchingModel, _ regime: Int, _ row: [Double]) -> Double {
        let coefficients = model.parameters.coefficients[regime]
        let regressors = row[1..<(1 + model.specification.switchesExogenous.count)]
        let isConstant = model.specification.trend == .constant
        let first = isConstant ? coefficients[0] : 0
        return zip(coefficients.dropFirst(isConstant ? 1 : 0), regressors)
            .reduce(first) { $0 + $1.0 * $1.1 }
    }

    private func transition(_ model: MarkovSwitchingModel, _ row: [Double]) -> [[Double]] {
        guard model.specification.transitionColumns > 0 else { return model.parameters.transition }
        return model.parameters.transitionCoefficients.map { logits in
            let weights =
                logits.map { VectorMath.exp($0[0] + $0[1] * row[row.count - 1]) } + [1]
            return weights.map { $0 / weights.reduce(0, +) }
        }
    }

    /// By many steps of the chain itself.
    private func steady(_ transition: [[Double]]) -> [Double] {
        var steady = transition.map { _ in 1 / Double(transition.count) }
        for _ in 0..<5000 {
            steady = steady.indices.map { to in
                steady.indices.reduce(0) { $0 + steady[$1] * transition[$1][to] }
            }
        }
        return steady
    }

    private func count(_ model: MarkovSwitchingModel, _ rows: [[Double]]) -> Counted {
        let (regimes, order) = (model.specification.regimes, model.specification.order)
        var counted = Counted(
            smoothed: rows.map { _ in [Double](repeating: 0, count: regimes) })
        let paths = rows.reduce(1) { count, _ in count * regimes }
        let start = steady(transition(model, rows[0]))
        for code in 0..<paths {
            var rest = code
            let path = rows.map { _ in
                defer { rest /= regimes }
                return rest % regimes
            }
            var weight = start[path[0]]
            for bar in rows.indices {
                if bar > 0 { weight *= transition(model, rows[bar])[path[bar - 1]][path[bar]] }
                guard bar >= order else { continue }
                var residual = rows[bar][0] - mean(model, path[bar], rows[bar])
                for lag in 0..<order {
                    let before = bar - 1 - lag
                    residual -=
                        model.parameters.autoregression[path[bar]][lag]
                        * (rows[before][0] - mean(model, path[before], rows[before]))
                }
                let variance = model.parameters.variances[path[bar]]
                weight *= VectorMath.exp(-0.5 * residual * residual / variance)
                weight *= 0.398_942_280_401_432_7 / variance.squareRoot()
            }
            counted.likelihood += weight
            for (bar, regime) in path.enumerated() { counted.smoothed[bar][regime] += weight }
            if weight > counted.best {
                counted.best = weight
                counted.path = path
            }
        }
        return counted
    }

    @Test func likelihoodSmootherAndPath() throws {
        for seed in Sweep.seeds(25) {
            let (model, sparse) = try History.drawn(seed: seed, bars: 12)
            let rows = sparse.compactMap { $0 }.filter { $0.allSatisfy(\.isFinite) }.prefix(7)
            guard rows.count > model.specification.order else { continue }
            let counted = count(model, Array(rows))
            let present = rows.map { $0 as [Double]? }
            let computed = model.logLikelihood(of: present)
            #expect(
                (computed - VectorMath.log(counted.likelihood)).magnitude < 1e-10, "seed \(seed)")
            let smoothed = try model.smoothedProbabilities(of: present)
            for (mine, theirs) in zip(smoothed, counted.smoothed) {
                for (one, other) in zip(try #require(mine), theirs) {
                    #expect((one - other / counted.likelihood).magnitude < 1e-10, "seed \(seed)")
                }
            }
            #expect(try model.mostProbablePath(of: present) == counted.path, "seed \(seed)")
        }
    }
}
