import Foundation
import MarkovSwitching
import Testing

@Suite("What is no Markov-switching model is refused")
struct ValidationTests {
    @Test func specifications() {
        #expect(throws: MarkovSwitchingError.self) { try MarkovSwitchingSpecification(regimes: 0) }
        #expect(throws: MarkovSwitchingError.self) { try MarkovSwitchingSpecification(regimes: 9) }
        #expect(throws: MarkovSwitchingError.self) {
            try MarkovSwitchingSpecification(regimes: 2, order: -1)
        }
        #expect(throws: MarkovSwitchingError.self) {
            try MarkovSwitchingSpecification(regimes: 2, order: 13)
        }
        #expect(throws: MarkovSwitchingError.self) {
            try MarkovSwitchingSpecification(regimes: 8, order: 5)
        }
        #expect(throws: MarkovSwitchingError.self) {
            try MarkovSwitchingSpecification(
                regimes: 2, order: 2, switchesAutoregression: [true])
        }
        #expect(throws: MarkovSwitchingError.self) {
            try MarkovSwitchingSpecification(
                regimes: 2, switchesExogenous: [Bool](repeating: true, count: 65))
        }
        #expect(throws: MarkovSwitchingError.self) {
            try MarkovSwitchingSpecification(regimes: 2, transitionColumns: -1)
        }
        // A mean that does not switch forgets the lags' regimes.
        #expect(throws: Never.self) {
            try MarkovSwitchingSpecification(regimes: 8, order: 12, switchesTrend: false)
        }
    }

    @Test func parameters() throws {
        let specification = try MarkovSwitchingSpecification(regimes: 2, order: 1)
        let sound = MarkovSwitchingParameters(
            transition: [[0.9, 0.1], [0.3, 0.7]], coefficients: [[0], [2]],
            autoregression: [[0.1], [0.2]], variances: [1, 1])
        #expect(throws: Never.self) { try sound.validate(for: specification) }
        let broken: [(inout MarkovSwitchingParameters) -> Void] = [
            { $0.transition = [[0.9, 0.2], [0.3, 0.7]] },
            { $0.transition = [[1.1, -0.1], [0.3, 0.7]] },
            { $0.transition = [[1]] },
            { $0.transition = [] },
            { $0.transitionCoefficients = [[[1]], [[1]]] },
            { $0.coefficients = [[0]] },
            { $0.coefficients[0] = [.nan] },
            { $0.autoregression[1] = [] },
            { $0.autoregression[1] = [.infinity] },
            { $0.variances = [1, 0] },
            { $0.variances = [1, -1] },
            { $0.variances = [1, 2] },
        ]
        for (index, breaking) in broken.enumerated() {
            var parameters = sound
            breaking(&parameters)
            #expect(throws: MarkovSwitchingError.self, "case \(index)") {
                try MarkovSwitchingModel(specification, parameters)
            }
        }
        let saved = try JSONEncoder().encode(sound)
        #expect(try JSONDecoder().decode(MarkovSwitchingParameters.self, from: saved) == sound)
    }

    @Test func anEditedSpecificationIsCheckedBeforeUse() throws {
        let text = """
            {"regimes": 2, "order": 3, "trend": "constant", "switchesTrend": true, \
            "switchesExogenous": [], "switchesAutoregression": [], "switchesVariance": true, \
            "transitionColumns": 0}
            """
        let edited = try JSONDecoder().decode(
            MarkovSwitchingSpecification.self, from: Data(text.utf8))
        #expect(throws: MarkovSwitchingError.self) { try edited.validate() }
        #expect(throws: MarkovSwitchingError.self) {
            try MarkovSwitchingModel(
                edited,
                MarkovSwitchingParameters(
                    transition: [[0.9, 0.1], [0.3, 0.7]], coefficients: [[0], [2]],
                    autoregression: [[], []], variances: [1, 1]))
        }
    }

    @Test func statesOfAnotherModel() throws {
        let parameters = MarkovSwitchingParameters(
            transition: [[0.9, 0.1], [0.3, 0.7]], coefficients: [[0], [2]],
            autoregression: [[], []], variances: [1, 2])
        let plain = try MarkovSwitchingModel(.returns(regimes: 2), parameters)
        var lagged = parameters
        lagged.autoregression = [[0.1, 0], [0.1, 0]]
        let deep = try MarkovSwitchingModel(.returns(regimes: 2, order: 2), lagged)
        var filter = MarkovSwitchingFilter(plain)
        filter.advance(with: [1])
        let state = filter.state
        #expect(throws: Never.self) { try MarkovSwitchingFilter(plain, resuming: state) }
        #expect(throws: MarkovSwitchingError.self) {
            try MarkovSwitchingFilter(deep, resuming: state)
        }
        let text = String(decoding: try JSONEncoder().encode(state), as: UTF8.self)
        let edited = text.replacingOccurrences(of: "\"bars\":1", with: "\"bars\":0")
        #expect(edited != text)
        let wrong = try JSONDecoder().decode(
            MarkovSwitchingFilter.State.self, from: Data(edited.utf8))
        #expect(throws: MarkovSwitchingError.self) {
            try MarkovSwitchingFilter(plain, resuming: wrong)
        }
    }

    @Test func errorsSayWhatToDo() {
        let errors: [MarkovSwitchingError] = [
            .specification("x"), .parameters("x"), .state("x"), .row(index: 3, have: 1, need: 2),
            .tooFewObservations(have: 1, need: 2), .constantSeries,
            .tooLarge(cells: 2, limit: 1), .noFiniteLikelihood(starts: 3),
        ]
        #expect(errors.allSatisfy { $0.description.count > 20 || $0.description.hasSuffix("x") })
        #expect(Set(errors.map(\.description)).count == errors.count)
    }
}
