package import Contracts

extension Bloasis_Notification_Resumption {
    /// How a stream begins, for people.
    package var sentence: String {
        switch Resumption.Answer(rawValue: answer) {
        case .fromNow: "what is told from now on follows; the last so far was #\(last)"
        case .nothingMissed: "nothing was missed after #\(after)"
        case .replaying: "what was told after #\(after) comes first"
        case .incomplete where isAhead:
            "nothing is known of #\(after), the last here is #\(last); what is told from now on "
                + "follows"
        case .incomplete:
            "what was told up to #\(removedThrough) is no longer kept; the rest comes first"
        // Of a newer server.
        case nil: "the stream begins: \(answer)"
        }
    }

    /// Whether something was missed for good.
    package var hasGap: Bool { answer == Resumption.Answer.incomplete.rawValue }
}
