/// The last n values, oldest first.
struct RollingWindow: Sendable {
    let length: Int
    private var values: [Double] = []
    private var head = 0

    init(length: Int) {
        precondition(length > 0, "a window holds one value at least")
        self.length = length
    }

    var count: Int { values.count }
    var isFull: Bool { values.count == length }

    mutating func append(_ value: Double) {
        if values.count < length {
            values.append(value)
        } else {
            values[head] = value
            head = head + 1 == length ? 0 : head + 1
        }
    }

    /// The value at an age order index, 0 the oldest.
    subscript(index: Int) -> Double {
        let slot = head + index
        return values[slot >= values.count ? slot - values.count : slot]
    }

    /// Sums from the oldest to the newest, so that the bits depend on the window's values alone,
    /// not on how long the series has run.
    func sum(_ term: (Double) -> Double) -> Double {
        var total = 0.0
        for index in head..<values.count { total += term(values[index]) }
        for index in 0..<head { total += term(values[index]) }
        return total
    }

    var mean: Double { sum { $0 } / Double(count) }

    /// Largest value; order does not matter to it.
    var maximum: Double {
        var largest = -Double.infinity
        for value in values where value > largest { largest = value }
        return largest
    }

    func share(notAbove limit: Double) -> Double {
        var below = 0
        for value in values where value <= limit { below += 1 }
        return Double(below) / Double(count)
    }

    /// Sample variance (divisor n − 1) about the mean, in two passes.
    var variance: Double {
        let center = mean
        return sum { ($0 - center) * ($0 - center) } / Double(count - 1)
    }
}
