import Kernels

extension ChainParameters {
    func chain(start: [Double]? = nil) -> HiddenMarkovChain {
        HiddenMarkovChain(
            start: start ?? self.start, transition: transition, means: means,
            covariances: variances, featureCount: 1)
    }
}

extension Samples {
    /// Each market's model beside its returns.
    func jobs(_ markets: Range<Int>, isStationary: Bool = false) -> ChainBatch {
        ChainBatch(
            markets.map { market in
                ChainJob(
                    chain: chain(of: market).chain(
                        start: isStationary ? stationary(of: market) : nil),
                    series: ChainSeries(values: returns(of: market), featureCount: 1))
            })
    }
}

/// ln of the likelihood of each market.
struct FilterWork: Workload {
    private let batch: ChainBatch
    private var found: [Double] = []

    init(_ samples: Samples, markets: Range<Int>) {
        batch = samples.jobs(markets)
    }

    mutating func run() { found = batch.logLikelihoods() }

    func result() -> [Double] { found }
}

/// Every bar's K probabilities given all bars.
struct SmootherWork: Workload {
    private let batch: ChainBatch
    private var found: [[Double]] = []

    init(_ samples: Samples, markets: Range<Int>) {
        batch = samples.jobs(markets)
    }

    mutating func run() { found = batch.smoothed() }

    func result() -> [Double] { found.flatMap(\.self) }
}

/// The most probable path of states.
struct ViterbiWork: Workload {
    private let batch: ChainBatch
    private var found: [[UInt8]] = []

    init(_ samples: Samples, markets: Range<Int>) {
        batch = samples.jobs(markets)
    }

    mutating func run() { found = batch.mostProbablePaths() }

    func result() -> [Double] { found.flatMap { $0.map(Double.init) } }
}

/// ln of the likelihood, then every bar's K filtered probabilities; from the stationary start.
struct HamiltonWork: Workload {
    private let batch: ChainBatch
    private var found: [(probabilities: [Double], belief: HiddenMarkovChain.Belief?)] = []

    init(_ samples: Samples, markets: Range<Int>) {
        batch = samples.jobs(markets, isStationary: true)
    }

    mutating func run() { found = batch.filtered() }

    func result() -> [Double] {
        found.flatMap { [$0.belief?.logLikelihood ?? .nan] + $0.probabilities }
    }
}

/// Baum–Welch from the given starts, each for the same number of iterations.
struct BaumWelchWork: Workload {
    private let fits: [BaumWelch]
    private let candidates: [[BaumWelch.Candidate]]
    private let iterations: Int
    private var found: [[BaumWelch.Candidate]] = []

    init(_ samples: Samples, markets: Range<Int>) {
        fits = markets.map { market in
            let returns = samples.returns(of: market)
            return BaumWelch(
                stateCount: samples.states, featureCount: 1, isDiagonal: true,
                observations: returns, present: returns.map { _ in true }, floors: [1e-12],
                overallMean: [0], overallCovariance: [1])
        }
        candidates = markets.map { market in
            (0..<samples.starts).map { index in
                let chain = samples.chain(of: market, start: index)
                return BaumWelch.Candidate(
                    start: chain.start, transition: chain.transition, means: chain.means,
                    covariances: chain.variances)
            }
        }
        iterations = samples.iterations
    }

    mutating func run() {
        found = fits.indices.map {
            fits[$0].refine(candidates[$0], maximumIterations: iterations, tolerance: 0)
        }
    }

    func result() -> [Double] {
        found.flatMap { market in
            market.flatMap { $0.start + $0.transition + $0.means + $0.covariances }
        }
    }
}

/// One market's chain, advanced bar by bar.
struct LiveChain: LiveWork {
    private let chain: HiddenMarkovChain
    private let rows: [[Double]?]
    private var belief: HiddenMarkovChain.Belief?

    init(_ samples: Samples) {
        chain = samples.chain(of: 0).chain()
        rows = samples.returns(of: 0).map { [$0] }
    }

    var barCount: Int { rows.count }

    mutating func run(bars: Int) {
        belief = nil
        for bar in 0..<bars { chain.advance(&belief, with: rows[bar]) }
    }
}
