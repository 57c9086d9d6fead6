import Ports

/// How a stream begins: what it can still tell of what was missed.
struct Resumption: Sendable, Equatable {
    enum Answer: String, Sendable {
        /// Only what comes was asked for.
        case fromNow = "from_now"
        case nothingMissed = "nothing_missed"
        /// All that was missed comes now.
        case replaying
        /// Some of it is no longer kept; what is comes now. Of what was told after a position
        /// ahead of the store, as of one that was restored, nothing is known: what comes follows.
        case incomplete
    }

    let answer: Answer
    let after: Int64?
    let span: NoticeSpan

    /// - Parameters:
    ///   - after: what was asked for.
    ///   - hasMissed: whether something is kept that the asker was told after that.
    init(after: Int64?, span: NoticeSpan, hasMissed: Bool) {
        self.after = after
        self.span = span
        guard let after else {
            answer = .fromNow
            return
        }
        // Whether what is gone was for the asker nobody knows any more.
        answer =
            after < span.removedThrough || after > span.last
            ? .incomplete
            : hasMissed ? .replaying : .nothingMissed
    }
}
