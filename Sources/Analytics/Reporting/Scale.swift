import Market

/// Values to places on a drawing.
struct Scale: Equatable {
    let domain: ClosedRange<Double>
    /// Where the ends of the domain lie.
    let start: Double
    let end: Double

    /// - Parameter domain: of finite numbers; one without width is widened.
    init(_ domain: ClosedRange<Double>, from start: Double, to end: Double) {
        let isFlat = domain.upperBound - domain.lowerBound < 1e-12
        self.domain =
            isFlat ? (domain.lowerBound - 0.5)...(domain.upperBound + 0.5) : domain
        self.start = start
        self.end = end
    }

    func place(_ value: Double) -> Double {
        let share = (value - domain.lowerBound) / (domain.upperBound - domain.lowerBound)
        return start + min(max(share, 0), 1) * (end - start)
    }

    /// Round values inside the domain, about so many.
    func ticks(_ count: Int) -> [Double] {
        let width = domain.upperBound - domain.lowerBound
        var step = 1.0
        while step * 10 <= width / Double(count) { step *= 10 }
        while step > width / Double(count) { step /= 10 }
        let steps = [1.0, 2, 5, 10].map { $0 * step }
        let chosen = steps.first { width / $0 <= Double(count) } ?? step * 10
        var ticks: [Double] = []
        var index = (domain.lowerBound / chosen).rounded(.up)
        while index * chosen <= domain.upperBound + chosen * 1e-9 {
            ticks.append(index * chosen)
            index += 1
        }
        return ticks
    }

    /// Decimals that tell ticks apart.
    static func decimals(_ ticks: [Double]) -> Int {
        guard ticks.count > 1 else { return 1 }
        let step = ticks[1] - ticks[0]
        return (0...4).first { decimals in
            let scaled = step * (0..<decimals).reduce(1.0) { value, _ in value * 10 }
            return abs(scaled - scaled.rounded()) < 1e-6
        } ?? 4
    }

    /// The first days of years inside a domain of days, every so many years.
    func yearTicks(_ count: Int) -> [(day: Double, year: Int)] {
        let first = CivilDate(daysSinceEpoch: Int(domain.lowerBound)).year
        let last = CivilDate(daysSinceEpoch: Int(domain.upperBound)).year
        let stride = max(1, ((last - first) + count - 1) / count)
        return (first...max(first, last)).compactMap { year in
            guard year % stride == 0, let date = CivilDate(year: year, month: 1, day: 1) else {
                return nil
            }
            let day = Double(date.daysSinceEpoch)
            return domain.contains(day) ? (day, year) : nil
        }
    }

    /// Round wealths inside a domain of their logarithms, the fewer the wider it is.
    static func wealthTicks(
        _ domain: ClosedRange<Double>, logarithm: (Double) -> Double
    )
        -> [(place: Double, wealth: Double)]
    {
        let width = domain.upperBound - domain.lowerBound
        // About a factor of ten, of a thousand, and more.
        let factors = width < 2.4 ? [1.0, 1.5, 2, 3, 5, 7] : width < 7 ? [1, 2, 5] : [1]
        var ticks: [(place: Double, wealth: Double)] = []
        for exponent in -6...8 {
            let power = (0..<abs(exponent)).reduce(1.0) { value, _ in
                exponent < 0 ? value / 10 : value * 10
            }
            for factor in factors {
                let place = logarithm(factor * power)
                if domain.contains(place) { ticks.append((place, factor * power)) }
            }
        }
        return ticks
    }
}
