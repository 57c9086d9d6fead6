import CLanes
import LaneTasks

@inline(never)
@Sendable
func logReturns(_ task: ReturnTask) {
    switch task.width == 0 ? Int(lanes_native_width()) : task.width {
    case 8: forEachPart(Lanes8.self) { computeReturns(task, Lanes8.self, $0) }
    case 4: forEachPart(Lanes4.self) { computeReturns(task, Lanes4.self, $0) }
    default: forEachPart(Lanes2.self) { computeReturns(task, Lanes2.self, $0) }
    }
}

@inline(__always)
private func computeReturns<V: Lanes>(_ task: ReturnTask, _: V.Type, _ firstLane: Int) {
    var previous = Scientific(V(at: task.previous + firstLane))
    var isWhole = V(0) == V(0)
    var offset = firstLane
    for _ in 0..<task.count {
        let number = Scientific(V(at: task.closes + offset))
        let value = logRatio(number, previous)
        value.store(at: task.returns + offset)
        isWhole = isWhole & (value == value)
        previous = number
        offset += 8
    }
    V.select(isWhole, V(1), V(0)).store(at: task.isWhole + firstLane)
}

@inline(never)
@Sendable
func weightedFeatures(_ task: WeightedTask) {
    switch task.width == 0 ? Int(lanes_native_width()) : task.width {
    case 8: forEachPart(Lanes8.self) { computeWeighted(task, Lanes8.self, $0) }
    case 4: forEachPart(Lanes4.self) { computeWeighted(task, Lanes4.self, $0) }
    default: forEachPart(Lanes2.self) { computeWeighted(task, Lanes2.self, $0) }
    }
}

@inline(__always)
private func computeWeighted<V: Lanes>(_ task: WeightedTask, _: V.Type, _ firstLane: Int) {
    var sums = WeightedSums<V>(decay: task.decay, at: task.state + firstLane)
    var offset = firstLane
    for row in 0..<task.count {
        let hasBar = V.Bits(maskOf: task.present?[row] ?? 0xFF, firstLane: firstLane)
        let input = WeightedInput(V(at: task.returns + offset), hasBar)
        sums.advance(with: input)
        let features = WeightedFeatures(sums, input)
        if let mean = task.mean { features.mean.finite.store(at: mean + offset) }
        if let deviation = task.deviation {
            features.deviation.finite.store(at: deviation + offset)
        }
        if let logDeviation = task.logDeviation {
            log(features.deviation).finite.store(at: logDeviation + offset)
        }
        if let ratio = task.ratio { features.ratio.finite.store(at: ratio + offset) }
        offset += 8
    }
    sums.store(at: task.state + firstLane)
}

@inline(never)
@Sendable
func volatilities(_ task: VolatilityTask) {
    switch task.width == 0 ? Int(lanes_native_width()) : task.width {
    case 8: forEachPart(Lanes8.self) { computeVolatilities(task, Lanes8.self, $0) }
    case 4: forEachPart(Lanes4.self) { computeVolatilities(task, Lanes4.self, $0) }
    default: forEachPart(Lanes2.self) { computeVolatilities(task, Lanes2.self, $0) }
    }
}

@inline(__always)
private func computeVolatilities<V: Lanes>(_ task: VolatilityTask, _: V.Type, _ firstLane: Int) {
    let seen = V(at: task.state + firstLane)
    withUnsafeTemporaryAllocation(of: V.self, capacity: 16) { sums in
        guard let sums = sums.baseAddress else { return }
        let centers = sums + 8
        let length = VolatilityTask.length
        for row in stride(from: 0, to: task.count, by: 8) {
            let oldest = task.returns + ((row - length + 1) * 8 + firstLane)
            sumWindows(from: oldest, length: length, into: centers) { value, _ in value }
            for window in 0..<8 { centers[window] = centers[window] / V(Double(length)) }
            sumWindows(from: oldest, length: length, into: sums) { value, window in
                (value - centers[window]) * (value - centers[window])
            }
            for window in 0..<8 {
                let variance = sums[window] / V(Double(length - 1))
                let value = variance.squareRoot() * V(task.annualisation)
                let count = seen + V(Double(row + window + 1))
                V.select(V(Double(length)) <= count, value.finite, V(.nan))
                    .store(at: task.volatility + ((row + window) * 8 + firstLane))
            }
        }
    }
    computeLongRun(task, V.self, firstLane)
}

/// The updating formula of Welford (1962).
@inline(__always)
private func computeLongRun<V: Lanes>(_ task: VolatilityTask, _: V.Type, _ firstLane: Int) {
    let state = task.state + firstLane
    let limit = V(at: task.limits + firstLane)
    var count = V(at: state)
    var mean = V(at: state + 8)
    var squares = V(at: state + 16)
    var offset = firstLane
    for row in 0..<task.count {
        let value = V(at: task.returns + offset)
        let isThere = V(Double(row)) < limit
        let next = count + V(1)
        let deviation = value - mean
        let nextMean = mean + deviation / next
        squares = V.select(isThere, squares + deviation * (value - nextMean), squares)
        mean = V.select(isThere, nextMean, mean)
        count = V.select(isThere, next, count)
        let volatility = (squares / (count - V(1))).squareRoot() * V(task.annualisation)
        V.select(V(VolatilityTask.longRunMinimum) <= count, volatility.finite, V(.nan))
            .store(at: task.longRun + offset)
        offset += 8
    }
    count.store(at: state)
    mean.store(at: state + 8)
    squares.store(at: state + 16)
}
