import AllocationCounter
import JumpModels
import Kernels
import Testing

/// What allocates at its beginning may; what allocates at each of many thousand bars is slow, and
/// fragments a process that is to run for months.
@Suite("Live filters allocate nothing per bar")
struct LiveFilterTests {
    private static let bars = 4000

    /// Rows of one feature, every tenth missing.
    private func rows() -> [[Double]?] {
        var generator = SeededGenerator(seed: 7)
        return (0..<LiveFilterTests.bars).map { bar in
            bar % 10 == 9 ? nil : [generator.unit() - 0.5]
        }
    }

    /// Allocations of the calling thread that the bars after the first half add.
    private func allocations(_ advance: ([Double]?) -> Void) -> UInt {
        let rows = rows()
        let half = rows.count / 2
        var bar = 0
        // Counting up, because unoptimised iteration over a collection allocates by itself.
        while bar < half {
            advance(rows[bar])
            bar += 1
        }
        let before = allocation_count()
        while bar < rows.count {
            advance(rows[bar])
            bar += 1
        }
        return allocation_count() - before
    }

    @Test("the counter counts")
    func counting() {
        var kept: [[Double]] = []
        kept.reserveCapacity(LiveFilterTests.bars)
        #expect(allocations { _ in } == 0)
        #expect(allocations { _ in kept.append([1, 2, 3]) } >= UInt(LiveFilterTests.bars / 2))
    }

    @Test("a hidden Markov chain")
    func chain() {
        let chain = HiddenMarkovChain(
            start: [0.5, 0.3, 0.2], transition: [0.9, 0.05, 0.05, 0.1, 0.8, 0.1, 0.1, 0.1, 0.8],
            means: [0.1, 0, -0.1], covariances: [0.02, 0.05, 0.1], featureCount: 1)
        var belief: HiddenMarkovChain.Belief?
        #expect(allocations { chain.advance(&belief, with: $0) } == 0)
        #expect(belief != nil)
    }

    @Test("a jump model")
    func jumpModel() {
        var filter = JumpModelFilter(
            JumpModelParameters(kind: .discrete, penalty: 2, centres: [[0.2], [-0.2], [0]]))
        #expect(allocations { filter.advance(with: $0) } == 0)
        #expect(filter.hasStarted)
    }
}
