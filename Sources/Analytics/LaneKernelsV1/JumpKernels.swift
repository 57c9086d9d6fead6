import LaneTasks

// The recursions of discrete jump models. Each is compiled for the usual numbers of states, so that
// what is carried from bar to bar stays in registers.

@inline(never)
@Sendable
func jumpForward(_ task: JumpTask) {
    switch task.width {
    case 8: jumpForward(task, Lanes8.self)
    case 4: jumpForward(task, Lanes4.self)
    default: jumpForward(task, Lanes2.self)
    }
}

@inline(never)
@Sendable
func jumpBackward(_ task: JumpTask) {
    switch task.width {
    case 8: jumpBackward(task, Lanes8.self)
    case 4: jumpBackward(task, Lanes4.self)
    default: jumpBackward(task, Lanes2.self)
    }
}

/// Most states there are; scratch memory is for as many.
private let mostStates = 8

@inline(__always)
private func jumpForward<V: Lanes>(_ task: JumpTask, _: V.Type) {
    switch task.states {
    case 2: jumpForward(task, states: 2, V.self)
    case 3: jumpForward(task, states: 3, V.self)
    case 4: jumpForward(task, states: 4, V.self)
    default: jumpForward(task, states: task.states, features: task.features, V.self)
    }
}

@inline(__always)
private func jumpForward<V: Lanes>(_ task: JumpTask, states: Int, _: V.Type) {
    switch task.features {
    case 1 where V.count == 8: jumpForward(task, states: states, features: 1, V.self)
    case 2 where V.count == 8: jumpForward(task, states: states, features: 2, V.self)
    case 3 where V.count == 8: jumpForward(task, states: states, features: 3, V.self)
    default: jumpForward(task, states: states, features: task.features, V.self)
    }
}

@inline(__always)
private func jumpBackward<V: Lanes>(_ task: JumpTask, _: V.Type) {
    switch task.states {
    case 2: jumpBackward(task, states: 2, V.self)
    case 3: jumpBackward(task, states: 3, V.self)
    case 4: jumpBackward(task, states: 4, V.self)
    default: jumpBackward(task, states: task.states, V.self)
    }
}

@inline(__always)
private func observation<V: Lanes>(_ task: JumpTask, _ index: Int) -> V {
    task.isShared ? V(task.observations[index]) : V(at: task.observations + index * V.count)
}

/// V(k) ← L(k) + min(V(k), λ), less the least of them; L(k) = ½‖x − θ_k‖² less the least of these.
@inline(__always)
private func jumpForward<V: Lanes>(
    _ task: JumpTask, states: Int, features: Int, _: V.Type
) {
    withUnsafeTemporaryAllocation(of: V.self, capacity: mostStates) { values in
        withUnsafeTemporaryAllocation(of: V.self, capacity: mostStates) { losses in
            guard let values = values.baseAddress, let losses = losses.baseAddress else { return }
            jumpForward(task, states: states, features: features, values, losses)
        }
    }
}

@inline(__always)
private func jumpForward<V: Lanes>(
    _ task: JumpTask, states: Int, features: Int, _ values: UnsafeMutablePointer<V>,
    _ losses: UnsafeMutablePointer<V>
) {
    let penalty = V(at: task.penalties)
    for k in 0..<states { values[k] = V(at: task.values + k * V.count) }
    var total = V(0)
    for bar in 0..<task.bars {
        for k in 0..<states { losses[k] = V(0) }
        for d in 0..<features {
            let x: V = observation(task, bar * features + d)
            for k in 0..<states {
                let difference = x - V(at: task.centres + (k * features + d) * V.count)
                losses[k] = losses[k] + difference * difference
            }
        }
        var leastLoss = V(.infinity)
        for k in 0..<states {
            let loss = V.smaller(V(0.5) * losses[k], V(at: task.limits + k * V.count))
            losses[k] = loss
            leastLoss = V.smaller(loss, leastLoss)
        }
        var least = V(.infinity)
        for k in 0..<states {
            let value = (losses[k] - leastLoss) + V.smaller(values[k], penalty)
            values[k] = value
            least = V.smaller(value, least)
        }
        for k in 0..<states { values[k] = values[k] - least }
        total = total + leastLoss
        total = total + least
        if let table = task.table {
            for k in 0..<states { values[k].store(at: table + (bar * states + k) * V.count) }
        } else if let path = task.path {
            leastState(states) { values[$0] }.storeBytes(at: path + bar * V.count)
        }
    }
    for k in 0..<states { values[k].store(at: task.values + k * V.count) }
    if let objective = task.objective { (V(at: objective) + total).store(at: objective) }
}

/// The state of the least value, the first of equals.
@inline(__always)
private func leastState<V: Lanes>(_ states: Int, _ value: (Int) -> V) -> V {
    var least = value(0)
    var state = V(0)
    for k in 1..<max(states, 1) {
        let candidate = value(k)
        let isLess = candidate < least
        least = V.select(isLess, candidate, least)
        state = V.select(isLess, V(Double(k)), state)
    }
    return state
}

/// The best path, from the last bar to the first.
@inline(__always)
private func jumpBackward<V: Lanes>(
    _ task: JumpTask, states: Int, _: V.Type
) {
    guard let table = task.table, task.bars > 0 else { return }
    let penalty = V(at: task.penalties)
    var state = V(0)
    for bar in stride(from: task.bars - 1, through: 0, by: -1) {
        let to = state
        let isLast = bar == task.bars - 1
        state = leastState(states) { k in
            let value = V(at: table + (bar * states + k) * V.count)
            if isLast { return value }
            return value + V.select(to == V(Double(k)), V(0), penalty)
        }
        if let path = task.path { state.storeBytes(at: path + bar * V.count) }
        guard let sums = task.sums, let counts = task.counts else { continue }
        for k in 0..<states {
            let isHere = state == V(Double(k))
            let count = counts + k * V.count
            (V(at: count) + V.select(isHere, V(1), V(0))).store(at: count)
            for d in 0..<task.features {
                let x: V = observation(task, bar * task.features + d)
                let sum = sums + (k * task.features + d) * V.count
                (V(at: sum) + V.select(isHere, x, V(0))).store(at: sum)
            }
        }
    }
}
