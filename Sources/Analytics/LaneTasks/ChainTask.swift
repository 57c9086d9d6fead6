/// Where the parameters of Gaussian hidden Markov models lie in memory: K states, D features.
///
/// One model is `count` values; a tile is as many rows of W values, W models side by side.
package struct ChainShape: Sendable, Equatable {
    package let states: Int
    package let features: Int
    /// No covariance off the diagonal: whitening factors are D per state, else the D·(D + 1)/2 of
    /// a lower triangle, row by row.
    package let isDiagonal: Bool

    package init(states: Int, features: Int, isDiagonal: Bool) {
        self.states = states
        self.features = features
        self.isDiagonal = isDiagonal
    }

    /// Whitening factors, or second moments, of one state.
    package var factorCount: Int { isDiagonal ? features : features * (features + 1) / 2 }

    // The offsets of what a model consists of.

    /// K probabilities.
    package var start: Int { 0 }
    /// K·K, row by row: from the row's state to the column's.
    package var transition: Int { states }
    /// K·D.
    package var means: Int { states + states * states }
    /// K: logarithms of the densities at their means.
    package var logNormalisers: Int { means + states * features }
    /// K·`factorCount`, each divided by √2: a density is exp(logNormaliser − |factor·deviation|²).
    package var whitening: Int { logNormalisers + states }
    package var count: Int { whitening + states * factorCount }

    /// Expected counts, in this order: K·K of transitions (each still to be multiplied with its
    /// probability), K of the first bar's states, K weights, K·D first and K·`factorCount` second
    /// moments about the means.
    package var expectationCount: Int {
        states * states + 2 * states + states * features + states * factorCount
    }

    /// A belief: K forward variables, the sum of logarithms and (as Int64) of binary exponents
    /// taken out of them.
    package var beliefCount: Int { states + 2 }
}

/// Bars up to which the same lanes have a series.
package struct LaneSegment: Sendable {
    /// One past its last bar.
    package var end: Int
    /// Bit i: lane i has these bars.
    package var active: UInt8

    package init(end: Int, active: UInt8) {
        self.end = end
        self.active = active
    }
}

/// Recursions of W hidden Markov models, each over the series of its lane, W = 2, 4 or 8. Rows are
/// W values, one per lane; T bars, K states, D features.
package struct ChainTask {
    package var shape: ChainShape
    package var width: Int
    /// `shape.count` rows.
    package var model: UnsafePointer<Double>
    /// T·D rows; T·D values when all lanes share them. Finite wherever they stand.
    package var observations: UnsafePointer<Double>
    package var isShared: Bool
    /// T: bit i says whether lane i has an observation; `nil` when every lane has all.
    package var present: UnsafePointer<UInt8>?
    /// In the order of their ends, the last one T; each with the lanes that reach its end.
    package var segments: UnsafePointer<LaneSegment>
    package var segmentCount: Int
    /// `shape.beliefCount` rows: where the filter goes on, unless it starts, and where it ends.
    package var belief: UnsafeMutablePointer<Double>
    package var isStarted: Bool
    /// T·K rows, or `nil` for what is not wanted: filtered probabilities; forward variables as
    /// scaled; densities over each bar's largest. Smoothing puts its result into the second.
    package var filtered: UnsafeMutablePointer<Double>?
    package var forward: UnsafeMutablePointer<Double>?
    package var densities: UnsafeMutablePointer<Double>?
    /// `shape.expectationCount` rows that expectations are added to.
    package var expectation: UnsafeMutablePointer<Double>?
    /// Room for the most probable path: T rows of what a bar's states come from.
    package var origins: UnsafeMutablePointer<Double>?
    /// T rows of W bytes: the states of the most probable path.
    package var path: UnsafeMutablePointer<UInt8>?
    /// Eight columns, one per lane, that filtered or smoothed probabilities of the first
    /// `columnBars` bars go to as they are found, K values per bar, besides their rows; W = 8.
    package var columns: UnsafePointer<UnsafeMutablePointer<Double>?>?
    /// A multiple of 8, no more than the bars of the shortest series: columns are no longer.
    package var columnBars = 0

    package init(
        shape: ChainShape, width: Int, model: UnsafePointer<Double>,
        observations: UnsafePointer<Double>, isShared: Bool, present: UnsafePointer<UInt8>?,
        segments: UnsafePointer<LaneSegment>, segmentCount: Int,
        belief: UnsafeMutablePointer<Double>, isStarted: Bool
    ) {
        self.shape = shape
        self.width = width
        self.model = model
        self.observations = observations
        self.isShared = isShared
        self.present = present
        self.segments = segments
        self.segmentCount = segmentCount
        self.belief = belief
        self.isStarted = isStarted
    }
}
