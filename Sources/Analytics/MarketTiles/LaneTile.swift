import Kernels
import LaneTasks
import Market
import RegimeModels

/// Classifies a stretch of bars of eight markets; lanes without a market of their own repeat the
/// last one.
struct LaneTile {
    static let lanes = LaneRows.lanes

    let model: FixedModel
    let plan: LanePlan
    let layout: TileState.Layout
    let workspace: TileWorkspace
    let answers: TileAnswers
    let table: LaneTable
    /// Lanes to compute in; 0 is the set's own width.
    let width: Int
    /// Per lane, its market's bars and the bar the model is adopted at.
    let bars: [BarColumns]
    let adoptions: [Int]
    /// Per lane, what the stretch has of its bars, from `first` on.
    let first: Int
    let counts: [Int]
    /// The most of them.
    let count: Int

    func advance(_ state: inout TileState) {
        var rows: [Double] = []
        swap(&rows, &state.rows)
        rows.withUnsafeMutableBufferPointer { rows in
            guard let kept = rows.baseAddress else { return }
            func row(_ index: Int) -> UnsafeMutablePointer<Double> {
                kept + index * LaneTile.lanes
            }
            loadCloses(row)
            markActive()
            computeReturns(row)
            computeWeighted(row)
            let isWhole = counts.allSatisfy { $0 == count } && hasWholeReturns
            if isWhole {
                computeWindows(row, &state.volatilities, into: columns, counts, counts)
            } else {
                computeWithGaps(row, &state.volatilities)
            }
            copyFeatures()
            observe(row)
            filter(row, &state)
            markAnswered(state)
            classify(row)
        }
        swap(&rows, &state.rows)
        LaneTile.readVix(self, &state)
        for lane in 0..<LaneTile.lanes { state.bars[lane] += counts[lane] }
    }

    // MARK: - Closes and returns

    /// Where the columns of the context are written to.
    var columns: UnsafeMutablePointer<Double> { answers.columns.values }
    static let stride = TileWorkspace.columnRows * LaneTile.lanes
    var closes: UnsafeMutablePointer<Double> { workspace.closes[row: CloseTask.history] }
    var returns: UnsafeMutablePointer<Double> {
        workspace.returns[row: VolatilityTask.length - 1]
    }

    private func loadCloses(_ row: (Int) -> UnsafeMutablePointer<Double>) {
        LaneColumns.interleave(bars.map(\.close), from: first, counts, into: closes, table)
        for lane in 0..<LaneTile.lanes where counts[lane] < count {
            for bar in counts[lane]..<count { closes[bar * LaneTile.lanes + lane] = .nan }
        }
        workspace.closes.values.update(
            from: row(layout.closes), count: CloseTask.history * LaneTile.lanes)
        workspace.returns.values.update(
            from: row(layout.returns), count: (VolatilityTask.length - 1) * LaneTile.lanes)
    }

    /// Lanes with a bar, for each row.
    private func markActive() {
        for bar in 0..<count { workspace.active[bar] = 0 }
        for lane in 0..<LaneTile.lanes {
            for bar in 0..<counts[lane] { workspace.active[bar] |= 1 << UInt8(lane) }
        }
    }

    private func computeReturns(_ row: (Int) -> UnsafeMutablePointer<Double>) {
        let previous = row(layout.previous)
        table.markets.returns(
            ReturnTask(
                closes: closes, previous: previous, count: count, returns: returns,
                isWhole: workspace.isWhole.values, width: width))
        for lane in 0..<LaneTile.lanes where counts[lane] > 0 {
            previous[lane] = closes[(counts[lane] - 1) * LaneTile.lanes + lane]
        }
        columns.update(from: returns, count: count * LaneTile.lanes)
    }

    private var hasWholeReturns: Bool {
        (0..<LaneTile.lanes).allSatisfy { workspace.isWhole.values[$0] == 1 }
    }

    // MARK: - Features

    /// The address of a feature's column.
    func feature(_ index: Int) -> UnsafeMutablePointer<Double> {
        columns + (ObservationTask.contextFields + index) * LaneTile.stride
    }

    private func computeWeighted(_ row: (Int) -> UnsafeMutablePointer<Double>) {
        let isRagged = counts.contains { $0 < count }
        workspace.active.withUnsafeBufferPointer { active in
            for (place, halfLife) in plan.halfLives.enumerated() {
                var task = WeightedTask(
                    returns: returns, present: isRagged ? active.baseAddress : nil,
                    count: count, decay: ExponentialDecay.perBar(halfLife: halfLife),
                    state: row(layout.weighted + 3 * place))
                task.width = width
                for (index, source) in plan.sources.enumerated() {
                    guard case .weighted(halfLife, let column) = source else { continue }
                    switch column {
                    case .mean: task.mean = feature(index)
                    case .deviation: task.deviation = feature(index)
                    case .logDeviation: task.logDeviation = feature(index)
                    case .ratio: task.ratio = feature(index)
                    }
                }
                table.markets.weighted(task)
            }
        }
    }

    /// Features that are indicators of the context, as they are before one is carried on.
    private func copyFeatures() {
        let values = count * LaneTile.lanes
        for (index, source) in plan.sources.enumerated() {
            let output = feature(index)
            switch source {
            case .context(let field):
                output.update(from: columns + field * LaneTile.stride, count: values)
            case .logVolatility:
                table.logarithms(
                    ElementwiseTask(
                        input: columns + LaneTile.stride, output: output, count: values,
                        width: width))
                for value in 0..<values where !output[value].isFinite { output[value] = .nan }
            case .weighted: break
            }
        }
    }

    private func observe(_ row: (Int) -> UnsafeMutablePointer<Double>) {
        let scaling = plan.scaling
        answers.present.withUnsafeMutableBufferPointer { present in
            scaling.centers.withUnsafeBufferPointer { centers in
                scaling.scales.withUnsafeBufferPointer { scales in
                    guard let present = present.baseAddress else { return }
                    var task = ObservationTask(
                        count: count, context: columns, stride: LaneTile.stride,
                        latest: row(layout.latest), features: feature(0),
                        featureStride: LaneTile.stride, featureCount: plan.sources.count,
                        observations: workspace.observations.values, present: present)
                    if scaling.kind == .standardised {
                        task.centers = centers.baseAddress
                        task.scales = scales.baseAddress
                        task.clip = scaling.clip ?? .infinity
                    }
                    task.width = width
                    table.markets.observations(task)
                    pack(present)
                }
            }
        }
    }

    /// A bit for each lane with an observation.
    private func pack(_ present: UnsafePointer<UInt8>) {
        let bytes = UnsafeRawPointer(present)
        for bar in 0..<count {
            let flags = UInt64(
                littleEndian: bytes.loadUnaligned(
                    fromByteOffset: bar * LaneTile.lanes, as: UInt64.self))
            // Every byte is 0 or 1; the product gathers them in its highest byte.
            let gathered = (flags &* 0x0102_0408_1020_4080) &>> 56
            workspace.observed[bar] = UInt8(truncatingIfNeeded: gathered)
        }
    }

    /// The level of the volatility index as known at each bar.
    private static func readVix(_ tile: LaneTile, _ state: inout TileState) {
        let last = ObservationTask.contextFields + tile.plan.sources.count
        let column = tile.columns + last * LaneTile.stride
        for lane in 0..<LaneTile.lanes {
            let bars = tile.bars[lane]
            guard bars.hasExogenous || !state.vix[lane].isNaN else {
                for bar in 0..<tile.counts[lane] { column[bar * lanes + lane] = .nan }
                continue
            }
            for bar in 0..<tile.counts[lane] {
                let given = bars[tile.first + bar]
                let vix = given.exogenous["vix"]
                if given.close.isFinite { state.vix[lane] = vix.isFinite ? vix : .nan }
                column[bar * lanes + lane] = state.vix[lane]
            }
        }
    }
}
