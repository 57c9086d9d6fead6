import AllocationCounter
import Indicators
import JumpModels
import Kernels
import Market
import MarkovSwitching
import RegimeModels
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

    @Test("jump models with a grid of probabilities, and with weighed features")
    func otherJumpModels() {
        var continuous = JumpModelFilter(
            JumpModelParameters(
                kind: .continuous, penalty: 2, centres: [[0.2], [-0.2]], gridSteps: 20,
                hasModeLoss: true))
        #expect(allocations { continuous.advance(with: $0) } == 0)
        #expect(continuous.hasStarted)
        var sparse = JumpModelFilter(
            JumpModelParameters(
                kind: .sparse, penalty: 2, centres: [[0.2], [-0.2]], featureWeights: [1]))
        #expect(allocations { sparse.advance(with: $0) } == 0)
        #expect(sparse.hasStarted)
    }

    @Test("Markov-switching regressions", arguments: [0, 1, 2])
    func regression(order: Int) throws {
        let specification = try MarkovSwitchingSpecification.returns(regimes: 2, order: order)
        var filter = MarkovSwitchingFilter(
            try MarkovSwitchingModel(
                specification,
                MarkovSwitchingParameters(
                    transition: [[0.9, 0.1], [0.2, 0.8]], coefficients: [[0.1], [-0.1]],
                    autoregression: [[Double]](
                        repeating: [Double](repeating: 0.1, count: order), count: 2),
                    variances: [0.02, 0.1])))
        #expect(allocations { filter.advance(with: $0) } == 0)
        #expect(filter.logLikelihood.isFinite)
    }

    /// From the features of a bar to label probabilities.
    @Test("the filter of every kind of model", arguments: ModelKind.allCases)
    func regimeFilter(kind: ModelKind) throws {
        var specification = RegimeSpecification.standard(kind)
        specification.starts = 2
        specification.maximumIterations = 20
        specification.training.windowBars = nil
        var observer = BarObserver(specification: specification, barsPerYear: 252)
        var window = TrainingWindow(specification.training, barsPerYear: 252)
        var generator = SeededGenerator(seed: 11)
        var close = 100.0
        let observations = (0..<LiveFilterTests.bars).map { index in
            close *= 1 + 0.03 * (generator.unit() - 0.5)
            let day = Timestamp(nanoseconds: Int64(index) * Timestamp.nanosecondsPerDay)
            return observer.observe(Bar(timestamp: day, close: close))
        }
        for observation in observations.prefix(1_000) { window.append(observation) }
        var filter = try RegimeFitter.fit(specification, window).makeFilter()
        var answers = 0
        func advance(_ range: Range<Int>) {
            var bar = range.lowerBound
            while bar < range.upperBound {
                if filter.advance(with: observations[bar]) != nil { answers += 1 }
                bar += 1
            }
        }
        advance(0..<2_000)
        let before = allocation_count()
        advance(2_000..<observations.count)
        #expect(allocation_count() - before == 0)
        #expect(answers > 3_000)
    }
}
