import Kernels

/// The states that a continuous jump model moves between: vectors of probabilities whose entries
/// are multiples of 1/N, and the price of every move (Aydınhan, Kolm, Mulvey and Shu 2024).
///
/// Moving from p to q costs λ·(½‖p − q‖₁)². With the mode loss, the logarithm of
/// Σ_q e^(−price) is added, relative to that of the first point: then e^(−price) is, up to one
/// factor, a transition matrix, and a point with many near neighbours is not favoured for them.
struct ProbabilityGrid: Equatable, Sendable {
    let states: Int
    let count: Int
    /// `count`·K values, the points in descending lexicographic order, so (1, 0, …) comes first.
    let vectors: [Double]
    /// `count`² values: the price of a move, by origin and then by destination.
    let prices: [Double]
    /// The state with the largest entry of each point, the first one of several.
    let labels: [Int]

    init(states: Int, steps: Int, penalty: Double, hasModeLoss: Bool) {
        self.states = states
        let points = ProbabilityGrid.points(states: states, steps: steps)
        count = points.count / states
        vectors = points.map { Double($0) / Double(steps) }
        labels = (0..<count).map { point in
            let entries = points[(point * states)..<((point + 1) * states)]
            return (entries.firstIndex(of: entries.max() ?? 0) ?? 0) - point * states
        }
        let byDistance = (0...steps).map { distance in
            let half = Double(distance) / Double(steps)
            return penalty * (half * half)
        }
        let count = count
        var prices = [Double](repeating: 0, count: count * count)
        for from in 0..<count {
            for to in 0..<count {
                var distance = 0
                for k in 0..<states {
                    distance += abs(points[from * states + k] - points[to * states + k])
                }
                prices[from * count + to] = byDistance[distance / 2]
            }
        }
        if hasModeLoss { ProbabilityGrid.addModeLoss(&prices, count) }
        self.prices = prices
    }

    private static func addModeLoss(_ prices: inout [Double], _ count: Int) {
        var first = 0.0
        for from in 0..<count {
            var sum = 0.0
            // Staying costs nothing, so the sum is 1 or more.
            for to in 0..<count { sum += VectorMath.exp(-prices[from * count + to]) }
            let logSum = VectorMath.log(sum)
            if from == 0 { first = logSum }
            for to in 0..<count { prices[from * count + to] += logSum - first }
        }
    }

    /// Points of the grid, or `Int.max` where there are more than can be counted.
    static func count(states: Int, steps: Int) -> Int {
        // The ways to put `steps` units into `states` places: a binomial coefficient, built up so
        // that every quotient is whole.
        var count = 1
        for k in 1..<max(states, 1) {
            let (product, overflows) = count.multipliedReportingOverflow(by: steps + k)
            if overflows { return .max }
            count = product / k
        }
        return count
    }

    private static func points(states: Int, steps: Int) -> [Int] {
        var points: [Int] = []
        var point = [Int](repeating: 0, count: states)
        func place(_ k: Int, _ rest: Int) {
            if k == states - 1 {
                point[k] = rest
                points += point
                return
            }
            for units in stride(from: rest, through: 0, by: -1) {
                point[k] = units
                place(k + 1, rest - units)
            }
        }
        place(0, steps)
        return points
    }
}
