import LaneTasks

/// The forward recursion (Rabiner 1989, section III.A and V.A).
///
/// Densities are divided by the bar's largest; forward variables are scaled by powers of two to a
/// sum in 1 ..< 2. That rounds nothing, needs no division, and keeps logarithms out of the loop:
/// ln L = Σ ln(largest densities) + ln 2 · Σ exponents + ln(sum of the last forward variables).
///
/// The sum never leaves the normal range: at least one relative density is 1, and no transition
/// probability is below 2⁻⁹⁰⁰.
@inline(__always)
func forward<V: Lanes>(_ rows: ChainRows<V>) {
    withUnsafeTemporaryAllocation(of: V.self, capacity: 8) { variables in
        withUnsafeTemporaryAllocation(of: V.self, capacity: 8) { densities in
            withUnsafeTemporaryAllocation(of: V.self, capacity: 8) { predicted in
                guard let variables = variables.baseAddress,
                    let densities = densities.baseAddress, let predicted = predicted.baseAddress
                else { return }
                forward(rows, variables, densities, predicted)
            }
        }
    }
}

@inline(__always)
private func forward<V: Lanes>(
    _ rows: ChainRows<V>, _ variables: UnsafeMutablePointer<V>,
    _ densities: UnsafeMutablePointer<V>, _ predicted: UnsafeMutablePointer<V>
) {
    let task = rows.task
    let states = rows.states
    let width = V.count
    var logSum = V(0)
    var exponents = V.Bits(0)
    for state in 0..<states {
        variables[state] = V(at: task.belief + state * width)
        predicted[state] = rows.parameter(state)
    }
    if task.isStarted {
        logSum = V(at: task.belief + states * width)
        exponents = V(at: task.belief + (states + 1) * width).asBits
        predict(rows, variables, predicted)
    }
    var bar = 0
    for index in 0..<task.segmentCount {
        let segment = task.segments[index]
        let first = bar
        while bar < segment.end {
            logSum = logSum + relativeDensities(rows, bar, densities)
            if let stored = task.densities {
                store(densities, states, at: stored + bar * states * width)
            }
            var scale = predicted[0] * densities[0]
            variables[0] = scale
            for state in 1..<max(states, 1) {
                let joint = predicted[state] * densities[state]
                variables[state] = joint
                scale = scale + joint
            }
            let factor = scale.inverseBinade
            exponents = exponents &+ scale.biasedExponent
            for state in 0..<states { variables[state] = variables[state] * factor }
            if let stored = task.forward {
                store(variables, states, at: stored + bar * states * width)
            }
            if let filtered = task.filtered {
                let inverse = V(1) / (scale * factor)
                for state in 0..<states {
                    (variables[state] * inverse)
                        .store(at: filtered + (bar * states + state) * width)
                }
                if bar & 7 == 7, bar < task.columnBars {
                    writeColumns(task, filtered, bar - 7, states, ahead: valuesAhead)
                }
            }
            predict(rows, variables, predicted)
            bar += 1
        }
        exponents = exponents &- V.Bits(Int64(1023 &* (bar &- first)))
        save(rows, variables, logSum, exponents, segment.active)
    }
}

/// What the transitions make of forward variables.
@inline(__always)
private func predict<V: Lanes>(
    _ rows: ChainRows<V>, _ variables: UnsafeMutablePointer<V>,
    _ predicted: UnsafeMutablePointer<V>
) {
    for state in 0..<rows.states {
        var sum = variables[0] * rows.transition(0, state)
        for from in 1..<max(rows.states, 1) {
            sum = sum.addingProduct(variables[from], rows.transition(from, state))
        }
        predicted[state] = sum
    }
}

/// Writes densities over the largest of them, 1 in lanes without an observation; gives the
/// logarithm of the largest, 0 in those lanes.
@inline(__always)
private func relativeDensities<V: Lanes>(
    _ rows: ChainRows<V>, _ bar: Int, _ densities: UnsafeMutablePointer<V>
) -> V {
    var largest = rows.logDensity(0, bar)
    densities[0] = largest
    for state in 1..<max(rows.states, 1) {
        let value = rows.logDensity(state, bar)
        densities[state] = value
        largest = V.larger(largest, value)
    }
    for state in 0..<rows.states {
        densities[state] = expOfNonPositive(densities[state] - largest)
    }
    let present = rows.present(bar)
    guard present != ChainRows<V>.everyLane else { return largest }
    let mask = V.Bits(maskOf: present, firstLane: 0)
    for state in 0..<rows.states { densities[state] = V.select(mask, densities[state], V(1)) }
    return V.select(mask, largest, V(0))
}

@inline(__always)
private func store<V: Lanes>(
    _ row: UnsafeMutablePointer<V>, _ count: Int, at address: UnsafeMutablePointer<Double>
) {
    for index in 0..<count { row[index].store(at: address + index * V.count) }
}

/// Keeps the belief of the lanes whose series reach this far.
@inline(__always)
private func save<V: Lanes>(
    _ rows: ChainRows<V>, _ variables: UnsafeMutablePointer<V>, _ logSum: V, _ exponents: V.Bits,
    _ active: UInt8
) {
    let belief = rows.task.belief
    let mask = V.Bits(maskOf: active, firstLane: 0)
    for state in 0..<rows.states {
        let address = belief + state * V.count
        V.select(mask, variables[state], V(at: address)).store(at: address)
    }
    let logs = belief + rows.states * V.count
    V.select(mask, logSum, V(at: logs)).store(at: logs)
    let counts = logs + V.count
    V.select(mask, exponents.asLanes, V(at: counts)).store(at: counts)
}
