package import Market

/// What a person orders: that a regime be published in place of the filter's, until it expires.
package struct OverrideOrder: Hashable, Sendable {
    /// Bytes of the reason, in UTF-8.
    package static let reasonLimit = 500
    /// How long an override may be in force.
    package static let daysLimit: Int64 = 366

    package let series: Series
    /// Never `unknown`.
    package let regime: Regime
    /// Who orders it, by the rule of identifiers.
    package let userID: String
    /// Why; one line.
    package let reason: String
    /// When it was ordered, by the wall clock; whole microseconds.
    package let madeAt: Timestamp
    /// From when on the filter's own answer holds again; whole microseconds.
    package let expiresAt: Timestamp

    /// - Throws: `OverrideFault` naming the first field that makes no sense.
    package init(
        series: Series, regime: Regime, userID: String, reason: String, madeAt: Timestamp,
        expiresAt: Timestamp
    ) throws(OverrideFault) {
        self.series = series
        self.regime = regime
        self.userID = userID
        self.reason = reason
        self.madeAt = madeAt
        self.expiresAt = expiresAt
        if let fault { throw fault }
    }

    /// Whether both order the same, whenever they were made.
    package func asksTheSame(as other: OverrideOrder) -> Bool {
        series == other.series && regime == other.regime && userID == other.userID
            && reason == other.reason && expiresAt == other.expiresAt
    }

    /// In words, without who ordered it: that is for the audit alone.
    package var reasoning: String { "overridden until \(expiresAt): \(reason)" }

    /// What is said when it has expired.
    package var expiryReasoning: String {
        "the override to \(regime) expired at \(expiresAt): the filter's own answer holds again"
    }

    private var fault: OverrideFault? {
        if !IdentifierRule.allows(userID) {
            return OverrideFault("user_id", IdentifierRule.problem)
        }
        if regime == .unknown {
            return OverrideFault("regime", "unknown is what is said when nothing is known")
        }
        return reasonFault ?? timeFault
    }

    private var reasonFault: OverrideFault? {
        if reason.allSatisfy(\.isWhitespace) {
            return OverrideFault("reason", "is missing: say why, it is kept with the override")
        }
        if reason.utf8.count > OverrideOrder.reasonLimit {
            return OverrideFault(
                "reason", "has \(reason.utf8.count) bytes: \(OverrideOrder.reasonLimit) at most")
        }
        let isOneLine = reason.unicodeScalars.allSatisfy { scalar in
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator: false
            default: true
            }
        }
        return isOneLine
            ? nil : OverrideFault("reason", "has a control character or more than one line")
    }

    private var timeFault: OverrideFault? {
        if !expiresAt.isWholeMicrosecond {
            return OverrideFault("expires_at", "\(expiresAt) is finer than a microsecond")
        }
        if !madeAt.isWholeMicrosecond {
            return OverrideFault("made_at", "\(madeAt) is finer than a microsecond")
        }
        let term = Int128(expiresAt.nanoseconds) - Int128(madeAt.nanoseconds)
        if term <= 0 {
            return OverrideFault("expires_at", "\(expiresAt) is not later than now, \(madeAt)")
        }
        if term > Int128(OverrideOrder.daysLimit) * Int128(Timestamp.nanosecondsPerDay) {
            return OverrideFault(
                "expires_at",
                "\(expiresAt) is more than \(OverrideOrder.daysLimit) days from now, \(madeAt): "
                    + "order less, and again when that has expired")
        }
        return nil
    }
}

/// A field of an order that makes no sense.
package struct OverrideFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// As the wire names it.
    package let field: String
    package let problem: String

    init(_ field: String, _ problem: String) {
        self.field = field
        self.problem = problem
    }

    package var description: String { "\(field): \(problem)" }
}

/// An override as it was put in force. It changes what is published; assessments go on without it.
package struct RegimeOverride: Hashable, Sendable {
    /// That of its start's event.
    package let id: EventID
    package let order: OverrideOrder
    /// Of its start among the announced changes of the series; as long as it is in force, that is
    /// the last one.
    package let sequence: Int64
    /// The latest assessed bar when it was put in force.
    package let asOf: Timestamp
    /// What was published before it.
    package let previousRegime: Regime
    /// `nil` until its end is recorded.
    package var end: OverrideEnd?

    package init(
        id: EventID, order: OverrideOrder, sequence: Int64, asOf: Timestamp,
        previousRegime: Regime, end: OverrideEnd? = nil
    ) {
        self.id = id
        self.order = order
        self.sequence = sequence
        self.asOf = asOf
        self.previousRegime = previousRegime
        self.end = end
    }

    package var series: Series { order.series }
    package var regime: Regime { order.regime }

    /// Whether it is what is published at an instant of the wall clock, no earlier than it was
    /// made.
    package func isInForce(at instant: Timestamp) -> Bool {
        end == nil && instant < order.expiresAt
    }

    /// Whether it was what was published at an instant of the past.
    package func wasInForce(at instant: Timestamp) -> Bool {
        let isOver = end.map { $0.at <= instant } ?? false
        return order.madeAt <= instant && instant < order.expiresAt && !isOver
    }
}

/// How and when an override ended.
package struct OverrideEnd: Hashable, Sendable {
    package enum How: String, Sendable {
        /// Its time was over.
        case expired
        /// Another override was put in its place.
        case replaced
    }

    package let how: How
    /// When that was recorded, by the wall clock; whole microseconds.
    package let at: Timestamp

    package init(_ how: How, at instant: Timestamp) {
        self.how = how
        at = instant
    }
}
