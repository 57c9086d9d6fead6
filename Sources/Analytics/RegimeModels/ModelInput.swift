import Kernels

/// One number that an answer depends on: a feature of the model, an indicator that labels are
/// decided by, or both when they go by one name.
package struct ModelInput: Equatable, Sendable {
    /// As in `Feature.documentation`.
    package let name: String
    /// Its place among the observation's features.
    let featureIndex: Int?
    let contextField: ContextField?
    package let scale: PrintedScale

    /// Indicators that labels are decided by. The long-run volatility, the yardstick of three of
    /// them, is no input of its own: it hardly moves.
    enum ContextField: String, CaseIterable {
        case drawdown = "drawdown_252"
        case volatilityRank = "volatility_rank"
        case trend = "trend_200"
        case momentum = "momentum_12_1"
    }

    /// Features first, then the indicators of the labels that are not among them.
    static func all(features: [String]) -> [ModelInput] {
        let ofModel = features.enumerated().map { index, name in
            ModelInput(
                name: name, featureIndex: index, contextField: ContextField(rawValue: name),
                scale: PrintedScale(indicator: name))
        }
        let others = ContextField.allCases.filter { !features.contains($0.rawValue) }
        return ofModel
            + others.map {
                ModelInput(
                    name: $0.rawValue, featureIndex: nil, contextField: $0,
                    scale: PrintedScale(indicator: $0.rawValue))
            }
    }

    /// NaN where missing.
    func value(in observation: Observation) -> Double {
        if let featureIndex { return observation.features[featureIndex] }
        return contextField.map { observation.context[$0] } ?? .nan
    }

    /// Sets the value wherever the answer looks for it.
    func set(_ value: Double, in observation: inout Observation) {
        if let featureIndex { observation.features[featureIndex] = value }
        if let contextField { observation.context[contextField] = value }
    }
}

extension MarketContext {
    subscript(field: ModelInput.ContextField) -> Double {
        get {
            switch field {
            case .drawdown: drawdown
            case .volatilityRank: volatilityRank
            case .trend: trend
            case .momentum: momentum
            }
        }
        set {
            switch field {
            case .drawdown: drawdown = newValue
            case .volatilityRank: volatilityRank = newValue
            case .trend: trend = newValue
            case .momentum: momentum = newValue
            }
        }
    }
}

/// How an indicator is called and printed: whole steps of a decimal unit, so that a printed number
/// stands for one exact value.
package struct PrintedScale: Equatable, Sendable {
    enum Unit: Equatable {
        case plain
        case percent
        /// The indicator is a logarithm; what it is the logarithm of is printed, in percent.
        case percentOfLogarithm
    }

    package let label: String
    let unit: Unit
    /// Places after the decimal point.
    let decimals: Int
    /// A plus is printed.
    var isSigned = false

    /// A step count beyond this is no number to print, nor exact as a `Double`.
    static let stepLimit = 1e15

    /// The step that a value lies on or beyond, as a real number; `nil` where it cannot be counted.
    func position(of value: Double, decimals: Int) -> Double? {
        let plain = unit == .percentOfLogarithm ? VectorMath.exp(value) : value
        let position = plain * stepsPerUnit(decimals)
        return position.magnitude < PrintedScale.stepLimit ? position : nil
    }

    /// The value that a step stands for.
    func value(at step: Int, decimals: Int) -> Double {
        let plain = Double(step) / stepsPerUnit(decimals)
        return unit == .percentOfLogarithm ? VectorMath.log(plain) : plain
    }

    private func stepsPerUnit(_ decimals: Int) -> Double {
        FixedPoint.powers[decimals] * (unit == .plain ? 1 : 100)
    }

    /// `-12.3 %`; «n/a» for what is not a number or too large to print.
    package func text(_ value: Double, decimals: Int? = nil) -> String {
        let printed =
            switch unit {
            case .plain: value
            case .percent: value * 100
            case .percentOfLogarithm: VectorMath.exp(value) * 100
            }
        let text = FixedPoint.text(printed, decimals: decimals ?? self.decimals)
        let sign = isSigned && printed > 0 ? "+" : ""
        return sign + text + (unit == .plain || !printed.isFinite ? "" : " %")
    }

    /// Places that are added, at the most, for two values to look different.
    private static let placesAdded = 4

    /// Two values with the places that it takes to tell them apart.
    func texts(_ a: Double, _ b: Double) -> (String, String) {
        for places in decimals..<(decimals + PrintedScale.placesAdded) {
            let texts = (text(a, decimals: places), text(b, decimals: places))
            if a == b || texts.0 != texts.1 { return texts }
        }
        let places = decimals + PrintedScale.placesAdded
        return (text(a, decimals: places), text(b, decimals: places))
    }
}

extension PrintedScale {
    init(indicator name: String) {
        let parts = name.split(separator: "_")
        let length = parts.last.flatMap { Int($0) }.map { "\($0)-bar " } ?? ""
        func scale(
            _ label: String, _ unit: Unit, _ decimals: Int, isSigned: Bool = false
        ) -> PrintedScale {
            PrintedScale(label: label, unit: unit, decimals: decimals, isSigned: isSigned)
        }
        self =
            switch name {
            case "drawdown", "drawdown_252": scale("drawdown", .percent, 1)
            case "volatility_rank": scale("volatility rank", .percent, 1)
            case "trend_200":
                scale("price against its 200-bar mean", .percent, 1, isSigned: true)
            case "momentum_12_1": scale("12-1 momentum", .percent, 1, isSigned: true)
            case "simple_return": scale("return", .percent, 2, isSigned: true)
            case "log_return": scale("log return", .percent, 2, isSigned: true)
            case "long_run_volatility": scale("long-run volatility", .percent, 1)
            case _ where name.hasPrefix("log_downside_deviation_"):
                scale("\(length)downside deviation", .percentOfLogarithm, 2)
            case _ where name.hasPrefix("downside_deviation_"):
                scale("\(length)downside deviation", .percent, 2)
            case _ where name.hasPrefix("log_volatility_"):
                scale("\(length)volatility", .percentOfLogarithm, 1)
            case _ where name.hasPrefix("volatility_"):
                scale("\(length)volatility", .percent, 1)
            case _ where name.hasPrefix("ewm_mean_"):
                scale("\(length)mean return", .percent, 3, isSigned: true)
            case _ where name.hasPrefix("sortino_"):
                scale("\(length)Sortino ratio", .plain, 3, isSigned: true)
            case "parkinson_21", "garman_klass_21", "rogers_satchell_21", "yang_zhang_21":
                scale("\(length)range volatility", .percent, 1)
            default: scale(name, .plain, 2)
            }
    }
}
