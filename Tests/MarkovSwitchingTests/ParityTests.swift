import Kernels
import MarkovSwitching
import Testing

/// Against the published estimates and statsmodels.
@Suite("Parity with the published Markov-switching models")
struct ParityTests {
    private func model(_ name: String) throws -> (MarkovSwitchingModel, ClassicCase, Golden.Case) {
        let classic = try ClassicCase(name)
        let golden = try #require(try ClassicCase.golden(name))
        let parameters = MarkovSwitchingParameters(
            statsmodels: golden.parameters, classic.specification)
        return (try MarkovSwitchingModel(classic.specification, parameters), classic, golden)
    }

    @Test(arguments: ClassicCase.names)
    func logLikelihood(name: String) throws {
        let (model, classic, golden) = try model(name)
        let computed = model.logLikelihood(of: classic.rows)
        #expect((computed - golden.logLikelihood).magnitude < 1e-9)
        guard let published = try References.loaded.get().cases[name] else { return }
        // The tables give five decimals, some four.
        #expect((computed - published.llf).magnitude < (name == "Filardo" ? 5e-5 : 2.5e-5))
    }

    @Test(arguments: ClassicCase.names)
    func filteredAndSmoothedProbabilities(name: String) throws {
        let (model, classic, golden) = try model(name)
        let filtered = model.filteredProbabilities(of: classic.rows)
        let smoothed = try model.smoothedProbabilities(of: classic.rows)
        for (computed, expected) in [(filtered, golden.filtered), (smoothed, golden.smoothed)] {
            #expect(!expected.isEmpty)
            for (row, values) in expected {
                let bar = try #require(Int(row)) + classic.specification.order
                let mine = try #require(computed[bar])
                for (one, other) in zip(mine, values) {
                    #expect((one - other).magnitude < 1e-9, "row \(row)")
                }
            }
        }
    }

    @Test func publishedArrays() throws {
        let data = try References.loaded.get()
        let filardo = try Golden.loaded.get().filardo
        let arrays = [
            ("HamiltonAR4", data.hamiltonFourFiltered, data.hamiltonFourSmoothed),
            ("HamiltonAR1Switch", data.hamiltonOneFiltered, data.hamiltonOneSmoothed),
            ("HamiltonAR1SwitchTVTP", data.varyingFiltered, data.varyingSmoothed),
            ("Filardo", filardo.filtered, filardo.smoothed),
        ]
        for (name, filtered, smoothed) in arrays {
            let (model, classic, _) = try model(name)
            let order = classic.specification.order
            let mine = [
                model.filteredProbabilities(of: classic.rows),
                try model.smoothedProbabilities(of: classic.rows),
            ]
            for (computed, expected) in zip(mine, [filtered, smoothed]) {
                #expect(expected.count == classic.rows.count - order)
                // The published probability is that of expansions, which come second in Hamilton's.
                let regime = name == "HamiltonAR4" ? 1 : 0
                for (bar, value) in expected.enumerated() {
                    let probability = try #require(computed[bar + order])[regime]
                    #expect((probability - value).magnitude < 1e-5, "\(name) row \(bar)")
                }
            }
        }
    }

    @Test(arguments: ClassicCase.names)
    func expectedDurationsAndCriteria(name: String) throws {
        let (model, classic, golden) = try model(name)
        switch golden.durations {
        case .constant(let values):
            for (mine, other) in zip(model.expectedDurations(), values) {
                #expect((mine / other - 1).magnitude < 1e-9)
            }
        case .varying(let rows):
            #expect(!rows.isEmpty)
            for (row, values) in rows {
                let bar = try #require(Int(row)) + classic.specification.order
                let mine = model.expectedDurations(at: classic.rows[bar])
                for (one, other) in zip(mine, values) {
                    #expect((one / other - 1).magnitude < 1e-7, "row \(row)")
                }
            }
        }
        let criteria = InformationCriteria(
            logLikelihood: golden.logLikelihood,
            freeParameters: classic.specification.parameterCount,
            observations: classic.rows.count - classic.specification.order)
        #expect((criteria.akaike - golden.aic).magnitude < 1e-9)
        #expect((criteria.bayesian - golden.bic).magnitude < 1e-9)
    }

    @Test func publishedVaryingDurations() throws {
        let (model, classic, _) = try model("Filardo")
        let published = try Golden.loaded.get().filardo.durations
        #expect(published.count > 40)
        for (index, row) in published.enumerated() {
            let mine = model.expectedDurations(at: classic.rows[4 + 12 * index])
            for (one, other) in zip(mine, row) { #expect((one / other - 1).magnitude < 1e-5) }
        }
    }

    @Test func publishedDurations() throws {
        let data = try References.loaded.get()
        let expected = try #require(data.cases["HamiltonAR1Switch"]?.expectedDurations)
        for (mine, other) in zip(try model("HamiltonAR1Switch").0.expectedDurations(), expected) {
            #expect((mine - other).magnitude < 1e-5)
        }
    }
}
