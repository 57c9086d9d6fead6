import LaneTasks

/// The most probable path (Viterbi 1967), the lower state of a tie.
///
/// A bar's origins are one byte per state: eight times the state before, so that following the path
/// back is one shift and one mask.
@inline(__always)
func viterbi<V: Lanes>(_ rows: ChainRows<V>) {
    withUnsafeTemporaryAllocation(of: V.self, capacity: 8) { best in
        withUnsafeTemporaryAllocation(of: V.self, capacity: 8) { next in
            withUnsafeTemporaryAllocation(
                of: V.self, capacity: rows.states * rows.states
            ) { moves in
                guard let best = best.baseAddress, let next = next.baseAddress,
                    let moves = moves.baseAddress, let origins = rows.task.origins,
                    let path = rows.task.path
                else { return }
                trace(rows, origins, path, viterbi(rows, origins, best, next, moves))
            }
        }
    }
}

/// Finds where each bar's states come from; gives eight times the state that each lane ends in.
@inline(__always)
private func viterbi<V: Lanes>(
    _ rows: ChainRows<V>, _ stored: UnsafeMutablePointer<Double>, _ best: UnsafeMutablePointer<V>,
    _ next: UnsafeMutablePointer<V>, _ moves: UnsafeMutablePointer<V>
) -> V.Bits {
    let states = rows.states
    for index in 0..<(states * states) { moves[index] = log(rows.parameter(states + index)) }
    for state in 0..<states { next[state] = log(rows.parameter(state)) }
    var ends = V.Bits(0)
    var origins = V.Bits(0)
    var bar = 0
    for index in 0..<rows.task.segmentCount {
        let segment = rows.task.segments[index]
        while bar < segment.end {
            origins.asLanes.store(at: stored + bar * V.count)
            observe(rows, bar, next, best)
            origins = V.Bits(0)
            for state in 0..<states {
                var score = best[0] + moves[state]
                var origin = V.Bits(0)
                for from in 1..<max(states, 1) {
                    let other = best[from] + moves[from * states + state]
                    let isBetter = score < other
                    let code = V.Bits(Int64(truncatingIfNeeded: from &* 8 &<< (8 &* state)))
                    score = V.select(isBetter, other, score)
                    origin = V.select(isBetter, code.asLanes, origin.asLanes).asBits
                }
                next[state] = score
                origins = origins | origin
            }
            bar += 1
        }
        ends =
            V.select(
                V.Bits(maskOf: segment.active, firstLane: 0), mostProbable(best, states).asLanes,
                ends.asLanes
            ).asBits
    }
    return ends
}

/// Scores with what a bar shows, of those without.
@inline(__always)
private func observe<V: Lanes>(
    _ rows: ChainRows<V>, _ bar: Int, _ before: UnsafeMutablePointer<V>,
    _ after: UnsafeMutablePointer<V>
) {
    let present = rows.present(bar)
    var largest = V(-.infinity)
    for state in 0..<rows.states {
        let density = rows.logDensity(state, bar)
        after[state] = density
        largest = V.larger(largest, density)
    }
    // Less the largest, so that a bar far out does not round away what the others say.
    for state in 0..<rows.states { after[state] = before[state] + (after[state] - largest) }
    guard present != ChainRows<V>.everyLane else { return }
    let mask = V.Bits(maskOf: present, firstLane: 0)
    for state in 0..<rows.states { after[state] = V.select(mask, after[state], before[state]) }
}

/// Eight times the state with the best score.
@inline(__always)
private func mostProbable<V: Lanes>(_ best: UnsafeMutablePointer<V>, _ states: Int) -> V.Bits {
    var score = best[0]
    var state = V.Bits(0)
    for candidate in 1..<max(states, 1) {
        let isBetter = score < best[candidate]
        let code = V.Bits(Int64(truncatingIfNeeded: 8 &* candidate))
        score = V.select(isBetter, best[candidate], score)
        state = V.select(isBetter, code.asLanes, state.asLanes).asBits
    }
    return state
}

/// Follows the origins back.
@inline(__always)
private func trace<V: Lanes>(
    _ rows: ChainRows<V>, _ stored: UnsafeMutablePointer<Double>,
    _ path: UnsafeMutablePointer<UInt8>, _ ends: V.Bits
) {
    let task = rows.task
    var state = ends
    var later: UInt8 = 0
    for index in stride(from: task.segmentCount - 1, through: 0, by: -1) {
        let segment = task.segments[index]
        let isNew = V.Bits(maskOf: segment.active & ~later, firstLane: 0)
        state = V.select(isNew, ends.asLanes, state.asLanes).asBits
        later = segment.active
        let first = index == 0 ? 0 : task.segments[index - 1].end
        var bar = segment.end
        while bar > first {
            bar -= 1
            state.shiftedRight(by: 3).storeBytes(at: path + bar * V.count)
            let origins = V(at: stored + bar * V.count).asBits
            state = origins.shiftedRight(by: state) & V.Bits(0xFF)
        }
    }
}
