package import Market
package import Regimes
package import Trading

/// Something that people are told of, read off an event.
package struct Notice: Sendable, Equatable {
    package let eventID: EventID
    /// The event's instant: a bar's close, an execution.
    package let timestamp: Timestamp
    package let matter: NoticeMatter
    /// The event as it came, JSON.
    package let event: String

    package init(eventID: EventID, timestamp: Timestamp, matter: NoticeMatter, event: String) {
        self.eventID = eventID
        self.timestamp = timestamp
        self.matter = matter
        self.event = event
    }

    package var kind: NoticeKind {
        switch matter {
        case .change: .regimeChange
        case .fill: .orderFilled
        }
    }

    /// Of a change.
    package var series: Series? {
        if case .change(let step) = matter { step.series } else { nil }
    }

    /// Of a change, among those of its series.
    package var sequence: Int64? {
        if case .change(let step) = matter { step.sequence } else { nil }
    }
}

/// What a notice is about; the raw value is the wire's.
package enum NoticeKind: String, Sendable, CaseIterable {
    case regimeChange = "regime_change"
    case orderFilled = "order_filled"
}

package enum NoticeMatter: Sendable, Equatable {
    /// For everybody who wants it.
    case change(RegimeStep)
    /// For its user alone.
    case fill(Fill, knowing: Regime?)
}

/// From which regime to which a series went.
package struct RegimeStep: Sendable, Equatable {
    package var series: Series
    package var previous: Regime
    package var regime: Regime
    /// In `regime`.
    package var confidence: Double
    package var isCalibrated: Bool
    package var reasoning: String
    /// Among the series' announcements.
    package var sequence: Int64
    /// Whether this is news about the past: what was announced then no longer holds.
    package var isRestatement: Bool

    package init(
        series: Series, previous: Regime, regime: Regime, confidence: Double, isCalibrated: Bool,
        reasoning: String, sequence: Int64, isRestatement: Bool
    ) {
        self.series = series
        self.previous = previous
        self.regime = regime
        self.confidence = confidence
        self.isCalibrated = isCalibrated
        self.reasoning = reasoning
        self.sequence = sequence
        self.isRestatement = isRestatement
    }
}
