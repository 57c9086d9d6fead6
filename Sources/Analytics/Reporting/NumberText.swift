package import Evaluation

/// Numbers for people.
package enum NumberText {
    /// A number with so many decimals; `-` before it only when a digit shows that it is below 0.
    package static func number(_ value: Double, _ decimals: Int) -> String {
        guard value.isFinite, abs(value) < 1e12 else { return "\(value)" }
        let scale = (0..<decimals).reduce(Int64(1)) { product, _ in product * 10 }
        let scaled = Int64((abs(value) * Double(scale)).rounded())
        let sign = value < 0 && scaled > 0 ? "-" : ""
        guard decimals > 0 else { return sign + String(scaled) }
        let fraction = String(scaled % scale)
        let zeros = String(repeating: "0", count: decimals - fraction.count)
        return sign + String(scaled / scale) + "." + zeros + fraction
    }

    /// A place on a drawing or a mark on its axis: short, and never anything but a number.
    static func coordinate(_ value: Double, _ decimals: Int = 1) -> String {
        guard value.isFinite else { return "0" }
        var text = number(min(max(value, -1e6), 1e6), decimals)
        guard decimals > 0 else { return text }
        while text.hasSuffix("0") { text.removeLast() }
        return text.hasSuffix(".") ? String(text.dropLast()) : text
    }

    /// A number's text with its whole part in groups of three.
    package static func grouped(_ text: String) -> String {
        let sign = text.prefix { $0 == "-" }
        let whole = text.dropFirst(sign.count).prefix { $0.isNumber }
        guard whole.count == text.count - sign.count || text.contains(".") else { return text }
        var groups = ""
        for (place, digit) in whole.enumerated() {
            if place > 0, (whole.count - place).isMultiple(of: 3) { groups += "," }
            groups.append(digit)
        }
        return sign + groups + text.dropFirst(sign.count + whole.count)
    }

    /// With a real minus sign.
    static func typeset(_ text: String) -> String {
        String(text.map { $0 == "-" ? "−" : $0 })
    }
}

extension Metric {
    /// What a column is called.
    package var title: String {
        switch self {
        case .annualisedReturn: "Return a year"
        case .annualisedVolatility: "Volatility"
        case .sharpe: "Sharpe"
        case .sortino: "Sortino"
        case .calmar: "Calmar"
        case .maximumDrawdown: "Largest fall"
        case .exposure: "Held"
        case .turnover: "Turnover a year"
        case .changesPerYear: "Changes a year"
        case .logScore: "Log score"
        case .posteriorBrier: "Posterior, Brier"
        case .posteriorSkill: "Posterior, skill"
        case .persistenceBrier: "Confidence, Brier"
        case .persistenceSkill: "Confidence, skill"
        case .calibratedBrier: "Calibrated, Brier"
        case .calibratedSkill: "Calibrated, skill"
        }
    }

    private enum Form {
        case percent
        case plain(Int)
        case thousandths
    }

    private var form: Form {
        switch self {
        case .annualisedReturn, .annualisedVolatility, .maximumDrawdown, .exposure: .percent
        case .sharpe, .sortino, .calmar, .posteriorSkill, .persistenceSkill, .calibratedSkill:
            .plain(2)
        case .turnover, .changesPerYear: .plain(1)
        case .posteriorBrier, .persistenceBrier, .calibratedBrier: .plain(3)
        case .logScore: .thousandths
        }
    }

    /// What a figure is multiplied with to be in the unit that it is shown in.
    var shownFactor: Double {
        switch form {
        case .percent: 100
        case .plain: 1
        case .thousandths: 1000
        }
    }

    var shownDecimals: Int {
        if case .plain(let decimals) = form { decimals } else { 1 }
    }

    /// What differences are counted in, after a number.
    var differenceUnit: String {
        switch form {
        case .percent: " points"
        case .plain: ""
        case .thousandths: " thousandths of a nat"
        }
    }

    /// The figure with its unit.
    func text(_ value: Double) -> String {
        let number = bare(value)
        if case .percent = form { return number + "\u{A0}%" }
        return number
    }

    /// The number without a unit.
    func bare(_ value: Double) -> String {
        NumberText.typeset(NumberText.number(value * shownFactor, shownDecimals))
    }

    func text(_ interval: BootstrapInterval) -> String {
        "\(bare(interval.lower)) … \(bare(interval.upper))"
    }
}
