import LaneTasks

/// Smoothed probabilities from what `forward` stored.
@inline(__always)
func smooth<V: Lanes>(_ rows: ChainRows<V>) {
    guard let forward = rows.task.forward else { return }
    withUnsafeTemporaryAllocation(of: V.self, capacity: 8) { beta in
        withUnsafeTemporaryAllocation(of: V.self, capacity: 8) { carried in
            guard let beta = beta.baseAddress, let carried = carried.baseAddress else { return }
            backward(rows, Smoothing(rows: rows, forward: forward), beta, carried)
        }
    }
}

/// Expected counts of Baum–Welch from what `forward` stored.
@inline(__always)
func expect<V: Lanes>(_ rows: ChainRows<V>) {
    guard let forward = rows.task.forward, let sums = rows.task.expectation else { return }
    withUnsafeTemporaryAllocation(of: V.self, capacity: 8) { beta in
        withUnsafeTemporaryAllocation(of: V.self, capacity: 8) { carried in
            withUnsafeTemporaryAllocation(of: V.self, capacity: 8) { gamma in
                guard let beta = beta.baseAddress, let carried = carried.baseAddress,
                    let gamma = gamma.baseAddress
                else { return }
                let step = Counting(rows: rows, forward: forward, sums: sums, gamma: gamma)
                backward(rows, step, beta, carried)
            }
        }
    }
}

/// What is made of each bar, last to first.
private protocol BackwardStep {
    associatedtype V: Lanes

    /// Forward variables, T·K rows.
    var forward: UnsafeMutablePointer<Double> { get }

    /// - Parameters:
    ///   - active: the lanes that have the bar.
    ///   - inverse: 1 / Σ α·β.
    ///   - beta: β of the bar.
    ///   - carried: what the bar after handed back.
    func take(
        _ bar: Int, _ active: UInt8, _ inverse: V, _ beta: UnsafeMutablePointer<V>,
        _ carried: UnsafeMutablePointer<V>)
}

/// The backward recursion over what `forward` stored (Rabiner 1989, section III.A).
///
/// Backward variables are scaled by powers of two, so that the sum of what a bar hands back is in
/// 1 ..< 2: then each is at least 2⁻⁹⁰⁰, and the total over the states at least 2⁻⁹⁰³.
@inline(__always)
private func backward<V: Lanes, Step: BackwardStep>(
    _ rows: ChainRows<V>, _ step: Step, _ beta: UnsafeMutablePointer<V>,
    _ carried: UnsafeMutablePointer<V>
) where Step.V == V {
    let task = rows.task
    let states = rows.states
    guard let densities = task.densities else { return }
    let forward = step.forward
    for state in 0..<states {
        beta[state] = V(1)
        carried[state] = V(0)
    }
    var later: UInt8 = 0
    for index in stride(from: task.segmentCount - 1, through: 0, by: -1) {
        let segment = task.segments[index]
        enter(V.Bits(maskOf: segment.active & ~later, firstLane: 0), states, beta, carried)
        later = segment.active
        let first = index == 0 ? 0 : task.segments[index - 1].end
        var bar = segment.end
        while bar > first {
            bar -= 1
            let row = bar * states
            var total = V(at: forward + row * V.count) * beta[0]
            for state in 1..<max(states, 1) {
                total = total.addingProduct(
                    V(at: forward + (row + state) * V.count), beta[state])
            }
            step.take(bar, segment.active, V(1) / total, beta, carried)
            handBack(rows, densities + row * V.count, beta, carried)
        }
    }
}

/// A lane's series ends here: nothing comes after.
@inline(__always)
private func enter<V: Lanes>(
    _ mask: V.Bits, _ states: Int, _ beta: UnsafeMutablePointer<V>,
    _ carried: UnsafeMutablePointer<V>
) {
    for state in 0..<states {
        beta[state] = V.select(mask, V(1), beta[state])
        carried[state] = V.select(mask, V(0), carried[state])
    }
}

/// β of the bar before from β of this one.
@inline(__always)
private func handBack<V: Lanes>(
    _ rows: ChainRows<V>, _ densities: UnsafeMutablePointer<Double>,
    _ beta: UnsafeMutablePointer<V>, _ carried: UnsafeMutablePointer<V>
) {
    let states = rows.states
    var sum = V(at: densities) * beta[0]
    carried[0] = sum
    for state in 1..<max(states, 1) {
        carried[state] = V(at: densities + state * V.count) * beta[state]
        sum = sum + carried[state]
    }
    let factor = sum.inverseBinade
    for state in 0..<states { carried[state] = carried[state] * factor }
    for state in 0..<states {
        var value = rows.transition(state, 0) * carried[0]
        for next in 1..<max(states, 1) {
            value = value.addingProduct(rows.transition(state, next), carried[next])
        }
        beta[state] = value
    }
}

/// Smoothed probabilities in the place of forward variables.
private struct Smoothing<V: Lanes>: BackwardStep {
    let rows: ChainRows<V>
    let forward: UnsafeMutablePointer<Double>

    @inline(__always)
    func take(
        _ bar: Int, _: UInt8, _ inverse: V, _ beta: UnsafeMutablePointer<V>,
        _: UnsafeMutablePointer<V>
    ) {
        for state in 0..<rows.states {
            let address = forward + (bar * rows.states + state) * V.count
            // In this order no probability is rounded to above 1.
            (V(at: address) * beta[state] * inverse).store(at: address)
        }
        if bar & 7 == 0, bar < rows.task.columnBars {
            writeColumns(rows.task, forward, bar, rows.states, ahead: -valuesAhead)
        }
    }
}

/// Expected counts of Baum–Welch, added up.
private struct Counting<V: Lanes>: BackwardStep {
    let rows: ChainRows<V>
    let forward: UnsafeMutablePointer<Double>
    let sums: UnsafeMutablePointer<Double>
    /// Room for a value of each state.
    let gamma: UnsafeMutablePointer<V>

    /// α/total times β is the probability of the state, times what the next bar handed back, and
    /// the transition's probability, that of a transition.
    @inline(__always)
    func take(
        _ bar: Int, _ active: UInt8, _ inverse: V, _ beta: UnsafeMutablePointer<V>,
        _ carried: UnsafeMutablePointer<V>
    ) {
        let states = rows.states
        for state in 0..<states {
            gamma[state] = V(at: forward + (bar * states + state) * V.count) * inverse
        }
        keep(active)
        for state in 0..<states {
            for next in 0..<states {
                let address = sums + (state * states + next) * V.count
                V(at: address).addingProduct(gamma[state], carried[next]).store(at: address)
            }
        }
        for state in 0..<states { gamma[state] = gamma[state] * beta[state] }
        if bar == 0 {
            for state in 0..<states {
                gamma[state].store(at: sums + (states * states + state) * V.count)
            }
        }
        keep(rows.present(bar))
        for state in 0..<states { addMoments(bar, state, gamma[state]) }
    }

    /// Lanes that are not there count nothing.
    @inline(__always)
    private func keep(_ lanes: UInt8) {
        guard lanes != ChainRows<V>.everyLane else { return }
        let mask = V.Bits(maskOf: lanes, firstLane: 0)
        for state in 0..<rows.states { gamma[state] = V.select(mask, gamma[state], V(0)) }
    }

    @inline(__always)
    private func addMoments(_ bar: Int, _ state: Int, _ weight: V) {
        let states = rows.states
        let features = rows.features
        let means = states + states * states
        let first = states * states + 2 * states
        let second = first + states * features
        let weights = sums + (states * states + states + state) * V.count
        (V(at: weights) + weight).store(at: weights)
        var factor = second + state * rows.factorCount
        for d in 0..<features {
            let deviation = rows.observation(bar, d) - rows.parameter(means + state * features + d)
            let address = sums + (first + state * features + d) * V.count
            let weighted = weight * deviation
            (V(at: address) + weighted).store(at: address)
            for other in (rows.isDiagonal ? d : 0)...d {
                let partner =
                    other == d
                    ? deviation
                    : rows.observation(bar, other)
                        - rows.parameter(means + state * features + other)
                let moment = sums + factor * V.count
                V(at: moment).addingProduct(weighted, partner).store(at: moment)
                factor += 1
            }
        }
    }
}
