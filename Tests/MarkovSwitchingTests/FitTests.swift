import MarkovSwitching
import Testing

@Suite("Markov-switching fits")
struct FitTests {
    /// At least what was published, and what statsmodels' own searches reach.
    @Test(arguments: ClassicCase.names.filter { !$0.hasPrefix("Everything") })
    func notBelowThePublishedMaxima(name: String) throws {
        let classic = try ClassicCase(name)
        let published = try #require(try References.loaded.get().cases[name])
        let fit = try MarkovSwitchingFitter().fit(classic.rows, classic.specification)
        let best = [published.llf, published.llfEm, published.llfFit].compactMap { $0 }.max()
        #expect(fit.report.logLikelihood > (best ?? .infinity) - 6e-5)
        #expect(fit.report.converged)
        #expect(fit.report.advice == nil)
        #expect(fit.report.degenerateRegimes.isEmpty)
        #expect(fit.report.logLikelihood == fit.model.logLikelihood(of: classic.rows))
        #expect(fit.report.observations == classic.rows.count - classic.specification.order)
        #expect(fit.report.lastLogLikelihoods.last == fit.report.logLikelihood)
    }

    @Test(arguments: [2, 3])
    func notBelowTheBestOfStatsmodelsOnTheIndex(regimes: Int) throws {
        let rows = try History.returns().map { [100 * $0] }
        let best = try #require(try Golden.loaded.get().bestFits["\(regimes)"])
        let fit = try MarkovSwitchingFitter().fit(rows, .returns(regimes: regimes))
        #expect(fit.report.logLikelihood > best - 1e-6)
        #expect(fit.report.converged)
        let variances = fit.model.parameters.variances
        #expect(variances == variances.sorted())
    }

    @Test func theSameBitsFromTheSameSeed() throws {
        let classic = try ClassicCase("HamiltonAR1Switch")
        let fitter = MarkovSwitchingFitter(starts: 5, seed: 7)
        let first = try fitter.fit(classic.rows, classic.specification)
        #expect(try fitter.fit(classic.rows, classic.specification) == first)
    }

    /// Units are no matter: prices in cents, or returns in percent.
    @Test func unitsDoNotMatter() throws {
        let classic = try ClassicCase("AreturnsConstL1Variance")
        let fitter = MarkovSwitchingFitter(starts: 6)
        let plain = try fitter.fit(classic.rows, classic.specification)
        let scaled = try fitter.fit(
            classic.rows.map { row in row.map { $0.map { $0 * 0x1p-20 } } }, classic.specification)
        let shift = Double(classic.rows.count) * 20 * 0.693_147_180_559_945_3
        #expect(
            (scaled.report.logLikelihood - shift - plain.report.logLikelihood).magnitude < 1e-6)
        for (one, other) in zip(
            plain.model.parameters.variances, scaled.model.parameters.variances)
        {
            #expect((other * 0x1p40 / one - 1).magnitude < 1e-4)
        }
    }

    @Test func oneRegimeIsLeastSquares() throws {
        let rows = try History.returns().prefix(500).map { [$0] as [Double]? }
        let fit = try MarkovSwitchingFitter(starts: 1, finalists: 1).fit(
            rows, .returns(regimes: 1))
        let values = rows.compactMap { $0?.first }
        let mean = values.reduce(0, +) / 500
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 500
        #expect((fit.model.parameters.coefficients[0][0] - mean).magnitude < 1e-6)
        #expect((fit.model.parameters.variances[0] / variance - 1).magnitude < 1e-5)
        #expect(fit.model.parameters.transition == [[1]])
    }

    @Test func missingBarsAreFittedAround() throws {
        var rows: [[Double]?] = try History.returns().prefix(800).map { [$0] }
        for bar in stride(from: 3, to: rows.count, by: 17) { rows[bar] = nil }
        let fit = try MarkovSwitchingFitter(starts: 4).fit(rows, .returns(regimes: 2, order: 1))
        #expect(fit.report.converged)
        #expect(fit.report.observations == 800 - 1 - 47 - 47)
        #expect(fit.report.logLikelihood == fit.model.logLikelihood(of: rows))
    }

    @Test func whatCannotBeFittedIsRefused() throws {
        let fitter = MarkovSwitchingFitter()
        let specification = try MarkovSwitchingSpecification.returns(regimes: 2)
        func refused(_ rows: [[Double]?]) -> MarkovSwitchingError? {
            do throws(MarkovSwitchingError) {
                _ = try fitter.fit(rows, specification)
                return nil
            } catch { return error }
        }
        #expect(refused([]) == .tooFewObservations(have: 0, need: 18))
        #expect(refused([[1]]) == .tooFewObservations(have: 1, need: 18))
        #expect(
            refused([[Double]?](repeating: [.nan], count: 50))
                == .tooFewObservations(have: 0, need: 18))
        #expect(refused([[Double]?](repeating: [0.25], count: 50)) == .constantSeries)
        #expect(refused([[1], [1, 2]]) == .row(index: 1, have: 2, need: 1))
        #expect(throws: MarkovSwitchingError.self) {
            try MarkovSwitchingFitter(starts: 0).fit([[1]], specification)
        }
        let long = [[Double]?](repeating: [1], count: 200_000)
        let deep = try MarkovSwitchingSpecification.returns(regimes: 6, order: 4)
        #expect(throws: MarkovSwitchingError.self) { try fitter.fit(long, deep) }
    }

    @Test(arguments: [1e300, 1e-300])
    func unitsWhoseVariancesAreNoDoublesAreRefused(unit: Double) throws {
        let rows = try History.returns().prefix(400).map { [$0 * unit] as [Double]? }
        let specification = try MarkovSwitchingSpecification.returns(regimes: 2)
        // Variances of 1e±600 are no doubles: the refusal says so.
        #expect(throws: MarkovSwitchingError.self) {
            try MarkovSwitchingFitter(starts: 3).fit(rows, specification)
        }
    }

    @Test func notConvergedSaysSo() throws {
        let classic = try ClassicCase("HamiltonAR4")
        let fit = try MarkovSwitchingFitter(starts: 2, finalists: 1, maximumIterations: 1).fit(
            classic.rows, classic.specification)
        #expect(!fit.report.converged)
        #expect(fit.report.advice?.contains("allow more than") == true)
        #expect(fit.report.promisedGain > 0)
    }

    @Test func aSampleIsFittedBack() throws {
        let specification = try MarkovSwitchingSpecification(
            regimes: 2, order: 1, switchesAutoregression: [false], switchesVariance: true)
        let truth = MarkovSwitchingParameters(
            transition: [[0.98, 0.02], [0.05, 0.95]], coefficients: [[1], [-2]],
            autoregression: [[0.4], [0.4]], variances: [0.25, 2])
        let model = try MarkovSwitchingModel(specification, truth)
        let sample = try History.sample(model, count: 3000, seed: 11)
        let rows: [[Double]?] = sample.values.map { [$0] }
        let fit = try MarkovSwitchingFitter(starts: 4).fit(rows, specification)
        #expect(fit.report.logLikelihood >= model.logLikelihood(of: rows))
        let fitted = fit.model.parameters
        #expect((fitted.coefficients[0][0] - 1).magnitude < 0.1)
        #expect((fitted.coefficients[1][0] + 2).magnitude < 0.3)
        #expect((fitted.autoregression[0][0] - 0.4).magnitude < 0.05)
        #expect((fitted.transition[0][0] - 0.98).magnitude < 0.01)
        let path = try fit.model.mostProbablePath(of: rows)
        let agreeing = zip(path, sample.regimes).count { $0 == $1 }
        #expect(agreeing > 2850)
    }
}
