import Foundation
import MarkovSwitching

/// The published series and estimates, and what statsmodels says of them.
struct References: Decodable {
    struct Published: Decodable {
        var llf: Double
        var llfEm: Double?
        var llfFit: Double?
        var expectedDurations: [Double]?

        enum CodingKeys: String, CodingKey {
            case llf
            case llfEm = "llf_em"
            case llfFit = "llf_fit"
            case expectedDurations = "expected_durations"
        }
    }

    var fedfunds: [Double?]
    var ogap: [Double?]
    var inf: [Double?]
    var areturns: [Double?]
    var mumpspc: [Double?]
    var rgnp: [Double?]
    var rec: [Double?]
    var hamiltonFourFiltered: [Double]
    var hamiltonFourSmoothed: [Double]
    var hamiltonOneFiltered: [Double]
    var hamiltonOneSmoothed: [Double]
    var varyingFiltered: [Double]
    var varyingSmoothed: [Double]
    var cases: [String: Published]

    enum CodingKeys: String, CodingKey {
        case fedfunds, ogap, inf, areturns, mumpspc, rgnp, rec, cases
        case hamiltonFourFiltered = "hamilton_ar4_filtered"
        case hamiltonFourSmoothed = "hamilton_ar4_smoothed"
        case hamiltonOneFiltered = "hamilton_ar1_switch_filtered"
        case hamiltonOneSmoothed = "hamilton_ar1_switch_smoothed"
        case varyingFiltered = "hamilton_ar1_switch_tvtp_filtered"
        case varyingSmoothed = "hamilton_ar1_switch_tvtp_smoothed"
    }

    static let loaded = Result { try decode(References.self, "markov_switching.json") }
}

struct Golden: Decodable {
    struct Filardo: Decodable {
        var production: [Double]
        var leading: [Double]
        var filtered: [Double]
        var smoothed: [Double]
        var durations: [[Double]]
    }

    enum Durations: Decodable {
        case constant([Double])
        case varying([String: [Double]])

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let values = try? container.decode([Double].self) {
                self = .constant(values)
            } else {
                self = .varying(try container.decode([String: [Double]].self))
            }
        }
    }

    struct Case: Decodable {
        var name: String
        var parameters: [Double]
        var logLikelihood: Double
        var aic: Double
        var bic: Double
        var durations: Durations
        var filtered: [String: [Double]]
        var smoothed: [String: [Double]]
    }

    var filardo: Filardo
    var cases: [Case]
    var bestFits: [String: Double]

    static let loaded = Result { try decode(Golden.self, "golden/markov_switching.json") }
}

private func decode<Value: Decodable>(
    _ type: Value.Type, _ name: String, source: String = #filePath
) throws -> Value {
    let root = URL(filePath: source).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
    let data = try Data(contentsOf: root.appending(path: "Fixtures/\(name)"))
    return try JSONDecoder().decode(type, from: data)
}

/// One classic case: its model's form and its rows.
struct ClassicCase {
    var specification: MarkovSwitchingSpecification
    var rows: [[Double]?]

    static let names = [
        "FedFundsConst", "FedFundsConstL1", "FedFundsConstL1Exog", "AreturnsConstL1Variance",
        "MumpsNoconstL1Var", "HamiltonAR4", "HamiltonAR2Switch", "HamiltonAR1Switch",
        "HamiltonAR1SwitchTVTP", "Filardo", "EverythingOrder2", "EverythingVariance",
    ]

    init(_ name: String) throws {
        let data = try References.loaded.get()
        func rows(_ columns: [[Double?]], from first: Int) -> [[Double]?] {
            (first..<columns[0].count).map { row in columns.map { $0[row] ?? .nan } }
        }
        func lagged(_ values: [Double?]) -> [Double?] { [nil] + values.dropLast() }
        switch name {
        case "FedFundsConst":
            specification = try .init(regimes: 2)
            self.rows = rows([data.fedfunds], from: 0)
        case "FedFundsConstL1":
            specification = try .init(regimes: 2, switchesExogenous: [true])
            self.rows = rows([data.fedfunds, lagged(data.fedfunds)], from: 1)
        case "FedFundsConstL1Exog":
            specification = try .init(regimes: 2, switchesExogenous: [true, true, true])
            self.rows = rows(
                [data.fedfunds, lagged(data.fedfunds), data.ogap, data.inf], from: 4)
        case "AreturnsConstL1Variance":
            specification = try .init(
                regimes: 2, switchesExogenous: [true], switchesVariance: true)
            self.rows = rows([data.areturns, lagged(data.areturns)], from: 1)
        case "MumpsNoconstL1Var":
            specification = try .init(
                regimes: 2, trend: .none, switchesExogenous: [true], switchesVariance: true)
            self.rows = rows([data.mumpspc, lagged(data.mumpspc)], from: 1)
        case "HamiltonAR4":
            specification = try .init(
                regimes: 2, order: 4, switchesAutoregression: [false, false, false, false])
            self.rows = rows([data.rgnp], from: 0)
        case "HamiltonAR2Switch", "HamiltonAR1Switch":
            specification = try .init(regimes: 2, order: name == "HamiltonAR2Switch" ? 2 : 1)
            self.rows = rows([data.rgnp], from: 0)
        case "HamiltonAR1SwitchTVTP":
            specification = try .init(regimes: 2, order: 1, transitionColumns: 1)
            self.rows = rows([data.rgnp, data.rec], from: 0)
        case "Filardo":
            specification = try .init(
                regimes: 2, order: 4, switchesAutoregression: [false, false, false, false],
                transitionColumns: 1)
            let filardo = try Golden.loaded.get().filardo
            self.rows = rows([filardo.production, filardo.leading], from: 0)
        default:
            specification = try .init(
                regimes: 3, order: name == "EverythingOrder2" ? 2 : 1,
                switchesExogenous: [false, true],
                switchesAutoregression: name == "EverythingOrder2" ? [true, false] : [true],
                switchesVariance: name == "EverythingVariance", transitionColumns: 1)
            let time = data.rgnp.indices.map { Double($0 - 1) / 50 }
            self.rows = rows([data.rgnp, lagged(data.rgnp), time, data.rec], from: 1)
        }
    }

    static func golden(_ name: String) throws -> Golden.Case? {
        try Golden.loaded.get().cases.first { $0.name == name }
    }
}

extension MarkovSwitchingParameters {
    /// statsmodels' one vector: transitions into all regimes but the last, then coefficients,
    /// variances, autoregression; of each, the regimes' values side by side where it switches.
    init(statsmodels vector: [Double], _ specification: MarkovSwitchingSpecification) {
        var rest = vector[...]
        let regimes = specification.regimes
        func take(_ switches: Bool) -> [Double] {
            let count = switches ? regimes : 1
            let values = Array(rest.prefix(count))
            rest = rest.dropFirst(count)
            return switches ? values : [Double](repeating: values[0], count: regimes)
        }
        var transition: [[Double]] = []
        var varying: [[[Double]]] = []
        if specification.transitionColumns > 0 {
            varying = [[[Double]]](
                repeating: [[Double]](repeating: [], count: regimes - 1), count: regimes)
            for to in 0..<(regimes - 1) {
                for _ in 0...specification.transitionColumns {
                    for (from, value) in take(true).enumerated() {
                        varying[from][to].append(value)
                    }
                }
            }
        } else {
            transition = [[Double]](repeating: [], count: regimes)
            for _ in 0..<(regimes - 1) {
                for (from, value) in take(true).enumerated() { transition[from].append(value) }
            }
            for from in 0..<regimes { transition[from].append(1 - transition[from].reduce(0, +)) }
        }
        let trend = specification.trend == .constant ? [specification.switchesTrend] : []
        let means = (trend + specification.switchesExogenous).map { take($0) }
        let variances = take(specification.switchesVariance)
        let lags = specification.switchesAutoregression.map { take($0) }
        self.init(
            transition: transition, transitionCoefficients: varying,
            coefficients: (0..<regimes).map { regime in means.map { $0[regime] } },
            autoregression: (0..<regimes).map { regime in lags.map { $0[regime] } },
            variances: variances)
    }
}
