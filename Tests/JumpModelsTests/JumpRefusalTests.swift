import JumpModels
import Testing

struct JumpRefusalTests {
    private func error(
        _ rows: [[Double]?], _ specification: JumpSpecification,
        startingCentres: [[[Double]]]? = nil
    ) -> JumpFitError? {
        do {
            if let startingCentres {
                _ = try JumpModelFitter.fit(
                    rows: rows, specification, startingCentres: startingCentres)
            } else {
                _ = try JumpModelFitter.fit(rows: rows, specification)
            }
            return nil
        } catch { return error }
    }

    @Test func `rows that no model can be fitted to`() {
        let two = JumpSpecification(kind: .discrete, states: 2, penalty: 1)
        #expect(error([], two) == .tooFewRows(have: 0, need: 1))
        #expect(error([nil, nil], two) == .tooFewRows(have: 0, need: 1))
        #expect(error([[1]], two) == .tooFewRows(have: 1, need: 2))
        #expect(error([[1], [.nan], nil], two) == .tooFewRows(have: 1, need: 2))
        #expect(error([[]], two) == .featureCount(have: 0, limit: 1024))
        #expect(error([[1], [2, 3]], two) == .unequalLengths(index: 1, have: 2, need: 1))
        #expect(error([[1], [2e100]], two) == .valueTooLarge(row: 1, feature: 0))
        let constant = [[Double]?](repeating: [1, 2], count: 50)
        for kind in JumpModelKind.allCases {
            let specification = JumpSpecification(kind: kind, states: 2, penalty: 1)
            #expect(error(constant, specification) == .tooFewDistinctRows(have: 1, need: 2))
        }
    }

    @Test func `starts that do not fit the model`() {
        let two = JumpSpecification(kind: .discrete, states: 2, penalty: 1)
        let rows: [[Double]?] = [[1], [2], [3]]
        #expect(error(rows, two, startingCentres: []) == .startingCentres(have: 0, need: 2))
        #expect(error(rows, two, startingCentres: [[[1]]]) == .startingCentres(have: 1, need: 2))
        #expect(
            error(rows, two, startingCentres: [[[1], [1, 2]]])
                == .unequalLengths(index: 1, have: 2, need: 1))
        #expect(
            error(rows, two, startingCentres: [[[1], [.nan]]])
                == .valueTooLarge(row: 1, feature: 0))
    }

    typealias Change = @Sendable (inout JumpSpecification) -> Void

    static let changes: [(String, Change)] = [
        ("states", { $0.states = 0 }), ("states", { $0.states = 9 }),
        ("penalty", { $0.penalty = -1 }), ("penalty", { $0.penalty = .nan }),
        ("penalty", { $0.penalty = .infinity }), ("starts", { $0.starts = 0 }),
        ("starts", { $0.starts = 1001 }), ("maximumIterations", { $0.maximumIterations = 0 }),
        ("tolerance", { $0.tolerance = -1 }), ("tolerance", { $0.tolerance = .nan }),
        ("gridSteps", { ($0.kind, $0.gridSteps) = (.continuous, 0) }),
        ("points of the grid", { ($0.kind, $0.states, $0.gridSteps) = (.continuous, 8, 20) }),
        ("kappa", { ($0.kind, $0.kappa) = (.sparse, 0.5) }),
        ("maximumWeightRounds", { ($0.kind, $0.maximumWeightRounds) = (.sparse, 0) }),
        ("weightTolerance", { ($0.kind, $0.weightTolerance) = (.sparse, .nan) }),
    ]

    @Test(arguments: changes)
    func `settings out of range`(
        _ setting: String, _ change: Change
    ) throws {
        var specification = JumpSpecification(kind: .discrete, states: 2, penalty: 1)
        try specification.validate()
        change(&specification)
        do {
            try specification.validate()
            Issue.record("accepted: \(specification)")
        } catch {
            #expect(error.setting == setting)
            #expect("\(error)".contains("give "))
        }
    }

    @Test func `parameters that were edited by hand`() throws {
        func model(
            kind: JumpModelKind = .discrete, penalty: Double = 1,
            centres: [[Double]] = [[0, 1], [2, 3]], empty: Set<Int> = [],
            weights: [Double]? = nil, gridSteps: Int? = nil, hasModeLoss: Bool? = nil
        ) -> JumpModelParameters {
            JumpModelParameters(
                kind: kind, penalty: penalty, centres: centres, emptyStates: empty,
                featureWeights: weights, gridSteps: gridSteps, hasModeLoss: hasModeLoss)
        }
        try model().validate()
        try model(kind: .continuous, gridSteps: 4, hasModeLoss: true).validate()
        try model(kind: .sparse, weights: [0, 0.5]).validate()
        let broken = [
            model(penalty: -1), model(penalty: .nan), model(centres: []), model(centres: [[], []]),
            model(centres: [[1], [1, 2]]), model(centres: [[1], [.nan]]),
            model(centres: [[1], [1e200]]), model(empty: [2]), model(empty: [0, 1]),
            model(weights: [1, 1]), model(gridSteps: 4, hasModeLoss: true),
            model(kind: .continuous), model(kind: .continuous, gridSteps: 4),
            model(kind: .continuous, gridSteps: 0, hasModeLoss: true),
            model(kind: .continuous, gridSteps: 4000, hasModeLoss: true), model(kind: .sparse),
            model(kind: .sparse, weights: [1]), model(kind: .sparse, weights: [0, 0]),
            model(kind: .sparse, weights: [-1, 1]), model(kind: .sparse, weights: [.nan, 1]),
        ]
        for parameters in broken {
            #expect(throws: JumpSpecificationError.self) { try parameters.validate() }
        }
    }
}
