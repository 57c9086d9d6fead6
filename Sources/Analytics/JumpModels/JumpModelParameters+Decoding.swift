import Kernels

// What is here looks ahead: an answer for a row depends on later ones. No live path may call it.

extension JumpModelParameters {
    /// The path of least cost through all rows: **looks ahead**.
    ///
    /// A jump model has no likelihood; its objective takes that place. Half the squared distance
    /// plus λ per jump is a negative log-density up to constants only for λ = ln of the odds to
    /// stay, and nobody fits λ so; hence no log-likelihood, no information criterion and no samples
    /// are offered.
    ///
    /// - Parameter rows: D numbers each, nil for a bar that is not there.
    /// - Throws: when a continuous model's table would be larger than `JumpLimits.tableValues`.
    package func decode(_ rows: [[Double]?]) throws(JumpFitError) -> JumpPath {
        let costs = JumpCosts(self)
        let all = JumpRows(rows, features: featureCount, scales: costs.scales)
        let inside = costs.grid == nil ? all.observed : all
        guard inside.count <= JumpLimits.tableValues / costs.width else {
            throw .windowTooLong(
                rows: inside.count, points: costs.width, limit: JumpLimits.tableValues)
        }
        guard inside.count > 0 else {
            return JumpPath(
                states: [Int](repeating: 0, count: rows.count),
                probabilities: costs.grid.map { _ in
                    [[Double]](repeating: uniform, count: rows.count)
                }, objective: 0)
        }
        var program = JumpProgram(inside, costs)
        let (points, objective) = program.path()
        var spread = [Int](repeating: points[0], count: all.leading)
        if let grid = costs.grid {
            spread += points
            return JumpPath(
                states: spread.map { grid.labels[$0] }, probabilities: spread.map(grid.vector),
                objective: objective)
        }
        var next = 0
        for isPresent in all.isPresent {
            if isPresent { next += 1 }
            spread.append(points[next - 1])
        }
        return JumpPath(states: spread, probabilities: nil, objective: objective)
    }

    /// Probabilities of every row from all rows: **looks ahead**.
    ///
    /// Continuous: the path of least cost. Otherwise the share of state k is e^(−M(k)) with
    /// M(k) what the best path that is in k at that row costs more than the best of all: the
    /// counterpart of the filter's probabilities, which it meets at the last row.
    ///
    /// - Parameter rows: D numbers each, nil for a bar that is not there.
    /// - Throws: as `decode` does.
    package func smooth(_ rows: [[Double]?]) throws(JumpFitError) -> [[Double]] {
        if kind == .continuous { return try decode(rows).probabilities ?? [] }
        let costs = JumpCosts(self)
        let inside = JumpRows(rows, features: featureCount, scales: costs.scales)
        guard inside.count > 0 else { return [[Double]](repeating: uniform, count: rows.count) }
        var losses = [[Double]](
            repeating: [Double](repeating: 0, count: stateCount), count: inside.count)
        var ahead = losses
        var values = [Double](repeating: 0, count: stateCount)
        for row in losses.indices {
            if inside.isPresent[row] {
                _ = costs.losses(
                    of: inside.values, at: row * featureCount, scaled: false, into: &losses[row])
            } else {
                costs.missingLosses(into: &losses[row])
            }
            _ = costs.advanceDiscrete(&values, losses[row])
            ahead[row] = values
        }
        // Costs of what follows a row, by the state of that row.
        var behind = [Double](repeating: 0, count: stateCount)
        var shares = ahead
        for row in losses.indices.reversed() {
            var sums = (0..<stateCount).map { ahead[row][$0] + min(behind[$0], costs.penalty) }
            let least = sums.min() ?? 0
            for k in sums.indices { sums[k] -= least }
            JumpCosts.shares(of: sums, into: &shares[row])
            _ = costs.advanceDiscrete(&behind, losses[row])
        }
        return [[Double]](repeating: shares[0], count: inside.leading) + shares
    }

    /// What a path costs: Σ_t Σ_k p_t(k)·½‖x_t − θ_k‖² and the price of its moves, λ·½‖p − q‖₁, in
    /// a continuous model λ·(½‖p − q‖₁)² plus the mode loss.
    ///
    /// - Parameters:
    ///   - rows: D numbers each, nil for a bar that is not there.
    ///   - probabilities: K per row. A state of a discrete model has probability 1.
    package func cost(of rows: [[Double]?], along probabilities: [[Double]]) -> Double {
        let costs = JumpCosts(self)
        let inside = JumpRows(rows, features: featureCount, scales: costs.scales)
        let path = probabilities.dropFirst(inside.leading)
        var losses = [Double](repeating: 0, count: stateCount)
        var total = 0.0
        for (row, shares) in zip(0..<inside.count, path) where inside.isPresent[row] {
            let least = costs.losses(
                of: inside.values, at: row * featureCount, scaled: false, into: &losses)
            total += least
            for k in losses.indices where shares[k] > 0 { total += shares[k] * losses[k] }
        }
        for (from, to) in zip(path, path.dropFirst()) {
            let half = 0.5 * zip(from, to).reduce(0) { $0 + ($1.0 - $1.1).magnitude }
            if let grid = costs.grid {
                total += costs.penalty * (half * half)
                if hasModeLoss == true { total += costs.modeLoss(of: from, grid) }
            } else {
                total += costs.penalty * half
            }
        }
        return total
    }

    private var uniform: [Double] {
        [Double](repeating: 1 / Double(stateCount), count: stateCount)
    }
}

extension ProbabilityGrid {
    /// The probabilities of a point.
    func vector(_ point: Int) -> [Double] {
        Array(vectors[(point * states)..<((point + 1) * states)])
    }
}

extension JumpCosts {
    fileprivate func modeLoss(of origin: [Double], _ grid: ProbabilityGrid) -> Double {
        func logSum(_ from: [Double]) -> Double {
            var sum = 0.0
            for to in 0..<grid.count {
                let half =
                    0.5 * zip(from, grid.vector(to)).reduce(0) { $0 + ($1.0 - $1.1).magnitude }
                sum += VectorMath.exp(-penalty * (half * half))
            }
            return VectorMath.log(sum)
        }
        return logSum(origin) - logSum(grid.vector(0))
    }
}
