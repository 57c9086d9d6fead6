/// The entry points of one set of lane kernels: the same functions in every set, with the same bits
/// in every result.
///
/// A task tells what to do by pointers and counts; whoever calls keeps the memory alive and shaped
/// as the task says. A class, because copying a struct of closures counts references to each.
package final class LaneTable: Sendable {
    /// The level of the x86-64 psABI that the set is compiled for, or the architecture's name.
    package let name: String
    /// Doubles in the set's widest registers.
    package let nativeWidth: Int
    /// eˣ and ln x.
    package let exponential: @Sendable (Double) -> Double
    package let logarithm: @Sendable (Double) -> Double
    package let exponentials: @Sendable (ElementwiseTask) -> Void
    package let logarithms: @Sendable (ElementwiseTask) -> Void
    /// ln(later / earlier).
    package let logarithmOfRatio: @Sendable (_ later: Double, _ earlier: Double) -> Double
    /// 1/√x of a normal number above 0.
    package let reciprocalOfSquareRoot: @Sendable (Double) -> Double
    package let exponentialFeatures: @Sendable (ExponentialTask) -> Void
    package let interleave: @Sendable (InterleavingTask) -> Void
    /// The forward recursion with its likelihood; what follows the filter over what it stored:
    /// smoothed probabilities, expected counts; the most probable path.
    package let chainFilter: @Sendable (ChainTask) -> Void
    package let chainSmoothing: @Sendable (ChainTask) -> Void
    package let chainExpectation: @Sendable (ChainTask) -> Void
    package let chainPath: @Sendable (ChainTask) -> Void
    /// Discrete jump models: values over all bars, and the best path back over those.
    package let jumpForward: @Sendable (JumpTask) -> Void
    package let jumpBackward: @Sendable (JumpTask) -> Void
    /// The same with a grid of points for states: one step.
    package let gridPrediction: @Sendable (GridTask) -> Void
    /// What classifies markets side by side.
    package let markets: MarketTable

    package init(
        name: String, nativeWidth: Int, exponential: @escaping @Sendable (Double) -> Double,
        logarithm: @escaping @Sendable (Double) -> Double,
        exponentials: @escaping @Sendable (ElementwiseTask) -> Void,
        logarithms: @escaping @Sendable (ElementwiseTask) -> Void,
        logarithmOfRatio: @escaping @Sendable (Double, Double) -> Double,
        reciprocalOfSquareRoot: @escaping @Sendable (Double) -> Double,
        exponentialFeatures: @escaping @Sendable (ExponentialTask) -> Void,
        interleave: @escaping @Sendable (InterleavingTask) -> Void,
        chainFilter: @escaping @Sendable (ChainTask) -> Void,
        chainSmoothing: @escaping @Sendable (ChainTask) -> Void,
        chainExpectation: @escaping @Sendable (ChainTask) -> Void,
        chainPath: @escaping @Sendable (ChainTask) -> Void,
        jumpForward: @escaping @Sendable (JumpTask) -> Void,
        jumpBackward: @escaping @Sendable (JumpTask) -> Void,
        gridPrediction: @escaping @Sendable (GridTask) -> Void,
        markets: MarketTable
    ) {
        self.name = name
        self.nativeWidth = nativeWidth
        self.exponential = exponential
        self.logarithm = logarithm
        self.exponentials = exponentials
        self.logarithms = logarithms
        self.logarithmOfRatio = logarithmOfRatio
        self.reciprocalOfSquareRoot = reciprocalOfSquareRoot
        self.exponentialFeatures = exponentialFeatures
        self.interleave = interleave
        self.chainFilter = chainFilter
        self.chainSmoothing = chainSmoothing
        self.chainExpectation = chainExpectation
        self.chainPath = chainPath
        self.jumpForward = jumpForward
        self.jumpBackward = jumpBackward
        self.gridPrediction = gridPrediction
        self.markets = markets
    }
}
