import JumpModels
import Kernels
import MarkovSwitching

/// A fitted model's dynamics, one bar at a time: the one place where a live path meets a family.
enum StateEngine: Sendable {
    case chain(HiddenMarkovChain, HiddenMarkovChain.Belief?)
    case markov(MarkovSwitchingFilter)
    case jump(JumpModelFilter)

    init(_ parameters: ModelParameters) {
        switch parameters {
        case .gaussian(let gaussian): self = .chain(gaussian.chain, nil)
        case .markov(let markov): self = .markov(MarkovSwitchingFilter(markov))
        case .jump(let jump): self = .jump(JumpModelFilter(jump))
        }
    }

    /// - Parameter features: scaled; `nil` for a bar without an observation, which predicts alone.
    mutating func advance(with features: [Double]?) {
        // Consumed, so that a filter's memory has one owner and is changed in place.
        switch consume self {
        case .chain(let chain, var belief):
            chain.advance(&belief, with: features)
            self = .chain(chain, belief)
        case .markov(var filter):
            filter.advance(with: features)
            self = .markov(filter)
        case .jump(var filter):
            filter.advance(with: features)
            self = .jump(filter)
        }
    }

    /// The probabilities that `advance` would lead to, without going there; `nil` where only going
    /// there says so. Allocates nothing.
    func probabilities(after features: [Double]) -> StateVector? {
        guard case .chain(let chain, var belief) = self else { return nil }
        chain.advance(&belief, with: features)
        return StateEngine.probabilities(chain, belief)
    }

    /// One probability per state in canonical order; none before the first observation.
    var probabilities: StateVector {
        switch self {
        case .chain(let chain, let belief):
            StateEngine.probabilities(chain, belief)
        case .markov(let filter):
            if let chain = filter.model.chain {
                StateEngine.probabilities(chain, filter.state.chain)
            } else {
                StateVector(filter.probabilities)
            }
        case .jump(let filter): StateVector(filter.probabilities)
        }
    }

    private static func probabilities(
        _ chain: HiddenMarkovChain, _ belief: HiddenMarkovChain.Belief?
    ) -> StateVector {
        guard let belief else { return .none }
        return StateVector(
            lanes: chain.probabilityLanes(of: belief), count: chain.stateCount)
    }
}
