package import Market
import Regimes

/// A phase between two turning points of a market, dated after the fact.
package struct MarketPhase: Sendable, Equatable {
    package enum Direction: String, Sendable {
        case falling, rising
    }

    package let direction: Direction
    /// The bar of the turning point it begins at.
    package let start: Int
    /// The bar of the turning point it ends at; the last bar's index when it has not ended.
    package let end: Int
    /// Close at the end, or the most extreme one so far, over the close at the start, less 1.
    package let move: Double
    /// Whether the turning point that it ends at is known.
    package let hasEnded: Bool

    /// Bull and bear phases by the filter of Lunde and Timmermann (2004, section 2): a bear phase
    /// begins at a maximum from which the close falls by `fall`, a bull phase at a minimum from
    /// which it rises by `rise`, each a share of the extreme close. **Looks ahead**: a turning
    /// point is known only when the move after it is complete.
    ///
    /// - Parameters:
    ///   - closes: missing ones (not finite) are passed over.
    ///   - fall: 0 … 1, for example 0.2.
    ///   - rise: above 0, for example 0.2.
    package static func phases(
        closes: [Double], fall: Double, rise: Double
    ) -> [MarketPhase] {
        guard let first = closes.firstIndex(where: \.isFinite) else { return [] }
        var turningPoints: [(bar: Int, direction: Direction)] = []
        var direction: Direction?
        var (highest, lowest) = (first, first)
        for bar in first..<closes.count where closes[bar].isFinite {
            if closes[bar] > closes[highest] { highest = bar }
            if closes[bar] < closes[lowest] { lowest = bar }
            if direction != .falling, closes[bar] <= closes[highest] * (1 - fall) {
                direction = .falling
                turningPoints.append((highest, .falling))
                lowest = bar
            } else if direction != .rising, closes[bar] >= closes[lowest] * (1 + rise) {
                direction = .rising
                turningPoints.append((lowest, .rising))
                highest = bar
            }
        }
        return turningPoints.indices.map { index in
            let (start, direction) = turningPoints[index]
            let next = index + 1 < turningPoints.count ? turningPoints[index + 1].bar : nil
            let extreme = next ?? (direction == .falling ? lowest : highest)
            return MarketPhase(
                direction: direction, start: start, end: next ?? closes.count - 1,
                move: closes[extreme] / closes[start] - 1, hasEnded: next != nil)
        }
    }
}

/// How soon labels showed the turns of a market.
package struct DetectionLag: Sendable, Equatable {
    /// Phases that begin in the range looked at.
    package let phases: Int
    /// Those in which the fitting label, risk-off in a fall and risk-on in a rise, was published.
    package let detected: Int
    /// Bars from the turning point to the first fitting label, one per detected phase; 0 when it
    /// stood there already.
    package let lags: [Int]

    /// `nil` when nothing was detected. The lower middle one of an even number.
    package var median: Int? {
        lags.isEmpty ? nil : lags.sorted()[(lags.count - 1) / 2]
    }

    package var mean: Double? {
        lags.isEmpty ? nil : Double(lags.reduce(0, +)) / Double(lags.count)
    }

    /// - Parameter range: of bars that a phase must begin in.
    package init(
        _ path: LabelPath, _ phases: [MarketPhase], _ direction: MarketPhase.Direction,
        in range: Range<Int>
    ) {
        let wanted = phases.filter { $0.direction == direction && range.contains($0.start) }
        let lags = wanted.compactMap { DetectionLag.bars($0, path) }
        self.phases = wanted.count
        detected = lags.count
        self.lags = lags
    }
}

extension DetectionLag {
    /// Bars from a phase's turning point to the first fitting label; `nil` when none was published
    /// before the phase ended.
    package static func bars(_ phase: MarketPhase, _ path: LabelPath) -> Int? {
        (phase.start...phase.end).first { bar in
            let regime = path.published[bar]
            return regime != .unknown
                && Strategy.isRiskOn(regime) == (phase.direction == .rising)
        }
        .map { $0 - phase.start }
    }

    /// Several markets' phases together.
    init(merging lags: [DetectionLag]) {
        phases = lags.reduce(0) { $0 + $1.phases }
        detected = lags.reduce(0) { $0 + $1.detected }
        self.lags = lags.flatMap(\.lags)
    }
}

/// A dated turning point and how soon each candidate showed it.
package struct MarketTurn: Sendable, Equatable {
    package let market: String
    package let direction: MarketPhase.Direction
    /// Of the turning point.
    package let date: CivilDate
    /// Of the next one; the last bar's when there is none yet.
    package let through: CivilDate
    package let hasEnded: Bool
    /// Close at the end, or the most extreme one so far, over the close at the start, less 1.
    package let move: Double
    /// Bars to the first fitting label, one per candidate; `nil`: never while the phase lasted.
    package let lags: [Int?]

    init(_ phase: MarketPhase, _ history: MarketHistory, _ paths: [LabelPath]) {
        market = history.name
        direction = phase.direction
        date = history.dates[phase.start]
        through = history.dates[phase.end]
        hasEnded = phase.hasEnded
        move = phase.move
        lags = paths.map { DetectionLag.bars(phase, $0) }
    }
}
