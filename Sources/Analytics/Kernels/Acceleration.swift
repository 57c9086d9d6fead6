/// Anderson's mixing (1965) of Baum–Welch steps, kept monotone as by Henderson and Varadhan (2019,
/// «Damped Anderson acceleration with restarts and monotonicity control for accelerating EM»).
///
/// From the last points x and what an M-step made of each, f, the leap is to the mix of the f whose
/// mixed residual f − x is smallest. Where plain Baum–Welch creeps along a ridge, each step gaining
/// a percent less than the one before, this ends in dozens of steps. A leap that lost likelihood is
/// taken back, and the M-step itself is made instead.
///
/// Residuals are measured by the information of the expected counts (the metric in which an M-step
/// is a Newton step): so units do not matter, and rare states count for as little as they know.
package struct Acceleration: Sendable, Equatable {
    /// Points that are mixed at the most.
    static let memory = 8
    /// No leap moves a mean by more standard deviations, or the logarithm of a variance by more,
    /// from where the M-step puts it.
    static let reach = 2.0
    /// A leap leaves every probability at least this share of what the M-step gives it.
    static let leastShare = 0.1
    /// Least squared pivot of the normal equations, as a share of the diagonal.
    static let pivotShare = 1e-11
    /// Likelihoods this close, as a share, differ by rounding alone.
    static let rounding = 0x1p-43
    /// Probabilities below this weigh in as this.
    static let leastProbability = 1e-3

    /// A point and the M-step's move from it, in `Coordinates`.
    struct Point: Sendable, Equatable {
        var position: [Double]
        var residual: [Double]
    }

    private(set) var points: [Point] = []
    /// The last point that was not taken back, and the M-step from it.
    private var accepted: BaumWelch.Candidate.Parameters?
    private var fallback: BaumWelch.Candidate.Parameters?
    private var isLeaping = false
    private(set) var wasRejected = false
    /// Twice the likelihood that the last M-step promised: the residual's squared length.
    private var promise = Double.infinity

    /// Nothing but the points is carried into another phase.
    mutating func reopen() {
        isLeaping = false
        wasRejected = false
    }

    /// Whether the last M-step promised no more than the tolerance.
    func isSettled(_ tolerance: Double) -> Bool { promise < 2 * tolerance }

    /// Whether a leap led below where it began; then the way on is `takeBack`.
    mutating func rejects(_ reached: Double, before: Double) -> BaumWelch.Candidate.Parameters? {
        guard isLeaping else { return nil }
        isLeaping = false
        if reached >= before - Acceleration.rounding * before.magnitude { return nil }
        points.removeAll()
        wasRejected = true
        return accepted
    }

    /// The M-step that a leap was tried in place of.
    mutating func takeBack() -> BaumWelch.Candidate.Parameters? {
        wasRejected = false
        return fallback
    }

    mutating func forget() {
        points.removeAll()
        promise = .infinity
    }

    mutating func add(_ point: Point, metric: [Double]) {
        promise = zip(point.residual, metric).reduce(0) { $0 + $1.0 * $1.0 * $1.1 }
        points = points.suffix(Acceleration.memory - 1) + [point]
    }

    mutating func leave(
        _ parameters: BaumWelch.Candidate.Parameters, for step: BaumWelch.Candidate.Parameters
    ) {
        accepted = parameters
        fallback = step
        isLeaping = true
    }

    /// The mix of the points, `nil` with fewer than two.
    func mixed(_ metric: [Double]) -> [Double]? {
        guard points.count > 1, let last = points.last else { return nil }
        let older = points.dropLast()
        let moves = older.map { zip(last.position, $0.position).map { $0 - $1 } }
        let changes = older.map { zip(last.residual, $0.residual).map { $0 - $1 } }
        func product(_ one: [Double], _ other: [Double]) -> Double {
            metric.indices.reduce(0) { $0 + metric[$1] * one[$1] * other[$1] }
        }
        let shares = Acceleration.leastSquares(
            changes.map { one in changes.map { product(one, $0) } },
            changes.map { product($0, last.residual) })
        return last.position.indices.map { k in
            shares.indices.reduce(last.position[k] + last.residual[k]) {
                $0 - shares[$1] * (moves[$1][k] + changes[$1][k])
            }
        }
    }

    /// Solves normal equations, of which some may say nearly the same.
    private static func leastSquares(_ matrix: [[Double]], _ right: [Double]) -> [Double] {
        let size = right.count
        let floors = (0..<size).map {
            max(matrix[$0][$0] * Acceleration.pivotShare, .leastNormalMagnitude)
        }
        let lower = Cholesky.factor(matrix.flatMap { $0 }, floors: floors).lower
        let inverse = Cholesky.inverse(ofLower: lower, size: size)
        let half = (0..<size).map { row in
            (0...row).reduce(0) { $0 + inverse[row * size + $1] * right[$1] }
        }
        return (0..<size).map { column in
            (column..<size).reduce(0) { $0 + inverse[$1 * size + column] * half[$1] }
        }
    }
}
