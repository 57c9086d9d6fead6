import Kernels
import LaneTasks
import Market

/// Indicators over the last so many values that there are.
extension LaneTile {
    /// Fields of the context in their columns, from the returns and closes of the workspace, which
    /// are without gaps, and keeps their ends.
    ///
    /// - Parameters:
    ///   - columns: of a context, `stride` from one to the next; that of the returns is left alone.
    ///   - returnCounts: returns of each lane; the closes likewise.
    func computeWindows(
        _ row: (Int) -> UnsafeMutablePointer<Double>, _ volatilities: inout [[Double]],
        into columns: UnsafeMutablePointer<Double>, _ returnCounts: [Int], _ closeCounts: [Int]
    ) {
        func column(_ field: Int) -> UnsafeMutablePointer<Double> {
            columns + field * LaneTile.stride
        }
        for lane in 0..<LaneTile.lanes {
            workspace.limits.values[lane] = Double(returnCounts[lane])
        }
        var volatility = VolatilityTask(
            returns: returns, count: returnCounts.max() ?? 0, limits: workspace.limits.values,
            annualisation: plan.annualisation, state: row(layout.volatility),
            volatility: column(1), longRun: column(3))
        volatility.width = width
        table.markets.volatilities(volatility)
        for lane in 0..<LaneTile.lanes {
            rank(lane, returnCounts[lane], column(1), into: column(2), &volatilities[lane])
        }
        var positions = CloseTask(
            closes: closes, count: closeCounts.max() ?? 0, seen: row(layout.seen),
            scratch: workspace.maxima.values, drawdown: column(4), trend: column(5),
            momentum: column(6))
        positions.width = width
        table.markets.closes(positions)
        let seen = row(layout.seen)
        for lane in 0..<LaneTile.lanes { seen[lane] += Double(closeCounts[lane]) }
        keep(workspace.closes.values, CloseTask.history, closeCounts, at: row(layout.closes))
        keep(
            workspace.returns.values, VolatilityTask.length - 1, returnCounts,
            at: row(layout.returns))
    }

    /// The last rows of each lane.
    private func keep(
        _ rows: UnsafePointer<Double>, _ history: Int, _ counts: [Int],
        at kept: UnsafeMutablePointer<Double>
    ) {
        if let common = counts.first, counts.allSatisfy({ $0 == common }) {
            kept.update(from: rows + common * LaneTile.lanes, count: history * LaneTile.lanes)
            return
        }
        for lane in 0..<LaneTile.lanes {
            for index in 0..<history {
                kept[index * LaneTile.lanes + lane] =
                    rows[(counts[lane] + index) * LaneTile.lanes + lane]
            }
        }
    }

    /// Ranks of one lane's volatilities in the last ten years of them.
    private func rank(
        _ lane: Int, _ count: Int, _ column: UnsafePointer<Double>,
        into ranks: UnsafeMutablePointer<Double>, _ history: inout [Double]
    ) {
        // A market's first volatilities are missing; after one that is not, none is.
        var first = 0
        while first < count, !column[first * LaneTile.lanes + lane].isFinite {
            ranks[first * LaneTile.lanes + lane] = .nan
            first += 1
        }
        let before = history.count
        workspace.volatilities.withUnsafeMutableBufferPointer { values in
            workspace.rankScratch.withUnsafeMutableBufferPointer { scratch in
                guard let values = values.baseAddress, let scratch = scratch.baseAddress else {
                    return
                }
                for index in 0..<before { values[index] = history[index] }
                for index in first..<max(count, first) {
                    values[before + index - first] = column[index * LaneTile.lanes + lane]
                }
                table.markets.ranks(
                    RankTask(
                        values: values, before: before, count: count - first,
                        ranks: ranks + (first * LaneTile.lanes + lane), stride: LaneTile.lanes,
                        scratch: scratch))
                let total = before + count - first
                let kept = min(total, RankTask.length)
                history.replaceSubrange(
                    0..., with: UnsafeBufferPointer(start: values + (total - kept), count: kept))
            }
        }
    }

    // MARK: - Gaps

    /// The same for markets of which some bars lack a return, a close or are not there: what is
    /// there is put together, and what is found is spread out again.
    func computeWithGaps(
        _ row: (Int) -> UnsafeMutablePointer<Double>, _ volatilities: inout [[Double]]
    ) {
        let lanes = LaneTile.lanes
        let returnCounts = (0..<lanes).map { compact(returns, $0) }
        let closeCounts = (0..<lanes).map { compact(closes, $0) }
        let dense = workspace.dense.values - LaneTile.stride
        computeWindows(row, &volatilities, into: dense, returnCounts, closeCounts)
        for lane in 0..<lanes {
            spread(lane, from: dense, fields: 1...3) { columns[$0 * lanes + lane].isFinite }
            bars[lane].close.withUnsafeBufferPointer { close in
                spread(lane, from: dense, fields: 4...6) { close[first + $0].isFinite }
            }
        }
    }

    /// Moves a lane's finite values to the front; how many they are.
    private func compact(_ rows: UnsafeMutablePointer<Double>, _ lane: Int) -> Int {
        var found = 0
        for index in 0..<counts[lane] {
            let value = rows[index * LaneTile.lanes + lane]
            guard value.isFinite else { continue }
            rows[found * LaneTile.lanes + lane] = value
            found += 1
        }
        return found
    }

    private func spread(
        _ lane: Int, from dense: UnsafePointer<Double>, fields: ClosedRange<Int>,
        _ isThere: (_ bar: Int) -> Bool
    ) {
        var found = 0
        for bar in 0..<count {
            let isKnown = bar < counts[lane] && isThere(bar)
            for field in fields {
                let offset = field * LaneTile.stride + lane
                columns[offset + bar * LaneTile.lanes] =
                    isKnown ? dense[offset + found * LaneTile.lanes] : .nan
            }
            if isKnown { found += 1 }
        }
    }
}
