import Kernels

/// Searches the likelihood of a Gaussian hidden Markov model, which has many maxima, for the
/// highest one; every step of it is deterministic.
///
/// 1. A ladder of splits from one state up, and diverse starting points, run a short way, the
///    better ones further.
/// 2. The finalists run until they converge, with leaps (`Acceleration`).
/// 3. With more than one finalist, the best is put to the test: a state is taken out and another
///    one split (Ueda, Nakano, Ghahramani and Hinton 2000), for as long as that finds better.
///
/// A model with a state on the covariance floor sits on a handful of observations: there the
/// likelihood has no maximum but the floor's (Day 1969). Such a one is taken only where there is no
/// other.
struct FitSearch {
    /// Iterations that every start gets, and that the best of them get then: eight times as many
    /// as there are finalists.
    static let scoutingIterations = 8
    static let contestIterations = 16
    static let contestantsPerFinalist = 8
    /// Iterations of every rung of the ladder.
    static let rungIterations = 24
    /// Iterations that finalists get, and how many of those that need more are given them.
    static let longIterations = 100
    static let stragglerLimit = 2
    /// Rearrangements that are tried in a round, how far, and how many of them to the end.
    static let proposalLimit = 24
    static let proposalIterations = 16
    static let proposalFinalists = 4
    static let roundLimit = 4
    /// Likelihoods that differ by a smaller share are of the same optimum.
    static let sameOptimum = 1e-6

    let specification: RegimeSpecification
    let data: FitData
    let baumWelch: BaumWelch
    private let threads: Int
    var finished: [BaumWelch.Candidate] = []

    init(_ specification: RegimeSpecification, _ data: FitData, threads: Int) {
        self.specification = specification
        self.data = data
        self.threads = threads
        baumWelch = FitSearch.baumWelch(specification, data, states: specification.states)
    }

    static func baumWelch(
        _ specification: RegimeSpecification, _ data: FitData, states: Int
    ) -> BaumWelch {
        BaumWelch(
            stateCount: states, featureCount: data.featureCount,
            isDiagonal: specification.covariance == .diagonal, observations: data.values,
            present: data.present,
            floors: data.variances.map { $0 * GaussianFit.covarianceFloorShare },
            overallMean: data.means, overallCovariance: data.diagonalCovariance,
            priors: specification.priors == .hmmlearn ? .hmmlearn : .none)
    }

    /// The best candidate; `nil` when none has a finite likelihood.
    mutating func run() -> BaumWelch.Candidate? {
        let finalists = specification.finalists
        let search = self
        let contestants = Tiles.map(2, threads: threads) {
            $0 == 0 ? search.ladder() : search.contest()
        }
        finish(best(contestants.flatMap { $0 }, finalists))
        let rounds = finalists > 1 && specification.states > 1 ? FitSearch.roundLimit : 0
        for round in 0..<rounds {
            guard let leader = best(finished, 1).first else { break }
            var proposals = proposals(from: leader, round: round)
            proposals = advance(proposals, FitSearch.proposalIterations, leaping: true)
            finish(best(proposals, FitSearch.proposalFinalists))
            guard let next = best(finished, 1).first, isBetter(next, than: leader) else { break }
        }
        return best(finished, 1).first
    }

    /// How many of those that ran to the end reached the optimum of the best.
    func reached(_ winner: BaumWelch.Candidate) -> Int {
        finished.count { !isBetter(winner, than: $0) }
    }

    private func isBetter(
        _ one: BaumWelch.Candidate, than other: BaumWelch.Candidate
    ) -> Bool {
        let margin = FitSearch.sameOptimum * one.logLikelihood.magnitude
        return one.logLikelihood > other.logLikelihood + margin
    }

    /// Runs candidates further, each within the specification's limit.
    private func advance(
        _ candidates: [BaumWelch.Candidate], _ iterations: Int, leaping: Bool = false
    ) -> [BaumWelch.Candidate] {
        // Groups of equal spending share a limit.
        var further = candidates
        for spent in Set(candidates.map(\.iterations)).sorted() {
            let group = candidates.indices.filter { candidates[$0].iterations == spent }
            let members = group.map { candidates[$0] }
            let run = baumWelch.refine(
                leaping ? self.leaping(members) : members,
                maximumIterations: max(min(iterations, specification.maximumIterations - spent), 0),
                tolerance: specification.tolerance, threads: threads)
            for (index, candidate) in zip(group, run) { further[index] = candidate }
        }
        return further
    }

    /// Runs candidates until they converge; of those that a long way does not bring there, only the
    /// best go on.
    private mutating func finish(_ candidates: [BaumWelch.Candidate]) {
        for spent in Set(candidates.map(\.iterations)).sorted() {
            let group = candidates.filter { $0.iterations == spent }
            let run = advance(group, FitSearch.longIterations, leaping: true)
            finished += run.filter(\.converged)
            let rest = best(run.filter { !$0.converged }, FitSearch.stragglerLimit)
            finished += advance(rest, specification.maximumIterations, leaping: true)
        }
    }

    /// The `count` best, by likelihood, those without a state on the floor first; the earlier one
    /// of a tie.
    private func best(
        _ candidates: [BaumWelch.Candidate], _ count: Int
    ) -> [BaumWelch.Candidate] {
        let sound = candidates.map {
            $0.logLikelihood.isFinite && baumWelch.statesAtFloor($0) == 0
        }
        let order = candidates.indices.filter { candidates[$0].logLikelihood.isFinite }
            .sorted { first, second in
                if sound[first] != sound[second] { return sound[first] }
                let (one, other) = (candidates[first], candidates[second])
                if one.logLikelihood != other.logLikelihood {
                    return one.logLikelihood > other.logLikelihood
                }
                return first < second
            }
        return order.prefix(count).map { candidates[$0] }
    }

    // MARK: - Where to begin

    /// Diverse starts, the better ones of which run further.
    private func contest() -> [BaumWelch.Candidate] {
        let starting = StartingPoints(specification, data)
        let starts = (0..<specification.starts).map { starting.candidate($0) }
        let scouted = advance(starts, FitSearch.scoutingIterations)
        return advance(
            best(scouted, FitSearch.contestantsPerFinalist * specification.finalists),
            FitSearch.contestIterations, leaping: true)
    }

    /// From one state up: on every rung each state of the best is split in every manner, and what
    /// comes of it run a short way. The last rung competes with the starts.
    private func ladder() -> [BaumWelch.Candidate] {
        var rung = [
            BaumWelch.Candidate(
                start: [1], transition: [1], means: data.means,
                covariances: data.diagonalCovariance)
        ]
        for states in 2..<max(specification.states + 1, 2) {
            guard let leader = rung.max(by: { $0.logLikelihood < $1.logLikelihood }) else { break }
            let splits = (0..<(states - 1)).flatMap { state in
                StateSplit.allCases.map { leader.splitting(state, $0).inCanonicalOrder }
            }
            rung = FitSearch.baumWelch(specification, data, states: states).refine(
                leaping(splits),
                maximumIterations: min(
                    FitSearch.rungIterations, specification.maximumIterations),
                tolerance: specification.tolerance, threads: threads)
        }
        return specification.states > 1 ? rung : []
    }

    private func leaping(_ candidates: [BaumWelch.Candidate]) -> [BaumWelch.Candidate] {
        // With priors the likelihood need not rise, which is what leaps are held to.
        guard specification.priors != .hmmlearn else { return candidates }
        var candidates = candidates
        for k in candidates.indices { candidates[k].accelerate() }
        return candidates
    }

    // MARK: - Rearrangements

    /// One state left out, another one split in its place: all of them, or as many as are tried in
    /// a round, drawn by the seed.
    private func proposals(
        from leader: BaumWelch.Candidate, round: Int
    ) -> [BaumWelch.Candidate] {
        let states = specification.states
        var choices: [(out: Int, split: Int, kind: StateSplit)] = []
        for out in 0..<states {
            for split in 0..<states where split != out {
                for kind in StateSplit.allCases { choices.append((out, split, kind)) }
            }
        }
        var generator = SeededGenerator(
            seed: specification.seed, run: RegimeSpecification.startLimit + round)
        choices.shuffle(using: &generator)
        return choices.prefix(FitSearch.proposalLimit).map { choice in
            let rest = leader.removing(choice.out)
            let split = choice.split > choice.out ? choice.split - 1 : choice.split
            return rest.splitting(split, choice.kind).inCanonicalOrder
        }
    }
}
