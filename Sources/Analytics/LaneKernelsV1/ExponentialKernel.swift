import CLanes
import LaneTasks

@inline(never)
@Sendable
func logarithmOfRatio(_ later: Double, _ earlier: Double) -> Double {
    logRatio(Scientific(Lanes2(later)), Scientific(Lanes2(earlier))).value[0]
}

@inline(never)
@Sendable
func reciprocalOfSquareRoot(_ x: Double) -> Double {
    reciprocalSquareRoot(Lanes2(x)).value[0]
}

@inline(never)
@Sendable
func exponentialFeatures(_ task: ExponentialTask) {
    switch task.width == 0 ? Int(lanes_native_width()) : task.width {
    // Only a register that is a line of the cache fills it at once.
    case 8 where task.isStreamed:
        run(task, Lanes8.self, streams: true)
        lanes_end_of_stream()
    case 8: run(task, Lanes8.self, streams: false)
    case 4: run(task, Lanes4.self, streams: false)
    default: run(task, Lanes2.self, streams: false)
    }
}

@inline(__always)
private func run<V: Lanes>(_ task: ExponentialTask, _: V.Type, streams: Bool) {
    var firstLane = 0
    while firstLane < 8 {
        run(task, V.self, firstLane: firstLane, streams: streams)
        firstLane += V.count
    }
}

/// By stretches: returns first, then what becomes of them. Either loop's rows are independent but
/// for short chains, so that a processor has several in flight.
@inline(__always)
private func run<V: Lanes>(_ task: ExponentialTask, _: V.Type, firstLane: Int, streams: Bool) {
    let state = task.state + firstLane
    let returns = state + 80
    // Asking another module is a call, and a call empties the registers.
    let rowLength = 8 * ExponentialTask.columns
    let stretch = ExponentialTask.stretch
    var close = V(at: state)
    var previous = Scientific(close)
    var short = WeightedSums<V>(decay: task.decays.0, at: state + 8)
    var middle = WeightedSums<V>(decay: task.decays.1, at: state + 32)
    var long = WeightedSums<V>(decay: task.decays.2, at: state + 56)
    var output = task.output + firstLane
    var first = 0
    while first < task.count {
        let end = first + stretch < task.count ? first + stretch : task.count
        var row = first
        var at = returns
        while row < end {
            let bar = V(at: task.closes + (row * 8 + firstLane))
            let hasBar = V.Bits(maskOf: task.present?[row] ?? 0xFF, firstLane: firstLane)
            let number = Scientific(bar)
            logRatio(number, previous).store(at: at)
            previous = Scientific(hasBar, number, previous)
            close = V.select(hasBar, bar, close)
            row += 1
            at += 8
        }
        row = first
        at = returns
        while row < end {
            let hasBar = V.Bits(maskOf: task.present?[row] ?? 0xFF, firstLane: firstLane)
            let input = WeightedInput(V(at: at), hasBar)
            short.advance(with: input)
            WeightedFeatures(short, input).write(to: output, streams: streams)
            middle.advance(with: input)
            WeightedFeatures(middle, input).write(to: output + 24, streams: streams)
            long.advance(with: input)
            WeightedFeatures(long, input).write(to: output + 48, streams: streams)
            row += 1
            at += 8
            output += rowLength
        }
        first = end
    }
    close.store(at: state)
    short.store(at: state + 8)
    middle.store(at: state + 32)
    long.store(at: state + 56)
}

/// What all half-lives take from a row.
struct WeightedInput<V: Lanes> {
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
struct WeightedSums<V: Lanes> {
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

    @inline(__always)
    mutating func advance(with input: WeightedInput<V>) {
        let decay = V.select(input.hasBar, decay, V(1))
        values = input.value.addingProduct(values, decay)
        squares = input.square.addingProduct(squares, decay)
        weight = input.weight.addingProduct(weight, decay)
    }
}

/// Mean, downside deviation and their ratio; NaN where missing.
struct WeightedFeatures<V: Lanes> {
    let mean: V
    let deviation: V
    let ratio: V

    /// With S, Q and W the sums of returns, squares and weights: S/W, √(Q/W) = Q/√(QW) and
    /// S/W / √(Q/W) = S/√(QW), so that one root without a division gives two of them.
    @inline(__always)
    init(_ sums: WeightedSums<V>, _ input: WeightedInput<V>) {
        let missing = V(.nan)
        // Added, it makes missing what is.
        let ifKnown = V.select(input.isKnown, V(0), missing)
        let product = sums.squares * sums.weight
        let hasDeviation = V(0x1p-1022) <= product
        let inverse = V.select(hasDeviation, reciprocalSquareRoot(product), V(0))
        mean = ifKnown.addingProduct(sums.values, V(1) / sums.weight)
        deviation = ifKnown.addingProduct(sums.squares, inverse)
        ratio = V.select(hasDeviation, ifKnown.addingProduct(sums.values, inverse), missing)
    }

    @inline(__always)
    func write(to output: UnsafeMutablePointer<Double>, streams: Bool) {
        if streams {
            mean.stream(at: output)
            deviation.stream(at: output + 8)
            ratio.stream(at: output + 16)
        } else {
            mean.store(at: output)
            deviation.store(at: output + 8)
            ratio.store(at: output + 16)
        }
    }
}
