/// One number per latent state, at most eight: a value without memory of its own, so that an answer
/// per bar costs no allocation.
package struct StateVector: RandomAccessCollection, Equatable, Sendable {
    private var lanes = SIMD8<Double>.zero
    package let count: Int

    /// No states: what rules have.
    package static let none = StateVector(repeating: 0, count: 0)

    package init(repeating value: Double, count: Int) {
        precondition((0...8).contains(count), "0 … 8 states")
        self.count = count
        for state in 0..<count { lanes[state] = value }
    }

    /// - Parameter values: at most eight.
    package init(_ values: [Double]) {
        self.init(repeating: 0, count: values.count)
        for state in 0..<values.count { lanes[state] = values[state] }
    }

    /// - Parameter lanes: 0 from `count` on.
    init(lanes: SIMD8<Double>, count: Int) {
        self.init(repeating: 0, count: count)
        self.lanes = lanes
    }

    /// Everything on one state.
    package init(state: Int, of count: Int) {
        self.init(repeating: 0, count: count)
        self[state] = 1
    }

    package var startIndex: Int { 0 }
    package var endIndex: Int { count }

    package subscript(state: Int) -> Double {
        get {
            precondition((0..<count).contains(state), "a state of this model")
            return lanes[state]
        }
        set {
            precondition((0..<count).contains(state), "a state of this model")
            lanes[state] = newValue
        }
    }

    /// Index of the largest value, the lower of a tie; `nil` without states.
    package var mode: Int? {
        guard count > 0 else { return nil }
        var best = 0
        for state in 1..<Swift.max(count, 1) where lanes[state] > lanes[best] { best = state }
        return best
    }
}
