import Kernels

/// Alternates between the best path for the centres and the best centres for the path, until
/// neither changes: no round can raise the objective (Bemporad et al. 2018, algorithm 1).
struct CoordinateDescent {
    /// Where one start has got to.
    struct Outcome: Equatable {
        /// K·D, scaled; infinite for a state that no row belongs to.
        var centres: [Double]
        /// At these centres, with the best path for them.
        var objective = Double.infinity
        /// Rounds after the first.
        var iterations = 0
        var converged = false
        /// The objective of every round.
        var history: [Double] = []

        init(from start: [Double]) {
            centres = start
        }
    }

    let maximumIterations: Int
    let tolerance: Double

    /// Takes in a round at `centres`.
    ///
    /// - Returns: the centres for the next one, or nil when this was the last.
    func take(
        _ round: JumpRound, at centres: [Double], into outcome: inout Outcome
    ) -> [Double]? {
        if !outcome.history.isEmpty {
            outcome.iterations += 1
            outcome.converged = outcome.objective - round.objective <= tolerance
        }
        outcome.centres = centres
        outcome.objective = round.objective
        outcome.history.append(round.objective)
        if outcome.converged { return nil }
        let moved = round.centres
        // Then the path is the one before, and would be again.
        outcome.converged = moved == centres
        return outcome.converged || outcome.iterations >= maximumIterations ? nil : moved
    }

    /// One start after another.
    func run(_ program: inout JumpProgram, from starts: [[Double]]) -> [Outcome] {
        starts.map { start in
            var outcome = Outcome(from: start)
            var next: [Double]? = start
            while let centres = next {
                next = take(program.round(centres), at: centres, into: &outcome)
            }
            return outcome
        }
    }

    /// Eight starts side by side, each lane taking the next start when it has finished one: the
    /// same bits as `run`. For models without a grid, over rows that are all there.
    func runTiled(_ rows: JumpRows, _ costs: JumpCosts, from starts: [[Double]]) -> [Outcome] {
        var outcomes = starts.map(Outcome.init)
        var costs = costs
        var tile = JumpTile(
            states: costs.states, features: costs.features, penalty: costs.penalty)
        var waiting = starts.indices.makeIterator()
        var lanes = (0..<JumpTile.width).map { _ in waiting.next() }
        // Lanes without a start compute the first one again, to no end.
        var centres = lanes.map { starts[$0 ?? 0] }
        while lanes.contains(where: { $0 != nil }) {
            for lane in lanes.indices {
                costs.move(to: centres[lane])
                costs.load(into: &tile, lane: lane)
            }
            let round = tile.round(over: rows.values)
            for lane in lanes.indices {
                guard let start = lanes[lane] else { continue }
                let mine = JumpRound(round, lane: lane, states: costs.states)
                if let moved = take(mine, at: centres[lane], into: &outcomes[start]) {
                    centres[lane] = moved
                } else {
                    lanes[lane] = waiting.next()
                    if let next = lanes[lane] { centres[lane] = starts[next] }
                }
            }
        }
        return outcomes
    }
}

extension JumpRound {
    /// What one lane of a tile found.
    fileprivate init(_ round: JumpTile.Round, lane: Int, states: Int) {
        func column(_ tile: [Double]) -> [Double] {
            stride(from: lane, to: tile.count, by: JumpTile.width).map { tile[$0] }
        }
        self.init(states: states, features: round.sums.count / round.counts.count)
        objective = round.objectives[lane]
        sums = column(round.sums)
        shares = column(round.counts)
    }
}

extension JumpCosts {
    /// Puts the centres and limits into one lane of a tile.
    func load(into tile: inout JumpTile, lane: Int) {
        for index in centres.indices {
            tile.centres[index * JumpTile.width + lane] = centres[index]
        }
        for state in limits.indices {
            tile.limits[state * JumpTile.width + lane] = limits[state]
        }
        tile.penalties[lane] = penalty
    }
}
