import CLanes
import LaneTasks

@inline(never)
@Sendable
func logarithmOfRatio(_ later: Double, _ earlier: Double) -> Double {
    logRatio(Lanes2(later), Lanes2(earlier)).value[0]
}

@inline(never)
@Sendable
func exponentialFeatures(_ task: ExponentialTask) {
    switch task.width == 0 ? Int(lanes_native_width()) : task.width {
    case 8: run(task, Lanes8.self)
    case 4: run(task, Lanes4.self)
    default: run(task, Lanes2.self)
    }
}

@inline(__always)
private func run<V: Lanes>(_ task: ExponentialTask, _: V.Type) {
    var firstLane = 0
    while firstLane < 8 {
        run(task, V.self, firstLane: firstLane)
        firstLane += V.count
    }
}

@inline(__always)
private func run<V: Lanes>(_ task: ExponentialTask, _: V.Type, firstLane: Int) {
    let state = task.state + firstLane
    var previous = V(at: state)
    var short = Average<V>(decay: task.decays.0, at: state + 8)
    var middle = Average<V>(decay: task.decays.1, at: state + 32)
    var long = Average<V>(decay: task.decays.2, at: state + 56)
    var close = task.closes + firstLane
    var output = task.output + firstLane
    var row = 0
    while row < task.count {
        let bar = V(at: close)
        let hasBar = V.Bits(maskOf: task.present?[row] ?? 0xFF, firstLane: firstLane)
        let value = logRatio(bar, previous)
        previous = V.select(hasBar, bar, previous)
        let input = Input(value, hasBar)
        short.advance(with: input, output)
        middle.advance(with: input, output + 24)
        long.advance(with: input, output + 48)
        close += 8
        output += 8 * ExponentialTask.columns
        row += 1
    }
    previous.store(at: state)
    short.store(at: state + 8)
    middle.store(at: state + 32)
    long.store(at: state + 56)
}

/// What all half-lives take from a row.
private struct Input<V: Lanes> {
    let hasBar: V.Bits
    let isKnown: V.Bits
    /// The return, its square if negative and its weight; all 0 where it is missing.
    let value: V
    let square: V
    let weight: V

    @inline(__always)
    init(_ value: V, _ hasBar: V.Bits) {
        self.hasBar = hasBar
        isKnown = hasBar & (value == value)
        self.value = V.select(isKnown, value, V(0))
        let negative = V.smaller(self.value, V(0))
        square = negative * negative
        weight = V.select(isKnown, V(1), V(0))
    }
}

/// Exponentially weighted sums of one half-life.
private struct Average<V: Lanes> {
    let decay: V
    var values: V
    var squares: V
    var weight: V

    @inline(__always)
    init(decay: Double, at state: UnsafeMutablePointer<Double>) {
        self.decay = V(decay)
        values = V(at: state)
        squares = V(at: state + 8)
        weight = V(at: state + 16)
    }

    @inline(__always)
    func store(at state: UnsafeMutablePointer<Double>) {
        values.store(at: state)
        squares.store(at: state + 8)
        weight.store(at: state + 16)
    }

    /// Writes mean, downside deviation and their ratio.
    @inline(__always)
    mutating func advance(with input: Input<V>, _ output: UnsafeMutablePointer<Double>) {
        let decay = V.select(input.hasBar, decay, V(1))
        values = input.value.addingProduct(values, decay)
        squares = input.square.addingProduct(squares, decay)
        weight = input.weight.addingProduct(weight, decay)
        let reciprocal = V(1) / weight
        let mean = values * reciprocal
        let deviation = (squares * reciprocal).squareRoot()
        let hasDeviation = input.isKnown & (V(0) < deviation)
        V.select(input.isKnown, mean, V(.nan)).store(at: output)
        V.select(input.isKnown, deviation, V(.nan)).store(at: output + 8)
        V.select(hasDeviation, mean / deviation, V(.nan)).store(at: output + 16)
    }
}
