import LaneTasks

/// The likelihood of one series and what is expected given all of it, computed again and again for
/// other parameters: what a fit that is not Baum–Welch climbs by. Looks ahead.
package final class ChainMoments {
    /// Expected counts; moments are about the means of the chain they were computed with.
    package struct Moments: Sendable {
        package let logLikelihood: Double
        /// K probabilities of the first bar's state.
        package let start: [Double]
        /// K·K moves from row to column.
        package let transitions: [Double]
        /// K weights and first and second moments.
        package let weights: [Double]
        package let first: [Double]
        package let second: [Double]
    }

    private let tile: ChainTile

    /// - Parameter series: of one feature, with a bar at least.
    package init(states: Int, series: ChainSeries) {
        let shape = ChainShape(states: states, features: 1, isDiagonal: true)
        tile = ChainTile(
            shape: shape, width: 2, bars: series.barCount, isShared: true,
            [.forward, .expectation], KernelSet.current)
        for lane in 0..<2 { tile.load(series, lane: lane) }
    }

    /// - Parameter chain: of one feature and the number of states this was made for.
    package func moments(of chain: HiddenMarkovChain) -> Moments {
        for lane in 0..<2 { tile.load(chain, lane: lane) }
        tile.seal()
        tile.expect()
        let statistics = tile.statistics(0)
        return Moments(
            logLikelihood: tile.belief(lane: 0).logLikelihood, start: statistics.start,
            transitions: statistics.transitions, weights: statistics.weights,
            first: statistics.firstMoments, second: statistics.secondMoments)
    }
}
