import JumpModels

extension Samples {
    func jumpRows(of market: Int) -> [[Double]?] {
        let table = jumpTable(of: market)
        return (0..<jumpRows).map { Array(table[($0 * jumpFeatures)..<(($0 + 1) * jumpFeatures)]) }
    }

    /// K rows of D features.
    func jumpStart(of market: Int, _ index: Int) -> [[Double]] {
        let centres = jumpCentres(of: market, start: index)
        return (0..<states).map { Array(centres[($0 * jumpFeatures)..<(($0 + 1) * jumpFeatures)]) }
    }

    /// A model whose centres are a market's first start.
    func jumpModel(of market: Int) -> JumpModelParameters {
        JumpModelParameters(
            kind: .discrete, penalty: jumpPenalty, centres: jumpStart(of: market, 0))
    }
}

/// The objective and the states of the best path, from the given starts.
struct JumpFitWork: Workload {
    private let rows: [[[Double]?]]
    private let starts: [[[[Double]]]]
    private let specification: JumpSpecification
    private var found: [JumpModelFit?] = []

    init(_ samples: Samples, markets: Range<Int>) {
        rows = markets.map(samples.jumpRows)
        starts = markets.map { market in
            (0..<samples.jumpStarts).map { samples.jumpStart(of: market, $0) }
        }
        specification = JumpSpecification(
            kind: .discrete, states: samples.states, penalty: samples.jumpPenalty,
            starts: samples.jumpStarts)
    }

    mutating func run() {
        found = rows.indices.map {
            try? JumpModelFitter.fit(rows: rows[$0], specification, startingCentres: starts[$0])
        }
    }

    func result() -> [Double] {
        found.flatMap { fit in
            fit.map { [$0.objective] + $0.path.states.map(Double.init) } ?? [.nan]
        }
    }
}

/// The state of every bar by what was known at it; eight markets at a time.
struct JumpOnlineWork: Workload {
    private static let tile = 8
    private let columns: [[[Double]]]
    private let batches: [JumpModelBatch]
    private var found: [[UInt8]] = []

    init(_ samples: Samples, markets: Range<Int>) {
        let tiles = stride(from: markets.lowerBound, to: markets.upperBound, by: Self.tile).map {
            $0..<min($0 + Self.tile, markets.upperBound)
        }
        columns = tiles.map { $0.map(samples.jumpTable) }
        batches = tiles.compactMap { JumpModelBatch($0.map(samples.jumpModel)) }
    }

    mutating func run() {
        found = batches.indices.flatMap { index in
            var batch = batches[index]
            return batch.advance(columns: columns[index])
        }
    }

    func result() -> [Double] { found.flatMap { $0.map(Double.init) } }
}

/// One market's jump model, advanced bar by bar.
struct LiveJump: LiveWork {
    private let rows: [[Double]?]
    private let fresh: JumpModelFilter

    init(_ samples: Samples) {
        rows = samples.jumpRows(of: 0)
        fresh = JumpModelFilter(samples.jumpModel(of: 0))
    }

    var barCount: Int { rows.count }

    mutating func run(bars: Int) {
        var filter = fresh
        for row in rows.prefix(bars) { filter.advance(with: row) }
    }
}
