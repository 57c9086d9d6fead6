package import Market
package import Regimes

/// What a person wants to be told, and when.
package struct NoticePreferences: Sendable, Hashable {
    package var regimeChanges: Bool
    package var orderFills: Bool
    /// All when empty.
    package var markets: Set<MarketName>
    /// Changes that lead to one of these or away from it: who is warned of a crisis is told of its
    /// end. All when empty.
    package var regimes: Set<Regime>
    /// Changes to or from a regime at least this risky.
    package var minimumRisk: RiskLevel
    /// Of the regime that a change leads to; 0 … 1.
    package var minimumConfidence: Double
    /// A name of the IANA time zone database, for quiet hours and digests.
    package var zone: String
    package var quietHours: QuietHours?
    package var digest: Digest
    /// For so long a change waits for another that takes it back; 0: it is told at once.
    package var netSeconds: Int64

    package static let netSecondsLimit: Int64 = 86_400

    package init(
        regimeChanges: Bool = true, orderFills: Bool = true, markets: Set<MarketName> = [],
        regimes: Set<Regime> = [], minimumRisk: RiskLevel = .low, minimumConfidence: Double = 0,
        zone: String = "UTC", quietHours: QuietHours? = nil, digest: Digest = .instant,
        netSeconds: Int64 = 0
    ) {
        self.regimeChanges = regimeChanges
        self.orderFills = orderFills
        self.markets = markets
        self.regimes = regimes
        self.minimumRisk = minimumRisk
        self.minimumConfidence = minimumConfidence
        self.zone = zone
        self.quietHours = quietHours
        self.digest = digest
        self.netSeconds = netSeconds
    }

    package func wants(_ matter: NoticeMatter) -> Bool {
        switch matter {
        case .change(let step): wants(step)
        case .fill: orderFills
        }
    }

    private func wants(_ step: RegimeStep) -> Bool {
        let ends = [step.previous, step.regime]
        return regimeChanges
            && (markets.isEmpty || markets.contains(step.series.market))
            && (regimes.isEmpty || ends.contains { regimes.contains($0) })
            && ends.contains { $0.riskLevel >= minimumRisk }
            && step.confidence >= minimumConfidence
    }
}

/// A stretch of each local day in which nobody is disturbed.
package struct QuietHours: Sendable, Hashable {
    /// Minutes after local midnight, 0 … 1,439. They begin at `start` and are over at `end`, on the
    /// next day where that is earlier; equal ones would be the whole day, and are none.
    package let start: Int
    package let end: Int

    /// `nil` when there are no such hours.
    package init?(start: Int, end: Int) {
        let day = 0..<1_440
        guard day.contains(start), day.contains(end), start != end else { return nil }
        self.start = start
        self.end = end
    }

    func contains(minute: Int) -> Bool {
        start < end ? (start..<end).contains(minute) : minute >= start || minute < end
    }
}

/// Whether news comes one by one.
package enum Digest: Sendable, Hashable {
    case instant
    /// Together, at each full local hour.
    case hourly
    /// Together, at this minute after local midnight, 0 … 1,439.
    case daily(minute: Int)
}
