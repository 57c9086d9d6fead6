import TestSupport
import Testing

@testable import Kernels

/// Blocks are written eight bars at once: a column must not be written past its end.
@Suite("Columns that a tile writes")
struct ChainTileTests {
    private static let states = 3
    private static let unwritten = Double(bitPattern: 0x7FF8_0000_0000_BEEF)

    @Test(arguments: [2, 4, 8])
    func nothingIsWrittenBehindAColumn(width: Int) throws {
        var generator = SplitMix64(seed: 5)
        for lengths in [[24, 24], [24, 25], [8, 31], [7, 16], [23, 0]] {
            let jobs = (0..<width).map { lane in
                ChainJob(
                    chain: ChainLawTests.chain(
                        states: Self.states, features: 1, isDiagonal: true, using: &generator),
                    series: ChainSeries(
                        ChainLawTests.rows(
                            bars: lengths[lane % 2], features: 1, missing: 0, using: &generator),
                        featureCount: 1))
            }
            let tile = ChainTile(
                shape: jobs[0].chain.shape, width: width, bars: lengths.max() ?? 0, isShared: false,
                [.filtered, .forward], KernelSet.current)
            tile.load(jobs)
            let batch = ChainBatch(jobs)
            try expect(tile, batch.filtered().map(\.probabilities)) { tile.filter(to: $0, from: 0) }
            try expect(tile, batch.smoothed()) { tile.smooth(to: $0) }
        }
    }

    private func expect(
        _ tile: ChainTile, _ answers: [[Double]],
        _ run: ([UnsafeMutablePointer<Double>?]) -> Void
    ) throws {
        let size = (tile.bars + 8) * Self.states
        let memory = UnsafeMutableBufferPointer<Double>.allocate(capacity: size * tile.width)
        defer { memory.deallocate() }
        memory.initialize(repeating: Self.unwritten)
        let first = try #require(memory.baseAddress)
        run((0..<tile.width).map { first + $0 * size })
        for (lane, answer) in answers.enumerated() {
            let column = memory[(lane * size)..<((lane + 1) * size)].map(\.bitPattern)
            let rest = [UInt64](
                repeating: Self.unwritten.bitPattern, count: size - answer.count)
            #expect(column == answer.map(\.bitPattern) + rest, "lane \(lane) of \(tile.width)")
        }
    }
}
