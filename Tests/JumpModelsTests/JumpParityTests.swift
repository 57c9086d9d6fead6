import JumpModels
import Testing

extension JumpGolden.Case {
    var specification: JumpSpecification {
        JumpSpecification(
            kind: JumpModelKind(rawValue: kind) ?? .discrete, states: states, penalty: penalty,
            gridSteps: gridSteps ?? 20, hasModeLoss: modeLoss ?? true, kappa: kappa ?? 10)
    }

    var rows: [[Double]] { MarketRows.series(series) }
    var training: [[Double]?] { rows.prefix(MarketRows.trainingRows).map { $0 } }
    var startingCentres: [[[Double]]] { starts.map { $0.map { rows[$0] } } }
}

struct JumpParityTests {
    @Test func `the rows are the peer's`() throws {
        let golden = try #require(JumpGolden.load())
        #expect(golden.skippedBars == MarketRows.skippedBars)
        #expect(golden.trainingRows == MarketRows.trainingRows)
        #expect(golden.cases.count == 28)
        for (name, sample) in golden.rows {
            let rows = MarketRows.series(name)
            try #require(rows.count == sample.count)
            for (mine, theirs) in zip(rows[0] + rows[rows.count - 1], sample.first + sample.last) {
                #expect((mine - theirs).magnitude < 1e-9)
            }
        }
    }

    @Test(arguments: JumpGolden.cases)
    func `a fit from the same starts gives the peer's objective, labels and switches`(
        _ golden: JumpGolden.Case
    ) throws {
        let fit = try JumpModelFitter.fit(
            rows: golden.training, golden.specification, startingCentres: golden.startingCentres)
        #expect(fit.converged)
        #expect(fit.objective <= golden.objective * (1 + 1e-6))
        #expect((fit.objective - golden.objective).magnitude <= 1e-8 * golden.objective)
        #expect(runs(fit.path.states) == golden.labels)
        checkCentres(fit.parameters, golden)

        var filter = JumpModelFilter(fit.parameters)
        var online: [Int] = []
        for (index, row) in golden.rows.enumerated() {
            filter.advance(with: row)
            online.append(filter.state)
            if let expected = golden.onlineProbabilities?["\(index)"] {
                #expect(zip(filter.probabilities, expected).allSatisfy { abs($0 - $1) < 1e-12 })
            }
        }
        #expect(runs(online) == golden.online)
        for (index, expected) in golden.probabilities ?? [:] {
            let row = try #require(Int(index))
            let mine = try #require(fit.path.probabilities?[row])
            #expect(zip(mine, expected).allSatisfy { abs($0 - $1) < 1e-12 })
        }
    }

    /// The peer's centres are weighted and missing for empty states.
    private func checkCentres(_ parameters: JumpModelParameters, _ golden: JumpGolden.Case) {
        let weights = parameters.featureWeights
        for (theirs, mine) in zip(weights ?? [], golden.featureWeights ?? []) {
            // The peer's threshold is found by bisection to 1e-8.
            #expect((theirs - mine).magnitude < 1e-6)
        }
        #expect((weights == nil) == (golden.featureWeights == nil))
        for (state, expected) in golden.centres.enumerated() {
            #expect(parameters.emptyStates.contains(state) == (expected == nil))
            for (d, value) in (expected ?? []).enumerated() {
                let scale = weights.map { $0[d].squareRoot() } ?? 1
                #expect((parameters.centres[state][d] * scale - value).magnitude < 1e-6)
            }
        }
    }

    @Test(arguments: JumpGolden.cases)
    func `a fit from starts of our own is no worse`(_ golden: JumpGolden.Case) throws {
        var specification = golden.specification
        if golden.kind == "continuous" { specification.starts = 16 }
        let fit = try JumpModelFitter.fit(rows: golden.training, specification)
        #expect(fit.converged)
        guard golden.kind == "sparse" else {
            let best = min(golden.objective, golden.ownObjective)
            #expect(fit.objective <= best * (1 + 1e-6))
            return
        }
        // Objectives under different feature weights do not compare.
        let weights = try #require(fit.parameters.featureWeights)
        let theirs = try #require(golden.ownFeatureWeights)
        #expect(zip(weights, theirs).allSatisfy { ($0 - $1).magnitude < 1e-3 })
        #expect(fit.objective <= golden.ownObjective * (1 + 1e-4))
    }
}
