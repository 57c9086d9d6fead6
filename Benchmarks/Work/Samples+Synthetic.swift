import Kernels

extension Samples {
    /// Data of the same shape from a seeded generator, for counts that need no files: what is
    /// counted does not depend on whose prices they are.
    package static func synthetic(markets: Int, returnCount: Int) -> Samples {
        var generator = SeededGenerator(seed: 20_260_101)
        let states = 3
        let (starts, jumpStarts, jumpFeatures) = (8, 10, 3)
        var closes: [Double] = []
        var returns: [Double] = []
        var tables: [Double] = []
        for _ in 0..<markets {
            var close = 100.0
            var smooth = [Double](repeating: 0, count: jumpFeatures)
            closes.append(close)
            for bar in 0..<returnCount {
                let spread = bar / 250 % 3 == 2 ? 2.5 : 0.8
                let value = spread * (sum(of: 6, &generator) - 3)
                returns.append(value)
                close *= 1 + value / 100
                closes.append(close)
                for (index, decay) in [0.87, 0.966, 0.9885].enumerated() {
                    smooth[index] = decay * smooth[index] + (1 - decay) * abs(value)
                    tables.append(smooth[index] - 1)
                }
            }
        }
        let chains = (0..<(markets * starts)).flatMap { index in
            let bend = 1 + 0.05 * Double(index % starts)
            return [0.5, 0.3, 0.2, 0.97, 0.02, 0.01, 0.03, 0.95, 0.02, 0.02, 0.04, 0.94]
                + [0.1 * bend, 0, -0.15, 0.3 * bend, 1, 4]
        }
        return Samples(
            markets: markets, returnCount: returnCount, states: states, starts: starts,
            iterations: 10, jumpRows: returnCount, jumpFeatures: jumpFeatures,
            jumpStarts: jumpStarts, jumpPenalty: 50, closes: closes, returns: returns,
            chains: chains,
            stationary: (0..<markets).flatMap { _ in [0.45, 0.33, 0.22] }, jumpTables: tables,
            jumpCentres: (0..<(markets * jumpStarts * states * jumpFeatures)).map { _ in
                sum(of: 4, &generator) - 2
            })
    }

    /// Sum of values uniform in 0 ..< 1.
    private static func sum(of count: Int, _ generator: inout SeededGenerator) -> Double {
        (0..<count).reduce(0) { total, _ in total + generator.unit() }
    }
}
