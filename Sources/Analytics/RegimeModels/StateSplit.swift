import Kernels

/// How one state becomes two.
enum StateSplit: CaseIterable {
    /// A calm one and a wild one about the same mean.
    case spread
    /// One below and one above.
    case shift
    /// A rare and narrow one above the mean, or below it.
    case sliverAbove
    case sliverBelow

    /// What variances are multiplied and divided by in a spread, and divided by in a shift.
    static let ratio = 2.5
    /// Standard deviations to either side in a shift.
    static let distance = 0.7
    /// What a sliver's variances are divided by.
    static let narrowing = 10.0
    /// Probability of moving from one half to the other, of those of staying.
    static let exchange = 0.05
    /// Probability of leaving a sliver at once.
    static let sliverExchange = 0.5

    /// What the variances of both halves are multiplied by.
    var scales: (old: Double, new: Double) {
        switch self {
        case .spread: (1 / StateSplit.ratio, StateSplit.ratio)
        case .shift: (1 / StateSplit.ratio, 1 / StateSplit.ratio)
        case .sliverAbove, .sliverBelow: (1, 1 / StateSplit.narrowing)
        }
    }

    /// By how many standard deviations of the whole the means of both halves move.
    var shifts: (old: Double, new: Double) {
        switch self {
        case .spread: (0, 0)
        case .shift: (-StateSplit.distance, StateSplit.distance)
        case .sliverAbove: (0, 1)
        case .sliverBelow: (0, -1)
        }
    }

    /// Probability of moving from the new half to the old, of those of staying.
    var leaving: Double {
        switch self {
        case .spread, .shift: StateSplit.exchange
        case .sliverAbove, .sliverBelow: StateSplit.sliverExchange
        }
    }
}

extension BaumWelch.Candidate {
    /// The state and its new half, which comes last, share what led to the state.
    func splitting(_ state: Int, _ kind: StateSplit) -> BaumWelch.Candidate {
        let states = start.count
        let features = means.count / states
        let size = features * features
        var start = start
        start[state] /= 2
        start.append(start[state])
        var rows = (0..<states).map { Array(transition[($0 * states)..<(($0 + 1) * states)]) }
        let stay = rows[state][state]
        for row in 0..<states {
            rows[row][state] /= 2
            rows[row].append(rows[row][state])
        }
        rows[state][state] = stay * (1 - StateSplit.exchange)
        rows[state][states] = stay * StateSplit.exchange
        var last = rows[state]
        last[states] = stay * (1 - kind.leaving)
        last[state] = stay * kind.leaving
        rows.append(last)
        var means = means
        var covariances = covariances
        let block = (state * size)..<((state + 1) * size)
        covariances += covariances[block].map { $0 * kind.scales.new }
        for k in block { covariances[k] *= kind.scales.old }
        for d in 0..<features {
            let width = self.covariances[state * size + d * features + d].squareRoot()
            means.append(means[state * features + d] + kind.shifts.new * width)
            means[state * features + d] += kind.shifts.old * width
        }
        return BaumWelch.Candidate(
            start: start, transition: rows.flatMap { $0 }, means: means, covariances: covariances)
    }

    /// Without a state; what led to it leads to the others as before.
    func removing(_ state: Int) -> BaumWelch.Candidate {
        let states = start.count
        let features = means.count / states
        let size = features * features
        let rest = (0..<states).filter { $0 != state }
        func normalised(_ values: [Double]) -> [Double] {
            let sum = values.reduce(0, +)
            return sum > 0
                ? values.map { $0 / sum } : values.map { _ in 1 / Double(values.count) }
        }
        return BaumWelch.Candidate(
            start: normalised(rest.map { start[$0] }),
            transition: rest.flatMap { row in
                normalised(rest.map { transition[row * states + $0] })
            },
            means: rest.flatMap { means[($0 * features)..<(($0 + 1) * features)] },
            covariances: rest.flatMap { covariances[($0 * size)..<(($0 + 1) * size)] })
    }
}
