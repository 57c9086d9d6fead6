/// The form of a Markov-switching model of one series (Hamilton 1989; Kim and Nelson 1999,
/// chapter 4).
///
/// With the regime sₜ of a hidden Markov chain, regressors xₜ and order p,
///
///     yₜ = m(sₜ, t) + Σⱼ φⱼ(sₜ)·(yₜ₋ⱼ − m(sₜ₋ⱼ, t − j)) + σ(sₜ)·εₜ,   m(s, t) = c(s) + xₜ·β(s)
///
/// which is a switching regression for p = 0 and Hamilton's form, the deviation of each lag from
/// the mean of *its* regime, for p > 0. To let an intercept switch instead of the mean, hand over
/// lags of y as regressors.
package struct MarkovSwitchingSpecification: Codable, Equatable, Sendable {
    package enum Trend: String, Codable, Sendable {
        case none
        case constant
    }

    package static let regimeLimit = 8
    package static let orderLimit = 12
    /// Regressors, and likewise transition covariates, at the most.
    package static let columnLimit = 64
    /// Regimes of a bar and of the lags its density depends on, taken together: K^(p + 1).
    package static let historyLimit = 32_768

    /// 1 … 8.
    package let regimes: Int
    /// p, 0 or more.
    package let order: Int
    package let trend: Trend
    package let switchesTrend: Bool
    /// One flag per regressor: whether its coefficient switches.
    package let switchesExogenous: [Bool]
    /// One flag per lag: whether its coefficient switches.
    package let switchesAutoregression: [Bool]
    package let switchesVariance: Bool
    /// Covariates of the transition probabilities besides the constant that goes before them; 0
    /// makes the probabilities constant.
    package let transitionColumns: Int

    /// - Parameter switchesAutoregression: `nil` lets all p coefficients switch.
    /// - Throws: `MarkovSwitchingError.specification` saying what is wrong.
    package init(
        regimes: Int, order: Int = 0, trend: Trend = .constant, switchesTrend: Bool = true,
        switchesExogenous: [Bool] = [], switchesAutoregression: [Bool]? = nil,
        switchesVariance: Bool = false, transitionColumns: Int = 0
    ) throws(MarkovSwitchingError) {
        self.regimes = regimes
        self.order = order
        self.trend = trend
        self.switchesTrend = switchesTrend
        self.switchesExogenous = switchesExogenous
        self.switchesAutoregression =
            switchesAutoregression ?? [Bool](repeating: true, count: max(order, 0))
        self.switchesVariance = switchesVariance
        self.transitionColumns = transitionColumns
        try validate()
    }

    /// The model of returns: switching mean and variance, no regressors.
    ///
    /// - Parameter order: lags of the autoregression in Hamilton's form, the same coefficients in
    ///   every regime.
    package static func returns(
        regimes: Int, order: Int = 0
    ) throws(MarkovSwitchingError) -> MarkovSwitchingSpecification {
        try MarkovSwitchingSpecification(
            regimes: regimes, order: order,
            switchesAutoregression: [Bool](repeating: false, count: max(order, 0)),
            switchesVariance: true)
    }

    /// What `init` checks; a decoded value is checked before it is used.
    package func validate() throws(MarkovSwitchingError) {
        func require(
            _ holds: Bool, _ message: @autoclosure () -> String
        )
            throws(MarkovSwitchingError)
        {
            if !holds { throw .specification(message()) }
        }
        try require(
            (1...Self.regimeLimit).contains(regimes),
            "\(regimes) regimes: give 1 to \(Self.regimeLimit)")
        try require(
            (0...Self.orderLimit).contains(order), "order \(order): give 0 to \(Self.orderLimit)")
        try require(
            switchesAutoregression.count == order,
            "\(switchesAutoregression.count) switches for \(order) lags: give one flag per lag")
        try require(
            switchesExogenous.count <= Self.columnLimit,
            "\(switchesExogenous.count) regressors: give \(Self.columnLimit) at the most")
        try require(
            (0...Self.columnLimit).contains(transitionColumns),
            "\(transitionColumns) transition covariates: give 0 to \(Self.columnLimit)")
        var histories = regimes
        for _ in 0..<memory where histories <= Self.historyLimit { histories *= regimes }
        try require(
            histories <= Self.historyLimit,
            "\(regimes) regimes with \(order) lags make more than \(Self.historyLimit) histories: "
                + "take fewer regimes or lags, or a mean that does not switch")
    }

    /// Values of a row: y, the regressors, the transition covariates, in this order.
    package var rowCount: Int { 1 + switchesExogenous.count + transitionColumns }

    package var hasVaryingTransitions: Bool { transitionColumns > 0 }

    /// Coefficients of a regime's mean: the constant, where there is one, then the regressors'.
    var coefficientCount: Int { (trend == .constant ? 1 : 0) + switchesExogenous.count }

    /// One flag per coefficient.
    var switchesCoefficient: [Bool] {
        (trend == .constant ? [switchesTrend] : []) + switchesExogenous
    }

    /// How many past regimes a bar's density depends on: p, or 0 if no mean switches.
    var memory: Int { switchesCoefficient.contains(true) ? order : 0 }

    /// Free parameters: what information criteria count.
    package var parameterCount: Int {
        func free(_ switches: [Bool]) -> Int { switches.reduce(0) { $0 + ($1 ? regimes : 1) } }
        return regimes * (regimes - 1) * (1 + transitionColumns) + free(switchesCoefficient)
            + free(switchesAutoregression) + (switchesVariance ? regimes : 1)
    }
}
