import LaneTasks

// What is here looks ahead: an answer for a bar depends on later ones. No live path may call it.

extension ChainBatch {
    /// Per job, T·K probabilities of each bar's state given all bars.
    package func smoothed() -> [[Double]] {
        map(.forward, kernels.table.chainFilter) { tile in
            LaneColumns.make(tile.lengths.map { $0 * tile.shape.states }) { columns in
                tile.smooth(to: columns)
            }
        }
    }

    /// Per job, the most probable path of states (Viterbi 1967); the lower state of a tie.
    package func mostProbablePaths() -> [[UInt8]] {
        map(.path, kernels.table.chainPath) { $0.paths }
    }
}

extension HiddenMarkovChain {
    /// Probabilities of each bar's state given all bars; `nil` is a bar without an observation.
    package func smoothedProbabilities(of observations: [[Double]?]) -> [[Double]] {
        let series = ChainSeries(observations, featureCount: featureCount)
        let smoothed = ChainBatch([ChainJob(chain: self, series: series)]).smoothed()[0]
        return observations.indices.map { bar in
            Array(smoothed[(bar * stateCount)..<((bar + 1) * stateCount)])
        }
    }

    /// The most probable path of states (Viterbi 1967); the lower state of a tie.
    package func mostProbablePath(of observations: [[Double]?]) -> [Int] {
        let series = ChainSeries(observations, featureCount: featureCount)
        return ChainBatch([ChainJob(chain: self, series: series)]).mostProbablePaths()[0]
            .map(Int.init)
    }
}
