import Kernels

/// A piece of work whose time is compared with a rival's. Making it lays out the data.
package protocol Workload {
    init(_ samples: Samples, markets: Range<Int>)
    /// The work that is timed; may be done again and again.
    mutating func run()
    /// What the last run computed, market by market.
    func result() -> [Double]
}

/// A filter advanced bar by bar, as a live service does it.
package protocol LiveWork {
    init(_ samples: Samples)
    var barCount: Int { get }
    /// The bars from the first on, one at a time.
    mutating func run(bars: Int)
}

/// Everything that can be asked for, by name.
package enum Catalogue {
    package static var workloads: [(name: String, kind: any Workload.Type)] {
        [
            ("hmm-filter", FilterWork.self),
            ("hmm-smoother", SmootherWork.self),
            ("baum-welch", BaumWelchWork.self),
            ("viterbi", ViterbiWork.self),
            ("hamilton-filter", HamiltonWork.self),
            ("jump-fit", JumpFitWork.self),
            ("jump-online", JumpOnlineWork.self),
            ("ewm-features", WeightedWork.self),
            ("classification", ClassificationWork.self),
        ]
    }

    /// The level of instructions that the kernels were chosen for at start.
    package static var instructionSet: String { KernelSet.current.name }

    package static var live: [(name: String, kind: any LiveWork.Type)] {
        [
            ("hmm-step", LiveChain.self),
            ("jump-step", LiveJump.self),
            ("indicators-step", LiveIndicators.self),
        ]
    }
}
