import Kernels

/// The Kim smoother (Kim 1994) over rows held in memory: a pass of the filter forward and one back.
///
/// With the regimes that a density depends on taken together, Kim's recursion
/// Pr(sₜ, sₜ₊₁ | T) = Pr(sₜ₊₁ | T)·Pr(sₜ | t)·Pr(sₜ₊₁ | sₜ) / Pr(sₜ₊₁ | t) is exact.
struct SmoothingPass {
    /// Doubles that a pass may hold: half a gigabyte.
    static let cellLimit = 1 << 26

    /// From the first observed one on.
    let rows: [[Double]?]
    /// y alone: what a model that is a hidden Markov chain reads.
    let series: ChainSeries
    private(set) var logLikelihood = 0.0
    private(set) var observations = 0
    /// T·histories: filtered, and after `smooth` smoothed.
    private(set) var beliefs: [Double] = []
    /// T·K·pasts with a memory, else empty: filtered, and after `smooth` smoothed.
    private(set) var joints: [Double] = []
    /// T·K·K: the expected moves into each bar after `smooth`, if the probabilities vary.
    private(set) var moves: [Double] = []
    /// T·K·K if the probabilities vary, else K·K.
    private(set) var transitions: [Double] = []
    /// K·K: the expected number of moves after `smooth`.
    private(set) var moveCounts: [Double] = []

    /// - Throws: `MarkovSwitchingError.tooLarge`, or `.row` for a row of another length.
    init(
        _ rows: [[Double]?], _ specification: MarkovSwitchingSpecification
    ) throws(MarkovSwitchingError) {
        let need = specification.rowCount
        for (index, row) in rows.enumerated() where row.map({ $0.count != need }) ?? false {
            throw .row(index: index, have: row?.count ?? 0, need: need)
        }
        let observed = 1 + specification.switchesExogenous.count
        let first = rows.firstIndex { row in
            row.map { $0.prefix(observed).allSatisfy(\.isFinite) } ?? false
        }
        let started = Array(rows[(first ?? rows.count)...])
        let values = started.map { row in row.map { $0[0] } ?? .nan }
        self.rows = started
        series = ChainSeries(
            values: values.map { $0.isFinite ? $0 : 0 }, featureCount: 1,
            present: values.map(\.isFinite))
        var cells = specification.regimes
        for _ in 0..<specification.memory { cells *= specification.regimes }
        let perBar = 2 * cells + 2 * specification.regimes * specification.regimes
        let (total, overflow) = perBar.multipliedReportingOverflow(by: self.rows.count)
        guard !overflow, total <= Self.cellLimit else {
            throw .tooLarge(cells: total, limit: Self.cellLimit)
        }
    }

    /// Runs the filter over all rows.
    mutating func filter(_ model: MarkovSwitchingModel) {
        if let chain = model.chain {
            filter(chain, model)
            return
        }
        var filter = MarkovSwitchingFilter(model)
        let size = model.regimes * model.regimes
        let cells = model.memory > 0 ? model.regimes * model.pasts : 0
        let isVarying = model.specification.hasVaryingTransitions
        Self.resize(&beliefs, rows.count * model.histories)
        Self.resize(&joints, rows.count * cells)
        Self.resize(&transitions, isVarying ? rows.count * size : size)
        for (bar, row) in rows.enumerated() {
            filter.advance(with: row)
            Self.copy(filter.state.belief, to: &beliefs, at: bar * model.histories)
            for cell in 0..<cells {
                joints[bar * cells + cell] = filter.predicted[cell] / filter.total
            }
            if isVarying { Self.copy(filter.state.transition, to: &transitions, at: bar * size) }
        }
        if !isVarying { Self.copy(model.transition, to: &transitions, at: 0) }
        logLikelihood = filter.logLikelihood
        observations = filter.state.observations
    }

    private mutating func filter(_ chain: HiddenMarkovChain, _ model: MarkovSwitchingModel) {
        let filtered = ChainBatch([ChainJob(chain: chain, series: series)]).filtered()[0]
        beliefs = filtered.probabilities
        transitions = model.transition
        logLikelihood = filtered.belief?.logLikelihood ?? 0
        observations = series.present?.count { $0 } ?? rows.count
    }

    /// Runs back over what `filter` left, which must have been of the same model.
    mutating func smooth(_ model: MarkovSwitchingModel) {
        let size = model.regimes * model.regimes
        let isVarying = model.specification.hasVaryingTransitions
        moveCounts = [Double](repeating: 0, count: size)
        Self.resize(&moves, isVarying ? rows.count * size : 0)
        guard !rows.isEmpty else { return }
        var counts = [Double](repeating: 0, count: size)
        var ratios = [Double](repeating: 1, count: model.histories)
        for bar in stride(from: rows.count - 1, to: 0, by: -1) {
            if model.memory > 0 {
                stepBackJoint(bar, model, &ratios, &counts)
            } else {
                stepBack(bar, model, &counts)
            }
            for move in 0..<size { moveCounts[move] += counts[move] }
            if isVarying { Self.copy(counts, to: &moves, at: bar * size) }
        }
        guard model.memory > 0 else { return }
        let cells = model.regimes * model.pasts
        for cell in 0..<cells { joints[cell] *= ratios[cell / model.regimes] }
    }

    /// Without a memory: from the smoothed probabilities of a bar to those of the bar before.
    private mutating func stepBack(
        _ bar: Int, _ model: MarkovSwitchingModel, _ counts: inout [Double]
    ) {
        let regimes = model.regimes
        let (after, before) = (bar * regimes, (bar - 1) * regimes)
        let matrix = moves.isEmpty ? 0 : bar * regimes * regimes
        var total = 0.0
        for to in 0..<regimes {
            var predicted = 0.0
            for from in 0..<regimes {
                predicted += beliefs[before + from] * transitions[matrix + from * regimes + to]
            }
            let ratio = beliefs[after + to] / predicted
            for from in 0..<regimes {
                let move = from * regimes + to
                counts[move] = beliefs[before + from] * transitions[matrix + move] * ratio
                total += counts[move]
            }
        }
        for from in 0..<regimes {
            var sum = 0.0
            for to in 0..<regimes {
                counts[from * regimes + to] /= total
                sum += counts[from * regimes + to]
            }
            beliefs[before + from] = sum
        }
    }

    /// With a memory: smooths a bar's joint probabilities by the ratios of smoothed to filtered
    /// beliefs, and sets these for the bar before.
    private mutating func stepBackJoint(
        _ bar: Int, _ model: MarkovSwitchingModel, _ ratios: inout [Double],
        _ counts: inout [Double]
    ) {
        let (regimes, pasts) = (model.regimes, model.pasts)
        let offset = bar * regimes * pasts
        let before = (bar - 1) * pasts
        let block = pasts / regimes
        var total = 0.0
        for cell in 0..<(regimes * pasts) {
            joints[offset + cell] *= ratios[cell / regimes]
            total += joints[offset + cell]
        }
        for move in counts.indices { counts[move] = 0 }
        for past in 0..<pasts {
            var sum = 0.0
            for to in 0..<regimes {
                let cell = offset + to * pasts + past
                joints[cell] /= total
                sum += joints[cell]
                counts[past / block * regimes + to] += joints[cell]
            }
            let filtered = beliefs[before + past]
            ratios[past] = filtered >= 0x1p-960 ? sum / filtered : 0
            beliefs[before + past] = sum
        }
    }

    /// K probabilities of a bar's own regime.
    func marginals(_ bar: Int, _ model: MarkovSwitchingModel) -> [Double] {
        let block = model.histories / model.regimes
        return (0..<model.regimes).map { regime in
            let first = bar * model.histories + regime * block
            return beliefs[first..<(first + block)].reduce(0, +)
        }
    }

    private static func resize(_ array: inout [Double], _ count: Int) {
        if array.count != count { array = [Double](repeating: 0, count: count) }
    }

    private static func copy(_ values: [Double], to array: inout [Double], at first: Int) {
        for index in values.indices { array[first + index] = values[index] }
    }
}
