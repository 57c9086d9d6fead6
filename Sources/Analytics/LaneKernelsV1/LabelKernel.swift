import CLanes
import LaneTasks

@inline(never)
@Sendable
func labels(_ task: LabelTask) {
    switch task.width == 0 ? Int(lanes_native_width()) : task.width {
    case 8: forEachPart(Lanes8.self) { classify(task, Lanes8.self, $0) }
    case 4: forEachPart(Lanes4.self) { classify(task, Lanes4.self, $0) }
    default: forEachPart(Lanes2.self) { classify(task, Lanes2.self, $0) }
    }
}

@inline(__always)
private func classify<V: Lanes>(_ task: LabelTask, _: V.Type, _ firstLane: Int) {
    var hysteresis = LaneHysteresis<V>(task, at: task.state + firstLane)
    var offset = firstLane
    for row in 0..<task.count {
        let labels = ClassLabels<V>(task, offset)
        let hasAnswer = V.Bits(maskOf: task.answered[row], firstLane: firstLane)
        let leading = hysteresis.advance(labels, task, row, firstLane, hasAnswer)
        leading.storeBytes(at: task.raw + offset)
        hysteresis.published.storeBytes(at: task.published + offset)
        offset += 8
    }
    hysteresis.store(at: task.state + firstLane)
}

/// The labels that calm, normal and stressed states stand for at a bar, as numbers in wire order:
/// crisis, bear, bull, euphoria, high and low volatility. The rules are those of
/// `TaxonomyParameters.label(of:in:)`; here the last one that holds decides, from the last to the
/// first.
private struct ClassLabels<V: Lanes> {
    let calm: V
    let normal: V
    let stressed: V

    @inline(__always)
    init(_ task: LabelTask, _ offset: Int) {
        func field(_ index: Int) -> V { V(at: task.context + (index * task.stride + offset)) }
        let limits = task.thresholds
        let rank = field(2)
        let unit = field(3)
        let depth = (V(0) - field(4)) / unit
        let (trend, momentum) = (field(5), field(6))
        let isBear = (V(limits.bearDrawdown) <= depth) & (trend < V(0))
        let isHigh = V(limits.highRank) <= rank
        let isEuphoria =
            (V(limits.euphoriaTrend) <= trend / unit)
            & (V(limits.euphoriaMomentum) <= momentum / unit)
        let isCrisis = (V(limits.crisisDrawdown) <= depth) & (V(limits.crisisRank) <= rank)
        let (bear, bull, euphoria, high, low) = (V(1), V(2), V(3), V(4), V(5))

        let quiet = V.select(V(limits.lowRank) < rank, bull, low)
        calm = V.select(isBear, bear, V.select(isEuphoria, euphoria, quiet))
        let usual = V.select(isEuphoria, euphoria, bull)
        normal = V.select(isBear, bear, V.select(isHigh, high, usual))
        let notStressed = V.select(isHigh, high, usual)
        let restless = V.select(rank < V(limits.ordinaryRank), notStressed, high)
        stressed = V.select(isCrisis, V(0), V.select(isBear, bear, restless))
    }

    /// - Parameter stateClass: 0 calm, 1 normal, 2 stressed.
    @inline(__always)
    subscript(stateClass: UInt8) -> V {
        switch stateClass {
        case 0: calm
        case 1: normal
        default: stressed
        }
    }
}

/// What `Hysteresis` does, in lanes; numbers of bars are exact as doubles.
private struct LaneHysteresis<V: Lanes> {
    private let bands: LabelTask.Bands
    private(set) var published: V
    private var risk: V
    private var dwell: V
    private var challenger: V
    private var challenge: V

    @inline(__always)
    init(_ task: LabelTask, at state: UnsafeMutablePointer<Double>) {
        bands = task.bands
        published = V(at: state)
        risk = V(at: state + 8)
        dwell = V(at: state + 16)
        challenger = V(at: state + 24)
        challenge = V(at: state + 32)
    }

    @inline(__always)
    func store(at state: UnsafeMutablePointer<Double>) {
        published.store(at: state)
        risk.store(at: state + 8)
        dwell.store(at: state + 16)
        challenger.store(at: state + 24)
        challenge.store(at: state + 32)
    }

    /// Sums state probabilities by label, and takes the bar in; the most probable label, the first
    /// of a tie.
    @inline(__always)
    mutating func advance(
        _ labels: ClassLabels<V>, _ task: LabelTask, _ row: Int, _ firstLane: Int,
        _ hasAnswer: V.Bits
    ) -> V {
        let probabilities = task.probabilities + (row * task.states * 8 + firstLane)
        var (raw, rawMass, rawRisk) = (V(0), V(-1), V(0))
        var publishedMass = V(0)
        for label in 0..<LabelTask.labels {
            let number = V(Double(label))
            var mass = V(0)
            for state in 0..<task.states {
                let sum = mass + V(at: probabilities + state * 8)
                let isIts = labels[task.classes[state]] == number
                mass = V.select(isIts, V.smaller(V(1), sum), mass)
            }
            let isMore = rawMass < mass
            raw = V.select(isMore, number, raw)
            rawRisk = V.select(isMore, V(task.risks[label]), rawRisk)
            rawMass = V.select(isMore, mass, rawMass)
            publishedMass = V.select(published == number, mass, publishedMass)
        }
        take(raw, rawMass, rawRisk, publishedMass, hasAnswer)
        return raw
    }

    @inline(__always)
    private mutating func take(
        _ raw: V, _ rawMass: V, _ rawRisk: V, _ publishedMass: V, _ hasAnswer: V.Bits
    ) {
        let count = V.select(raw == challenger, challenge + V(1), V(1))
        let needed = V.select(
            risk <= rawRisk, V(bands.confirmationBars), V(bands.recoveryConfirmationBars))
        let isConvincing =
            (needed <= count) & (V(bands.entryProbability) <= rawMass)
            & (publishedMass <= V(bands.exitProbability)) & (V(bands.minimumDwellBars) <= dwell)
        let isFirst = published == V(LabelTask.unknown)
        let isTaken = hasAnswer & (isFirst | isConvincing)
        let changes = V.select(raw == published, V(0), V.select(isTaken, V(1), V(0))) == V(1)
        dwell = V.select(changes, V(1), V.select(hasAnswer, dwell + V(1), dwell))
        published = V.select(changes, raw, published)
        risk = V.select(changes, rawRisk, risk)
        challenger = V.select(hasAnswer, raw, challenger)
        challenge = V.select(hasAnswer, count, challenge)
    }
}
