import Kernels
import LaneTasks
import RegimeModels
import Regimes

extension LaneTile {
    /// Filtered probabilities of the lanes whose chains have begun.
    ///
    /// A chain begins at a market's own bar: the stretch is filtered in pieces, between which lanes
    /// begin.
    func filter(_ row: (Int) -> UnsafeMutablePointer<Double>, _ state: inout TileState) {
        var begun: UInt8 = 0
        var beginnings: [Int: UInt8] = [:]
        for lane in 0..<LaneTile.lanes {
            let bit: UInt8 = 1 << UInt8(lane)
            if state.firstFiltered[lane] != nil {
                begun |= bit
            } else if let bar = beginning(lane, state.bars[lane]) {
                state.firstFiltered[lane] = state.bars[lane] + bar
                beginnings[bar, default: 0] |= bit
            }
        }
        answers.beliefs.values.update(
            from: row(layout.belief), count: plan.chain.stateCount * LaneTile.lanes)
        for lane in 0..<LaneTile.lanes {
            answers.firstFiltered[lane] =
                state.firstFiltered[lane].map { $0 - state.bars[lane] } ?? .max
        }
        let pieces = Set(beginnings.keys).union([0]).sorted()
        for (piece, end) in zip(pieces, pieces.dropFirst() + [count]) {
            let beginning = beginnings[piece] ?? 0
            if begun | beginning != 0 { filter(row, piece..<end, begun) }
            begun |= beginning
        }
    }

    /// The first bar with an observation, from which on the model is to be warmed up.
    private func beginning(_ lane: Int, _ before: Int) -> Int? {
        let first = max(model.firstFilteredBar(adoption: adoptions[lane]) - before, 0)
        let bit: UInt8 = 1 << UInt8(lane)
        guard first < counts[lane] else { return nil }
        return (first..<counts[lane]).first { workspace.observed[$0] & bit != 0 }
    }

    /// - Parameter begun: lanes whose chains go on; the others start with the first of the bars.
    private func filter(
        _ row: (Int) -> UnsafeMutablePointer<Double>, _ range: Range<Int>, _ begun: UInt8
    ) {
        guard !range.isEmpty else { return }
        let segments = Set(counts.filter { range.contains($0) && $0 > range.lowerBound })
            .union([range.upperBound]).sorted().map { end in
                var active: UInt8 = 0
                for lane in 0..<LaneTile.lanes where counts[lane] >= end {
                    active |= 1 << UInt8(lane)
                }
                return LaneSegment(end: end - range.lowerBound, active: active)
            }
        let goesOn = begun == .max
        if !goesOn { prepareStart(row, begun) }
        let shape = plan.chain.shape
        let features = shape.features * LaneTile.lanes
        let isWhole = workspace.observed[range].allSatisfy { $0 == .max }
        segments.withUnsafeBufferPointer { segments in
            workspace.observed.withUnsafeBufferPointer { observed in
                guard let segment = segments.baseAddress, let present = observed.baseAddress
                else { return }
                var task = ChainTask(
                    shape: shape, width: LaneTile.lanes, model: workspace.model.values,
                    observations: workspace.observations.values + range.lowerBound * features,
                    isShared: false, present: isWhole ? nil : present + range.lowerBound,
                    segments: segment, segmentCount: segments.count, belief: row(layout.belief),
                    isStarted: goesOn)
                task.filtered = answers.probabilities[row: range.lowerBound * shape.states]
                task.forward = answers.beliefs[row: (range.lowerBound + 1) * shape.states]
                table.chainFilter(task)
            }
        }
    }

    /// A tile starts as a whole or not at all: lanes that go on start with what their beliefs
    /// predict, in the kernel's own operations, those that start with the model's probabilities.
    private func prepareStart(_ row: (Int) -> UnsafeMutablePointer<Double>, _ begun: UInt8) {
        let shape = plan.chain.shape
        let parameters = plan.chain.parameters
        let belief = row(layout.belief)
        let start = workspace.model[row: shape.start]
        for lane in 0..<LaneTile.lanes {
            let isBegun = begun & 1 << UInt8(lane) != 0
            for state in 0..<shape.states {
                func transition(_ from: Int) -> Double {
                    parameters[shape.transition + from * shape.states + state]
                }
                var sum = belief[lane] * transition(0)
                for from in 1..<max(shape.states, 1) {
                    sum = sum.addingProduct(
                        belief[from * LaneTile.lanes + lane], transition(from))
                }
                start[state * LaneTile.lanes + lane] =
                    isBegun ? sum : parameters[shape.start + state]
            }
        }
    }

    /// Lanes whose model has been adopted and whose chain has begun.
    func markAnswered(_ state: TileState) {
        for bar in 0..<count { workspace.answered[bar] = 0 }
        for lane in 0..<LaneTile.lanes {
            let before = state.bars[lane]
            let first = state.firstFiltered[lane].map { max($0, adoptions[lane]) } ?? .max
            let own = min(max(first - before, 0), counts[lane])
            answers.firstAnswers[lane] = own
            for bar in own..<counts[lane] { workspace.answered[bar] |= 1 << UInt8(lane) }
        }
    }

    /// Labels, and what hysteresis makes of them.
    func classify(_ row: (Int) -> UnsafeMutablePointer<Double>) {
        let label = row(layout.label)
        for lane in 0..<LaneTile.lanes {
            answers.publishedBefore[lane] = UInt8(label[lane])
        }
        let risks = LaneTile.risks
        risks.withUnsafeBufferPointer { risks in
            plan.classes.withUnsafeBufferPointer { classes in
                workspace.answered.withUnsafeBufferPointer { answered in
                    answers.raw.withUnsafeMutableBufferPointer { raw in
                        answers.published.withUnsafeMutableBufferPointer { published in
                            guard let risks = risks.baseAddress,
                                let classes = classes.baseAddress,
                                let answered = answered.baseAddress, let raw = raw.baseAddress,
                                let published = published.baseAddress
                            else { return }
                            var task = LabelTask(
                                count: count, context: columns, stride: LaneTile.stride,
                                probabilities: answers.probabilities.values,
                                states: plan.chain.stateCount, classes: classes,
                                answered: answered, risks: risks, state: label, raw: raw,
                                published: published)
                            task.thresholds = plan.thresholds
                            task.bands = LabelTask.Bands(model.hysteresis)
                            task.width = width
                            table.markets.labels(task)
                        }
                    }
                }
            }
        }
    }

    /// How much each label can hurt, in their order.
    private static let risks = Regime.known.map { regime -> Double in
        switch regime.riskLevel {
        case .low: 0
        case .medium: 1
        case .high: 2
        case .extreme: 3
        }
    }
}
