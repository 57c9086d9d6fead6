import LaneTasks

/// The memory of up to eight jobs side by side, and the tasks over it.
///
/// Lanes that no job fills repeat the first one. A job's results do not depend on its neighbours.
final class ChainTile {
    /// What a tile keeps room for, besides the models and observations.
    struct Storage: OptionSet, Sendable {
        let rawValue: Int
        static let filtered = Storage(rawValue: 1)
        static let forward = Storage(rawValue: 2)
        static let expectation = Storage(rawValue: 4)
        static let path = Storage(rawValue: 8)
    }

    let shape: ChainShape
    let width: Int
    /// Bars of the longest series.
    let bars: Int
    /// All lanes read the same observations.
    let isShared: Bool
    let table: LaneTable
    private(set) var lengths: [Int]
    private var segments: [LaneSegment] = []
    /// The lanes' bars follow others: beliefs are at hand.
    private var isStarted = false
    /// Per bar, a bit for each lane with an observation.
    private let present: UnsafeMutablePointer<UInt8>
    /// Lanes whose series are not all observations, or have not always been.
    private var gaps: UInt8 = 0
    private let rows: LaneRows
    let model, observations, belief: UnsafeMutablePointer<Double>
    let filtered, forward, densities, expectation, origins: UnsafeMutablePointer<Double>?
    private let path: UnsafeMutablePointer<UInt8>?

    init(
        shape: ChainShape, width: Int, bars: Int, isShared: Bool, _ contents: Storage,
        _ set: KernelSet
    ) {
        self.shape = shape
        self.width = width
        self.bars = bars
        self.isShared = isShared
        table = set.table
        lengths = [Int](repeating: bars, count: width)
        present = UnsafeMutablePointer<UInt8>.allocate(capacity: max(bars, 1))
        present.initialize(repeating: ChainTile.everyLane(width), count: bars)
        let states = bars * shape.states * width
        func size(_ kind: Storage, _ count: Int) -> Int {
            contents.contains(kind) ? max(count, 1) : 0
        }
        let sizes = [
            shape.count * width, bars * shape.features * (isShared ? 1 : width),
            shape.beliefCount * width, size(.filtered, states), size(.forward, states),
            size(.forward, states), size(.expectation, shape.expectationCount * width),
            size(.path, bars * width),
        ]
        // Rows of eight doubles are lines of the cache.
        let rounded = sizes.map { ($0 + 7) / 8 * 8 }
        // What a recursion writes before it reads needs no zeros.
        rows = LaneRows(count: rounded.reduce(0, +) / LaneRows.lanes)
        let storage = rows.values
        var offset = 0
        var parts: [UnsafeMutablePointer<Double>?] = []
        for size in rounded {
            parts.append(size > 0 ? storage + offset : nil)
            offset += size
        }
        (model, observations, belief) = (
            parts[0] ?? storage, parts[1] ?? storage, parts[2] ?? storage
        )
        (filtered, forward, densities) = (parts[3], parts[4], parts[5])
        (expectation, origins) = (parts[6], parts[7])
        path = contents.contains(.path) ? .allocate(capacity: max(bars * width, 1)) : nil
        model.initialize(repeating: 0, count: sizes[0])
        belief.initialize(repeating: 0, count: sizes[2])
        expectation?.initialize(repeating: 0, count: sizes[6])
        segments = [LaneSegment(end: bars, active: ChainTile.everyLane(width))]
    }

    deinit {
        present.deallocate()
        path?.deallocate()
    }

    static func everyLane(_ width: Int) -> UInt8 { UInt8(truncatingIfNeeded: (1 << width) - 1) }

    /// Puts a model into a lane.
    func load(_ chain: HiddenMarkovChain, lane: Int) {
        precondition(chain.shape == shape, "one shape per tile")
        for index in 0..<shape.count { model[index * width + lane] = chain.parameters[index] }
    }

    /// Puts a series into a lane; a tile whose lanes share one takes it once.
    func load(_ series: ChainSeries, lane: Int) {
        let step = isShared ? 1 : width
        series.values.withUnsafeBufferPointer { values in
            var address = observations + (isShared ? 0 : lane)
            for value in values {
                address.pointee = value
                address += step
            }
        }
        clear(after: series.barCount, lane: lane)
        note(series.barCount, series.present?[...], lane)
    }

    /// Fills every lane with as many bars as there is room for, from `first` on; what was believed
    /// before them stays.
    func load(_ jobs: [ChainJob], from first: Int = 0) {
        precondition(!isShared && jobs.count == width, "a job for each lane")
        isStarted = first > 0
        if !isStarted { for lane in 0..<width { load(jobs[lane].chain, lane: lane) } }
        let counts = jobs.map { min(max($0.series.barCount - first, 0), bars) }
        let features = shape.features
        LaneColumns.interleave(
            jobs.map(\.series.values), from: first * features, counts.map { $0 * features },
            into: observations, table)
        for lane in 0..<width {
            clear(after: counts[lane], lane: lane)
            let flags = jobs[lane].series.present?.dropFirst(first).prefix(counts[lane])
            note(counts[lane], flags, lane)
        }
        seal()
    }

    /// Observations are finite, those that nobody has included.
    private func clear(after bar: Int, lane: Int) {
        let step = isShared ? 1 : width
        let first = observations + (isShared ? 0 : lane)
        for index in (bar * shape.features)..<max(bars * shape.features, bar * shape.features) {
            (first + index * step).initialize(to: 0)
        }
    }

    private func note(_ count: Int, _ flags: ArraySlice<Bool>?, _ lane: Int) {
        lengths[lane] = count
        let bits = isShared ? ChainTile.everyLane(width) : 1 << UInt8(lane)
        guard flags != nil || count < bars || gaps & bits != 0 else { return }
        gaps |= bits
        for bar in 0..<count { present[bar] |= bits }
        for bar in count..<bars { present[bar] &= ~bits }
        guard let flags else { return }
        for (bar, isThere) in flags.enumerated() where !isThere { present[bar] &= ~bits }
    }

    /// To be called when all lanes are loaded.
    func seal() {
        segments = Set(lengths).sorted().filter { $0 > 0 }.map { end in
            var active: UInt8 = 0
            for lane in 0..<width where lengths[lane] >= end { active |= 1 << UInt8(lane) }
            return LaneSegment(end: end, active: active)
        }
    }

    /// The forward recursion; each lane's filtered probabilities go to its column, from bar `first`
    /// on.
    func filter(to columns: [UnsafeMutablePointer<Double>?], from first: Int) {
        run(table.chainFilter, leaving: filtered, to: columns, from: first)
    }

    /// What follows `run(table.chainFilter)`: each lane's smoothed probabilities go to its column.
    func smooth(to columns: [UnsafeMutablePointer<Double>?]) {
        run(table.chainSmoothing, leaving: forward, to: columns, from: 0)
    }

    private func run(
        _ entry: (ChainTask) -> Void, leaving rows: UnsafeMutablePointer<Double>?,
        to columns: [UnsafeMutablePointer<Double>?], from first: Int
    ) {
        guard let rows else { preconditionFailure("the tile has room for what it finds") }
        // A column of a series that has ended may end before `first`.
        let addresses = zip(columns, lengths).map { column, length in
            length > 0 ? column.map { $0 + first * shape.states } : nil
        }
        let inBlocks = LaneColumns.blocks(width, lengths)
        addresses.withUnsafeBufferPointer { addresses in
            run { task in
                var task = task
                task.columns = inBlocks > 0 ? addresses.baseAddress : nil
                task.columnBars = inBlocks
                entry(task)
            }
        }
        LaneColumns.fillRest(
            addresses, from: inBlocks * shape.states, rows, lengths.map { $0 * shape.states })
    }

    /// Runs an entry point over the whole tile.
    func run(_ entry: (ChainTask) -> Void) {
        segments.withUnsafeBufferPointer { segments in
            guard let first = segments.baseAddress else { return }
            var task = ChainTask(
                shape: shape, width: width, model: model, observations: observations,
                isShared: isShared, present: gaps == 0 ? nil : present, segments: first,
                segmentCount: segments.count, belief: belief, isStarted: isStarted)
            task.filtered = filtered
            task.forward = forward
            task.densities = densities
            task.expectation = expectation
            task.origins = origins
            task.path = path
            entry(task)
        }
    }

    /// What is believed after a lane's last bar; it must have one.
    func belief(lane: Int) -> HiddenMarkovChain.Belief {
        HiddenMarkovChain.Belief(belief, lane: lane, width: width, states: shape.states)
    }

    /// Per lane, the states of the most probable path.
    var paths: [[UInt8]] {
        guard let path else { return [] }
        return LaneColumns.columns(of: path, lengths)
    }
}
