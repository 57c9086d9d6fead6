import Indicators
import Kernels
import Market
import TestSupport
import Testing

/// Eight markets side by side against each market alone, bar by bar.
@Suite("Property: a tile of markets gives each market's own bits", .serialized)
struct ExponentialTileTests {
    static let halfLives = [5, 20, 60]
    static let features = halfLives.flatMap { halfLife in
        ["ewm_mean", "downside_deviation", "sortino"].compactMap {
            try? Feature(name: "\($0)_\(halfLife)")
        }
    }

    /// Rows of eight closes and who has a bar; each market begins late, ends early and has holes.
    struct Tile {
        var closes: [Double] = []
        var present: [UInt8] = []
        var rows: Int { present.count }

        init(rows: Int, seed: UInt64, hostile: Bool) {
            var generator = SplitMix64(seed: seed)
            let starts = (0..<8).map { _ in Int(generator.unit() * Double(rows) / 4) }
            let ends = (0..<8).map { _ in rows - Int(generator.unit() * Double(rows) / 4) }
            var prices = [Double](repeating: 100, count: 8)
            for row in 0..<rows {
                var bits: UInt8 = 0
                for lane in 0..<8 {
                    if row >= starts[lane], row < ends[lane], generator.unit() > 0.05 {
                        bits |= 1 << UInt8(lane)
                    }
                    prices[lane] *= 1 + 0.01 * generator.normal()
                    closes.append(
                        hostile
                            ? Tile.hostile(&generator)
                            : generator.unit() < 0.03 ? .nan : prices[lane])
                }
                present.append(bits)
            }
        }

        private static func hostile(_ generator: inout SplitMix64) -> Double {
            let prices: [Double] = [
                1e300, 1e-300, 1, 1, 1, 0.1, .leastNonzeroMagnitude, .greatestFiniteMagnitude,
                .nan, .infinity, -.infinity, 0, -0.0, -1, 5, 1.0.nextUp,
            ]
            let drawn = generator.next()
            return drawn & 0xF000 == 0
                ? Double(bitPattern: generator.next()) : prices[Int(drawn & 15)]
        }
    }

    /// What each market says alone, NaN in rows where it has no bar.
    private func alone(_ tile: Tile) -> [UInt64] {
        var bits = [UInt64](
            repeating: Double.nan.bitPattern, count: tile.rows * ExponentialTile.columns * 8)
        for lane in 0..<8 {
            var engine = IndicatorEngine(features: Self.features, barsPerYear: 252)
            for row in 0..<tile.rows where tile.present[row] & (1 << UInt8(lane)) != 0 {
                let bar = Bar(
                    timestamp: Timestamp(nanoseconds: Int64(row)),
                    close: tile.closes[row * 8 + lane])
                for (column, value) in engine.advance(with: bar).enumerated() {
                    bits[(row * ExponentialTile.columns + column) * 8 + lane] = value.bitPattern
                }
            }
        }
        return bits
    }

    private func bits(_ rows: LaneRows) -> [UInt64] {
        (0..<rows.count).flatMap { row in
            (0..<LaneRows.lanes).map { rows[row, $0].bitPattern }
        }
    }

    private func together(
        _ tile: Tile, chunk: Int, width: Int, _ kernels: KernelSet = .current
    ) -> [UInt64] {
        var kernel = ExponentialTile(halfLives: Self.halfLives)
        kernel.kernels = kernels
        var bits: [UInt64] = []
        for start in stride(from: 0, to: tile.rows, by: chunk) {
            let end = min(start + chunk, tile.rows)
            let output = LaneRows(count: (end - start) * ExponentialTile.columns)
            kernel.advance(
                closes: Array(tile.closes[(start * 8)..<(end * 8)]),
                present: Array(tile.present[start..<end]), into: output, width: width)
            bits += self.bits(output)
        }
        return bits
    }

    @Test(arguments: Sweep.seeds(3), [false, true])
    func tilesWidthsChunksAndSetsAgreeWithOneMarketAlone(seed: UInt64, hostile: Bool) {
        let tile = Tile(rows: 400, seed: seed, hostile: hostile)
        let expected = alone(tile)
        for set in KernelSet.available {
            for (chunk, width) in [(400, 0), (400, 2), (400, 4), (400, 8), (1, 0), (77, 4)] {
                #expect(
                    together(tile, chunk: chunk, width: width, set) == expected,
                    "\(set.name), chunks of \(chunk), \(width) lanes, seed \(seed)")
            }
        }
    }

    @Test func aTileWithoutAMaskHasEveryBar() {
        var tile = Tile(rows: 100, seed: 4, hostile: false)
        tile.present = Array(repeating: 0xFF, count: 100)
        var kernel = ExponentialTile(halfLives: Self.halfLives)
        let output = LaneRows(count: 100 * ExponentialTile.columns)
        kernel.advance(closes: tile.closes, into: output)
        #expect(bits(output) == alone(tile))
        kernel.advance(closes: [], into: LaneRows(count: 0))
    }

    /// More than a cache holds is written past it.
    @Test func longTilesAreStreamedWithTheSameBits() {
        let tile = Tile(rows: 2_000, seed: 6, hostile: true)
        #expect(tile.rows * ExponentialTile.columns > ExponentialTile.streamedRows)
        let streamed = together(tile, chunk: 2_000, width: 0)
        #expect(streamed == together(tile, chunk: 500, width: 0))
        #expect(streamed == alone(tile))
    }

    @Test func aMarketDoesNotSeeItsNeighbours() {
        let tile = Tile(rows: 200, seed: 5, hostile: false)
        var other = tile
        for row in 0..<200 {
            for lane in 0..<8 where lane != 3 { other.closes[row * 8 + lane] = .nan }
            other.present[row] |= 0b1110_0111
        }
        let (mine, theirs) = (
            together(tile, chunk: 200, width: 0), together(other, chunk: 200, width: 0)
        )
        for index in stride(from: 3, to: mine.count, by: 8) {
            #expect(mine[index] == theirs[index])
        }
    }
}
