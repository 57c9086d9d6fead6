import CLanes
import LaneTasks

@inline(never)
@Sendable
func closePositions(_ task: CloseTask) {
    switch task.width == 0 ? Int(lanes_native_width()) : task.width {
    case 8: forEachPart(Lanes8.self) { computePositions(task, Lanes8.self, $0) }
    case 4: forEachPart(Lanes4.self) { computePositions(task, Lanes4.self, $0) }
    default: forEachPart(Lanes2.self) { computePositions(task, Lanes2.self, $0) }
    }
}

@inline(__always)
private func computePositions<V: Lanes>(_ task: CloseTask, _: V.Type, _ firstLane: Int) {
    computeDrawdowns(task, V.self, firstLane)
    computeTrends(task, V.self, firstLane)
    computeMomentum(task, V.self, firstLane)
}

/// The maximum of a window is that of what it has of one block of closes, and of the next one (van
/// Herk, 1992): blocks are as long as windows.
@inline(__always)
private func computeDrawdowns<V: Lanes>(_ task: CloseTask, _: V.Type, _ firstLane: Int) {
    let length = CloseTask.maximumBars
    let closes = task.closes + firstLane
    let suffixes = task.scratch + firstLane
    var block = 0
    while block < task.count {
        // The window of row `block` is a whole block; those of later rows lack its first closes.
        var largest = V(-.infinity)
        var row = length - 1
        while row >= 0 {
            largest = V.larger(V(at: closes + (block + row - length + 1) * 8), largest)
            largest.store(at: suffixes + row * 8)
            row -= 1
        }
        let end = block + length < task.count ? block + length : task.count
        var prefix = V(-.infinity)
        for row in block..<end {
            let close = V(at: closes + row * 8)
            // The newest close of the first window belongs to the block itself.
            if row > block { prefix = V.larger(close, prefix) }
            let maximum = V.larger(prefix, V(at: suffixes + (row - block) * 8))
            (close / maximum - V(1)).finite.store(at: task.drawdown + (row * 8 + firstLane))
        }
        block += length
    }
}

@inline(__always)
private func computeTrends<V: Lanes>(_ task: CloseTask, _: V.Type, _ firstLane: Int) {
    let seen = V(at: task.seen + firstLane)
    let length = CloseTask.trendBars
    withUnsafeTemporaryAllocation(of: V.self, capacity: 8) { sums in
        guard let sums = sums.baseAddress else { return }
        for row in stride(from: 0, to: task.count, by: 8) {
            let oldest = task.closes + ((row - length + 1) * 8 + firstLane)
            sumWindows(from: oldest, length: length, into: sums) { value, _ in value }
            for window in 0..<8 {
                let offset = (row + window) * 8 + firstLane
                let mean = sums[window] / V(Double(length))
                let isKnown =
                    (V(Double(length)) <= seen + V(Double(row + window + 1))) & mean.isFinite
                let trend = V(at: task.closes + offset) / mean - V(1)
                V.select(isKnown, trend.finite, V(.nan)).store(at: task.trend + offset)
            }
        }
    }
}

@inline(__always)
private func computeMomentum<V: Lanes>(_ task: CloseTask, _: V.Type, _ firstLane: Int) {
    let seen = V(at: task.seen + firstLane)
    var offset = firstLane
    for row in 0..<task.count {
        let later = Scientific(V(at: task.closes + (offset - CloseTask.momentumTo * 8)))
        let earlier = Scientific(V(at: task.closes + (offset - CloseTask.momentumFrom * 8)))
        let isKnown = V(Double(CloseTask.momentumFrom)) <= seen + V(Double(row))
        V.select(isKnown, logRatio(later, earlier), V(.nan)).store(at: task.momentum + offset)
        offset += 8
    }
}
