package import Market
package import Regimes

/// A change that a person is not told of yet.
package struct HeldStep: Sendable, Equatable {
    /// Of the change that came last; what was held before it is told as part of it.
    package var eventID: EventID
    /// `previous` is what the person believes.
    package var step: RegimeStep
    /// When the first change came of those that this one stands for.
    package var since: Timestamp
    package var due: Timestamp

    package init(eventID: EventID, step: RegimeStep, since: Timestamp, due: Timestamp) {
        self.eventID = eventID
        self.step = step
        self.since = since
        self.due = due
    }
}

/// What a notice means for one person.
package enum NoticePlan: Sendable, Equatable {
    /// They don't want it: nothing is kept.
    case pass
    /// They are told of it, then or at once.
    case tell(at: Timestamp)
    /// They are told of it then, but not before what is held of its series.
    case tellBehind(at: Timestamp)
    /// They are told of it in place of a change that was held: of both as one, which leads from
    /// `previous`, when that would have been told.
    case tellInPlace(of: EventID, previous: Regime, since: Timestamp, at: Timestamp)
    /// It takes back what was held: they are told of neither. Both are kept.
    case takeBack(EventID)

    /// - Parameters:
    ///   - held: the change of the same series that this person is not told of yet.
    ///   - isLate: whether a later change of the series came before, and was told or is held: no
    ///     other will take this one back.
    ///   - instant: now.
    package init(
        _ notice: Notice, for preferences: NoticePreferences, held: HeldStep?,
        isLate: Bool = false, at instant: Timestamp, by clock: ZoneClock
    ) {
        let step: RegimeStep? = if case .change(let step) = notice.matter { step } else { nil }
        let due = preferences.tellingTime(
            of: instant, waits: step.map { !$0.isRestatement && !isLate } ?? false, by: clock)
        guard let step, let held, !isLate, step.follows(held.step) else {
            self = preferences.wants(notice.matter) ? .tell(at: due) : .pass
            return
        }
        let isInTime = instant <= held.since.advanced(bySeconds: preferences.netSeconds)
        guard isInTime, !held.step.isRestatement else {
            self =
                preferences.wants(notice.matter) ? .tellBehind(at: max(due, held.due)) : .pass
            return
        }
        self.init(step, after: held, for: preferences, at: instant, due: due)
    }

    /// What the next word on a held change means for both.
    ///
    /// - Parameter due: when it would be told if nothing was held.
    private init(
        _ step: RegimeStep, after held: HeldStep, for preferences: NoticePreferences,
        at instant: Timestamp, due: Timestamp
    ) {
        var net = step
        net.previous = held.step.previous
        // What was announced before, and may have been told, is news also when nothing is new now.
        if net.previous == net.regime, !step.isRestatement {
            self = .takeBack(held.eventID)
        } else if preferences.wants(.change(net)) {
            // What was held no longer holds: who hears of the one has no use for the other.
            self = .tellInPlace(
                of: held.eventID, previous: net.previous, since: held.since,
                at: step.isRestatement ? due : max(held.due, instant))
        } else {
            // What was sure enough stays news when the next is only less sure. Otherwise what was
            // wanted is not any more, and the person, who knows nothing of it, is told nothing.
            net.confidence = 1
            self = preferences.wants(.change(net)) ? .pass : .takeBack(held.eventID)
        }
    }
}

extension RegimeStep {
    /// Whether this is a later word on a series than a held change: not one that comes late.
    fileprivate func follows(_ held: RegimeStep) -> Bool {
        series == held.series && sequence > held.sequence
    }
}
