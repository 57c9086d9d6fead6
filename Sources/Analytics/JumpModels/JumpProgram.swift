/// What one round of the coordinate descent finds: the best path for given centres, and the sums
/// that the next centres are made of.
struct JumpRound {
    /// The cost of the path: all rows' losses and all moves.
    var objective = 0.0
    /// K·D: rows times their shares in a state. Summed from the last row to the first.
    var sums: [Double]
    /// K: shares in a state.
    var shares: [Double]

    init(states: Int, features: Int) {
        sums = [Double](repeating: 0, count: states * features)
        shares = [Double](repeating: 0, count: states)
    }

    /// The centres with the least loss for the path (weighted means); infinite where no row is.
    var centres: [Double] {
        let features = sums.count / shares.count
        var centres = sums
        for index in centres.indices {
            let share = shares[index / features]
            centres[index] = share > 0 ? sums[index] / share : .infinity
        }
        return centres
    }
}

/// The dynamic programme over all rows, forwards and then back.
///
/// Its values fill a table of a row's width times the number of rows.
struct JumpProgram {
    let rows: JumpRows
    private(set) var costs: JumpCosts
    private var table: [Double]
    private var losses: [Double]
    private var values: [Double]
    private var scratch: [Double]

    /// - Parameter rows: scaled. For a model without a grid only observed ones; a gap changes
    ///   neither its objective nor the rest of its path.
    init(_ rows: JumpRows, _ costs: JumpCosts) {
        self.rows = rows
        self.costs = costs
        table = [Double](repeating: 0, count: rows.count * costs.width)
        losses = [Double](repeating: 0, count: costs.states)
        values = [Double](repeating: 0, count: costs.width)
        scratch = values
    }

    /// One E-step, and the sums for the M-step.
    mutating func round(_ centres: [Double]) -> JumpRound {
        costs.move(to: centres)
        var round = JumpRound(states: costs.states, features: costs.features)
        round.objective = forward()
        backward { row, point in
            guard rows.isPresent[row] else { return }
            if let grid = costs.grid {
                for k in 0..<costs.states {
                    let share = grid.vectors[point * costs.states + k]
                    if share > 0 { round.add(rows, row, to: k, share) }
                }
            } else {
                round.add(rows, row, to: point, 1)
            }
        }
        return round
    }

    /// The best path for the present centres: one state, or one point of the grid, per row.
    mutating func path() -> (points: [Int], objective: Double) {
        let objective = forward()
        var points = [Int](repeating: 0, count: rows.count)
        backward { row, point in points[row] = point }
        return (points, objective)
    }

    private mutating func forward() -> Double {
        var total = 0.0
        let width = costs.width
        for k in 0..<width { values[k] = 0 }
        for row in 0..<rows.count {
            if rows.isPresent[row] {
                total += costs.losses(
                    of: rows.values, at: row * costs.features, scaled: false, into: &losses)
            } else {
                costs.missingLosses(into: &losses)
            }
            if let grid = costs.grid {
                total += grid.advance(
                    &values, losses: losses, isFirst: row == 0, scratch: &scratch)
            } else {
                total += costs.advanceDiscrete(&values, losses)
            }
            for k in 0..<width { table[row * width + k] = values[k] }
        }
        return total
    }

    /// Visits the best path from the last row to the first.
    private func backward(_ visit: (_ row: Int, _ point: Int) -> Void) {
        guard rows.count > 0 else { return }
        var point = leastIndex(rows.count - 1) { _ in 0 }
        visit(rows.count - 1, point)
        for row in stride(from: rows.count - 2, through: 0, by: -1) {
            let to = point
            if let grid = costs.grid {
                point = leastIndex(row) { grid.prices[$0 * grid.count + to] }
            } else {
                point = leastIndex(row) { $0 == to ? 0 : costs.penalty }
            }
            visit(row, point)
        }
    }

    /// Where value plus price is least in a row; the first of equals.
    @inline(__always)
    private func leastIndex(_ row: Int, _ price: (Int) -> Double) -> Int {
        var best = 0
        var least = Double.infinity
        for point in 0..<costs.width {
            let value = table[row * costs.width + point] + price(point)
            if value < least { (best, least) = (point, value) }
        }
        return best
    }
}

extension JumpRound {
    @inline(__always)
    mutating func add(_ rows: JumpRows, _ row: Int, to state: Int, _ share: Double) {
        shares[state] += share
        for d in 0..<rows.features {
            sums[state * rows.features + d] += share * rows.values[row * rows.features + d]
        }
    }
}
