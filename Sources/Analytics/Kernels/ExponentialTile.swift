import LaneTasks

/// Exponentially weighted features of up to eight markets side by side.
///
/// Mean log return, downside deviation and their ratio for three half-lives, with pandas'
/// `ewm(halflife:, adjust=True)` semantics, a missing value ageing the others (`ignore_na=False`).
/// A market's values depend on its own closes alone, with the same bits in any lane, beside any
/// others and in any chunking.
package struct ExponentialTile: Sendable {
    package static let lanes = LaneRows.lanes
    package static let columns = ExponentialTask.columns

    /// The bits are the same whichever it is.
    package var kernels = KernelSet.current
    private let decays: (Double, Double, Double)
    private var state: [Double]

    /// - Parameter halfLives: three, each a bar at least.
    package init(halfLives: [Int]) {
        precondition(
            halfLives.count == ExponentialTask.halfLives, "a tile has three half-lives")
        let decays = halfLives.map(ExponentialDecay.perBar)
        self.decays = (decays[0], decays[1], decays[2])
        state = Array(repeating: 0, count: ExponentialTask.stateCount)
        for lane in 0..<ExponentialTile.lanes { state[lane] = .nan }
    }

    /// Advances by `closes.count` / 8 rows.
    ///
    /// - Parameters:
    ///   - closes: rows of eight, NaN where missing.
    ///   - present: a byte a row, bit i set where market i has a bar; `nil` when all have one in
    ///     every row. A market without a bar stands still, and its outputs are NaN.
    ///   - output: rows of `columns` × 8, the half-lives in order; replaced.
    ///   - width: lanes to compute in, 2, 4 or 8; 0 takes the machine's. The bits are the same.
    package mutating func advance(
        closes: [Double], present: [UInt8]? = nil, into output: LaneRows, width: Int = 0
    ) {
        let rows = closes.count / ExponentialTile.lanes
        precondition(closes.count == rows * ExponentialTile.lanes, "rows of eight")
        precondition(present.map { $0.count == rows } ?? true, "a byte for each row")
        precondition(output.count == rows * ExponentialTile.columns, "a row for each column")
        closes.withUnsafeBufferPointer { closes in
            state.withUnsafeMutableBufferPointer { state in
                guard let from = closes.baseAddress, let kept = state.baseAddress else { return }
                func run(_ present: UnsafePointer<UInt8>?) {
                    kernels.table.exponentialFeatures(
                        ExponentialTask(
                            closes: from, present: present, count: rows, decays: decays,
                            state: kept, output: output.values,
                            isStreamed: output.count >= ExponentialTile.streamedRows,
                            width: width))
                }
                if let present {
                    present.withUnsafeBufferPointer { run($0.baseAddress) }
                } else {
                    run(nil)
                }
            }
        }
    }

    /// Rows of output from which on it is written past the caches: a mebibyte, which leaves a
    /// cache of the second level before anybody reads it.
    package static let streamedRows = 1 << 14
}

/// How weights age.
package enum ExponentialDecay {
    /// What one bar leaves of a weight that halves every `halfLife` bars.
    package static func perBar(halfLife: Int) -> Double {
        precondition(halfLife > 0, "a half-life is one bar at least")
        return VectorMath.exp(-0.693_147_180_559_945_3 / Double(halfLife))
    }
}
