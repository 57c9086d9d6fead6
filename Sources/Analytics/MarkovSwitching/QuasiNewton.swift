/// Maximisation by BFGS (Nocedal and Wright 2006, chapter 6), stepwise, so that a run may be
/// interrupted and its rivals dropped.
struct QuasiNewton: Sendable {
    struct Value: Sendable {
        var height: Double
        var gradient: [Double]
        /// Positive: what a first step divides by.
        var curvature: [Double]
    }

    /// Tries of a line search, each a shorter step, or a longer one.
    static let searchLimit = 30
    /// Share of the promised gain that a step must bring (Armijo), and share of the slope that may
    /// be left (Wolfe).
    static let sufficientGain = 1e-4
    static let slopeLeft = 0.9
    /// Longest first step of any parameter.
    static let stepLimit = 2.0
    static let recentLimit = 5

    private(set) var point: [Double]
    private(set) var value: Value
    private var inverse: [Double]
    private(set) var iterations = 0
    private(set) var evaluations = 1
    private(set) var hasConverged = false
    private(set) var hasStalled = false
    /// The last heights, oldest first.
    private(set) var recent: [Double]

    /// `nil` if the function has no finite value there.
    init?(at point: [Double], _ function: ([Double]) -> Value?) {
        guard let value = function(point) else { return nil }
        self.point = point
        self.value = value
        recent = [value.height]
        inverse = []
        reset()
    }

    private mutating func reset() {
        let size = point.count
        inverse = [Double](repeating: 0, count: size * size)
        for index in 0..<size {
            let curvature = value.curvature[index]
            inverse[index * size + index] = 1 / max(curvature.isFinite ? curvature : 1, 1e-2)
        }
    }

    /// - Parameter tolerance: converged when the quadratic model promises less than this.
    mutating func run(
        iterations limit: Int, tolerance: Double, _ function: ([Double]) -> Value?
    ) {
        for _ in 0..<limit where !hasConverged && !hasStalled {
            step(tolerance, function)
        }
    }

    /// gᵀHg / 2: what a Newton step would gain.
    var promisedGain: Double { 0.5 * dot(value.gradient, product(value.gradient)) }

    private mutating func step(_ tolerance: Double, _ function: ([Double]) -> Value?) {
        guard promisedGain >= tolerance else {
            hasConverged = true
            return
        }
        iterations += 1
        var direction = product(value.gradient)
        let longest = direction.reduce(0) { max($0, $1.magnitude) }
        if longest > Self.stepLimit {
            direction = direction.map { $0 * (Self.stepLimit / longest) }
        }
        if let (step, reached) = search(direction, function) {
            move(direction, step, reached)
            return
        }
        // A model of the curvature gone wrong; once more from the complete data's, then enough.
        guard wasReset == false else {
            hasStalled = true
            return
        }
        reset()
        wasReset = true
    }

    private var wasReset = false

    private mutating func move(_ direction: [Double], _ step: Double, _ reached: Value) {
        let moved = direction.map { $0 * step }
        let change = zip(value.gradient, reached.gradient).map { $0 - $1 }
        for index in point.indices { point[index] += moved[index] }
        value = reached
        recent = recent.suffix(Self.recentLimit - 1) + [reached.height]
        wasReset = false
        update(moved, change)
    }

    /// The step's length and the value there, higher by enough; `nil` if none was found.
    private mutating func search(
        _ direction: [Double], _ function: ([Double]) -> Value?
    ) -> (Double, Value)? {
        let slope = dot(value.gradient, direction)
        guard slope > 0 else { return nil }
        var (low, high) = (0.0, Double.infinity)
        var step = 1.0
        var best: (Double, Value)?
        for _ in 0..<Self.searchLimit {
            evaluations += 1
            let trial = zip(point, direction).map { $0 + step * $1 }
            let reached = function(trial)
            guard let reached,
                reached.height >= value.height + Self.sufficientGain * step * slope
            else {
                high = step
                if best != nil { break }
                let next = reached.map { parabola(step, slope, $0.height) } ?? step / 10
                step = low + min(max(next - low, 0.1 * (high - low)), 0.5 * (high - low))
                continue
            }
            if best.map({ $0.1.height < reached.height }) ?? true { best = (step, reached) }
            guard dot(reached.gradient, direction) > Self.slopeLeft * slope else { break }
            low = step
            guard high.isInfinite else { break }
            step *= 2
        }
        return best
    }

    /// Where the parabola through the start, its slope and a try has its top.
    private func parabola(_ step: Double, _ slope: Double, _ height: Double) -> Double {
        let bend = slope * step - (height - value.height)
        return bend > 0 ? 0.5 * slope * step * step / bend : step / 2
    }

    /// Of the inverse Hessian of the function's negative; skipped where the curvature is not
    /// positive.
    private mutating func update(_ moved: [Double], _ change: [Double]) {
        let size = point.count
        let curvature = dot(moved, change)
        let scale = (dot(moved, moved) * dot(change, change)).squareRoot()
        guard curvature > 1e-10 * scale else { return }
        let image = product(change)
        let factor = (1 + dot(change, image) / curvature) / curvature
        for row in 0..<size {
            for column in 0..<size {
                inverse[row * size + column] +=
                    factor * moved[row] * moved[column]
                    - (image[row] * moved[column] + moved[row] * image[column]) / curvature
            }
        }
    }

    private func product(_ vector: [Double]) -> [Double] {
        let size = vector.count
        return (0..<size).map { row in
            var sum = 0.0
            for column in 0..<size { sum += inverse[row * size + column] * vector[column] }
            return sum
        }
    }

    private func dot(_ one: [Double], _ other: [Double]) -> Double {
        var sum = 0.0
        for index in one.indices { sum += one[index] * other[index] }
        return sum
    }
}
