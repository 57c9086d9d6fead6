package import Market
package import Regimes

/// What a store holds of a series that an override begins or ends in.
package struct OverrideFacts: Sendable {
    package var head: SeriesHead
    /// The assessment at `head.lastAsOf`; `nil` before the first, and where it was dropped.
    package var assessment: RegimeAssessment?
    /// The highest revision among changes of overrides about `head.lastAsOf`; 0 without any.
    package var revision: Int

    package init(head: SeriesHead, assessment: RegimeAssessment?, revision: Int) {
        self.head = head
        self.assessment = assessment
        self.revision = revision
    }
}

/// The rows that an override's begin or end adds to a store, and the series' head afterwards.
package struct OverridePlan: Sendable {
    /// With its end: that alone is written, and before `started`.
    package var ended: RegimeOverride?
    package var started: RegimeOverride?
    /// Announced, in order.
    package var changes: [RegimeChange] = []
    package var outbox: [OutboxEntry] = []
    package var head: SeriesHead

    package var isEmpty: Bool { ended == nil && started == nil }
}

/// What an order, or the end of its time, means for a series. Pure, so that every ledger decides
/// alike.
package struct OverrideDecision: Sendable {
    private var facts: OverrideFacts
    private var plan: OverridePlan
    private let wording: ChangeWording

    /// Puts an override in force.
    ///
    /// - Returns: what is to be written, and what is in force afterwards.
    /// - Throws: `OverrideRefusal`.
    package static func start(
        _ order: OverrideOrder, given facts: OverrideFacts, wording: ChangeWording
    ) throws(OverrideRefusal) -> (plan: OverridePlan, override: RegimeOverride) {
        precondition(
            order.series == facts.head.profile.series, "an order for another series")
        var decision = OverrideDecision(facts: facts, wording: wording)
        decision.endIfExpired(at: order.madeAt)
        let standing = decision.plan.head.override
        if let standing, standing.order.asksTheSame(as: order) {
            return (decision.plan, standing)
        }
        guard let asOf = facts.head.lastAsOf, facts.assessment != nil else {
            throw .notAssessed(order.series)
        }
        if let standing {
            decision.end(standing, .replaced, at: order.madeAt)
        } else if facts.head.lastRegime == order.regime {
            throw .saidAnyway(order.series, order.regime)
        }
        let started = decision.start(order, after: standing, asOf: asOf)
        return (decision.plan, started)
    }

    /// Ends the override in force when its time is over; otherwise nothing is to be written.
    package static func end(
        at now: Timestamp, given facts: OverrideFacts, wording: ChangeWording
    ) -> OverridePlan {
        var decision = OverrideDecision(facts: facts, wording: wording)
        decision.endIfExpired(at: now)
        return decision.plan
    }

    private init(facts: OverrideFacts, wording: ChangeWording) {
        self.facts = facts
        self.wording = wording
        plan = OverridePlan(head: facts.head)
    }

    private mutating func start(
        _ order: OverrideOrder, after standing: RegimeOverride?, asOf: Timestamp
    ) -> RegimeOverride {
        let previous = standing?.regime ?? facts.head.lastRegime
        let id = announce(
            from: previous, to: order.regime, asOf: asOf, because: order.reasoning)
        let started = RegimeOverride(
            id: id, order: order, sequence: plan.head.lastSequence, asOf: asOf,
            previousRegime: previous)
        plan.head.override = started
        plan.started = started
        return started
    }

    private mutating func endIfExpired(at now: Timestamp) {
        guard let standing = plan.head.override, !standing.isInForce(at: now),
            let asOf = facts.head.lastAsOf
        else { return }
        end(standing, .expired, at: now.roundedUpToMicrosecond)
        let regime = facts.head.lastRegime
        announce(
            from: standing.regime, to: regime, asOf: asOf,
            confidence: facts.assessment?.calibratedConfidence(in: regime),
            because: standing.order.expiryReasoning)
    }

    private mutating func end(
        _ standing: RegimeOverride, _ how: OverrideEnd.How, at instant: Timestamp
    ) {
        var ended = standing
        ended.end = OverrideEnd(how, at: instant)
        plan.ended = ended
        plan.head.override = nil
    }

    /// Announces the next change that an override makes about a bar, whether or not the labels
    /// differ; the id of its event.
    ///
    /// - Parameter confidence: calibrated, where the filter's own label comes back; what a person
    ///   orders is not learnt from.
    @discardableResult
    private mutating func announce(
        from previous: Regime, to regime: Regime, asOf: Timestamp, confidence: Double? = nil,
        because reasoning: String
    ) -> EventID {
        facts.revision += 1
        var change = RegimeChange(
            eventID: EventID(""), series: facts.head.profile.series, asOf: asOf,
            revision: facts.revision, previousRegime: previous, regime: regime,
            // Of an answer that was dropped nothing is known any more.
            probabilities: facts.assessment?.probabilities ?? .unknown,
            calibratedConfidence: confidence, trigger: .override,
            modelVersion: .override, reasoning: reasoning)
        change.eventID = wording.eventID(change)
        let announced = plan.head.announce(change, superseding: nil)
        plan.changes.append(announced)
        plan.outbox.append(
            OutboxEntry(eventID: announced.eventID, message: wording.message(announced)))
        return announced.eventID
    }
}
