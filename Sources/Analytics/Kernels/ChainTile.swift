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

    /// Bars that are moved between columns and tiles at a time.
    static let stretch = 64

    let shape: ChainShape
    let width: Int
    /// Bars of the longest series.
    let bars: Int
    /// All lanes read the same observations.
    let isShared: Bool
    let table: LaneTable
    private(set) var lengths: [Int]
    private var segments: [LaneSegment] = []
    /// Per bar, a bit for each lane with an observation.
    private let present: UnsafeMutablePointer<UInt8>
    /// Lanes whose series are not all observations, or have not always been.
    private var gaps: UInt8 = 0
    private let storage: UnsafeMutablePointer<Double>
    let model, observations, belief: UnsafeMutablePointer<Double>
    let filtered, forward, densities, expectation, path: UnsafeMutablePointer<Double>?

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
        let total = max(rounded.reduce(0, +), 1)
        let memory = UnsafeMutableRawPointer.allocate(
            byteCount: total * MemoryLayout<Double>.stride, alignment: 64)
        storage = memory.initializeMemory(as: Double.self, repeating: 0, count: total)
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
        (expectation, path) = (parts[6], parts[7])
        segments = [LaneSegment(end: bars, active: ChainTile.everyLane(width))]
    }

    deinit {
        storage.deallocate()
        present.deallocate()
    }

    static func everyLane(_ width: Int) -> UInt8 { UInt8(truncatingIfNeeded: (1 << width) - 1) }

    /// Puts a model into a lane.
    func load(_ chain: HiddenMarkovChain, lane: Int) {
        precondition(chain.shape == shape, "one shape per tile")
        for index in 0..<shape.count { model[index * width + lane] = chain.parameters[index] }
    }

    /// Puts a series into a lane; a tile whose lanes share one takes it once.
    func load(_ series: ChainSeries, lane: Int) {
        copy(series, lane: lane, bars: 0..<series.barCount)
        note(series, lane: lane)
    }

    /// Fills every lane, a stretch of all series at a time, so that a line of the cache is filled
    /// while it is at hand.
    func load(_ jobs: [ChainJob]) {
        for lane in 0..<width { load(jobs[lane].chain, lane: lane) }
        let series = jobs.map(\.series)
        for first in stride(from: 0, to: bars, by: ChainTile.stretch) {
            for lane in 0..<width {
                let end = min(first + ChainTile.stretch, series[lane].barCount)
                if first < end { copy(series[lane], lane: lane, bars: first..<end) }
            }
        }
        for lane in 0..<width { note(series[lane], lane: lane) }
        seal()
    }

    private func copy(_ series: ChainSeries, lane: Int, bars: Range<Int>) {
        let features = shape.features
        let step = isShared ? 1 : width
        series.values.withUnsafeBufferPointer { values in
            var address = observations + (bars.lowerBound * features * step)
            if !isShared { address += lane }
            for index in (bars.lowerBound * features)..<(bars.upperBound * features) {
                address.pointee = values[index]
                address += step
            }
        }
    }

    private func note(_ series: ChainSeries, lane: Int) {
        lengths[lane] = series.barCount
        let bits = isShared ? ChainTile.everyLane(width) : 1 << UInt8(lane)
        guard series.present != nil || series.barCount < bars || gaps & bits != 0 else { return }
        gaps |= bits
        for bar in 0..<series.barCount { present[bar] |= bits }
        for bar in series.barCount..<bars { present[bar] &= ~bits }
        guard let flags = series.present else { return }
        for bar in 0..<series.barCount where !flags[bar] { present[bar] &= ~bits }
    }

    /// To be called when all lanes are loaded.
    func seal() {
        segments = Set(lengths).sorted().filter { $0 > 0 }.map { end in
            var active: UInt8 = 0
            for lane in 0..<width where lengths[lane] >= end { active |= 1 << UInt8(lane) }
            return LaneSegment(end: end, active: active)
        }
    }

    /// Runs an entry point over the whole tile.
    func run(_ entry: (ChainTask) -> Void) {
        segments.withUnsafeBufferPointer { segments in
            guard let first = segments.baseAddress else { return }
            var task = ChainTask(
                shape: shape, width: width, model: model, observations: observations,
                isShared: isShared, present: gaps == 0 ? nil : present, segments: first,
                segmentCount: segments.count, belief: belief, isStarted: false)
            task.filtered = filtered
            task.forward = forward
            task.densities = densities
            task.expectation = expectation
            task.path = path
            entry(task)
        }
    }

    /// What is believed after a lane's last bar; it must have one.
    func belief(lane: Int) -> HiddenMarkovChain.Belief {
        HiddenMarkovChain.Belief(belief, lane: lane, width: width, states: shape.states)
    }

    /// Per lane, `perBar` values of each of its bars, transposed a stretch at a time.
    func columns(_ memory: UnsafeMutablePointer<Double>?, perBar: Int) -> [[Double]] {
        guard let memory else { return [] }
        var columns = lengths.map { [Double](repeating: 0, count: $0 * perBar) }
        for first in stride(from: 0, to: bars, by: ChainTile.stretch) {
            for lane in 0..<width {
                let end = min(first + ChainTile.stretch, lengths[lane])
                guard first < end else { continue }
                columns[lane].withUnsafeMutableBufferPointer { column in
                    var address = memory + (first * perBar * width + lane)
                    for index in (first * perBar)..<(end * perBar) {
                        column[index] = address.pointee
                        address += width
                    }
                }
            }
        }
        return columns
    }
}
