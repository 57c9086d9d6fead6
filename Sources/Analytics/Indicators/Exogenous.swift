import Market

/// A value from outside the market as it was known with the bar.
struct ExogenousLevel: Indicator {
    private let name: String

    init(name: String) {
        self.name = name
    }

    mutating func advance(with bar: Bar) -> Double { bar.exogenous[name] }
}

/// Logarithm of a value over what it was some bars ago; bars without it do not count.
struct ExogenousChange: Indicator {
    private let name: String
    private var levels: RollingWindow

    init(name: String, length: Int) {
        self.name = name
        levels = RollingWindow(length: length + 1)
    }

    mutating func advance(with bar: Bar) -> Double {
        let level = bar.exogenous[name]
        guard level.isFinite else { return .nan }
        levels.append(level)
        return levels.isFull ? LogReturn.between(levels[0], level) : .nan
    }
}
