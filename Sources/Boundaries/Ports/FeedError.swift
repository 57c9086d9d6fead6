package import Market

/// Why a feed gave no bars, about what, and what to do. Nothing of it holds a key.
package struct FeedError: Error, Equatable, Sendable {
    package enum Reason: Equatable, Sendable {
        /// The vendor knows no such symbol, or has nothing of it in that range: many do not say
        /// which.
        case noData
        /// Asked too often; `retryAfterSeconds` is what the vendor asks to wait, if it says so.
        case rateLimited(retryAfterSeconds: Int64?)
        /// The allowance of the day, or of the plan, is used up.
        case quotaSpent
        /// The variable that holds the key is not set.
        case keyNotSet(variable: String)
        /// The key is wrong, or its plan does not include what was asked.
        case refused(detail: String)
        /// The vendor says something in words that is none of the others.
        case vendorMessage(String)
        /// The answer is not what the vendor documents; `row` counts data rows from 1.
        case unreadable(row: Int?, field: String?, problem: String)
        /// No answer, or one that says the vendor itself is failing.
        case unreachable(String)
        /// The vendor keeps this timeframe only for a while.
        case notBefore(Timestamp)
        case unsupportedTimeframe(Timeframe, offered: [Timeframe])
        case unsupportedCalendar(SessionCalendar, offered: [SessionCalendar])
        case tooManyBars(limit: Int)
    }

    package let feed: String
    /// `nil` when no symbol is concerned.
    package let symbol: FeedSymbol?
    package let reason: Reason

    package init(_ feed: String, _ symbol: FeedSymbol?, _ reason: Reason) {
        self.feed = feed
        self.symbol = symbol
        self.reason = reason
    }

    /// Whether the same request may succeed soon without anything being changed.
    package var isRetriable: Bool {
        switch reason {
        case .rateLimited, .unreachable: true
        case .noData, .quotaSpent, .keyNotSet, .refused, .vendorMessage, .unreadable, .notBefore,
            .unsupportedTimeframe, .unsupportedCalendar, .tooManyBars:
            false
        }
    }
}

extension FeedError: CustomStringConvertible {
    package var description: String {
        feed + (symbol.map { " \($0)" } ?? "") + ": \(reason)"
    }
}

extension FeedError.Reason: CustomStringConvertible {
    package var description: String {
        switch self {
        case .noData: return "no such symbol, or nothing in that range: check both"
        case .rateLimited(let seconds):
            return "asked too often: try again "
                + (seconds.map { "in \($0) s" } ?? "later, or ask less often")
        case .quotaSpent:
            return "the allowance is used up: try again tomorrow, or choose another feed or plan"
        case .keyNotSet(let variable): return "\(variable) not set"
        case .refused(let detail): return "refused: \(detail)"
        case .vendorMessage(let text): return "the vendor says: \(text)"
        case .unreadable(let row, let field, let problem):
            let place = [row.map { "row \($0)" }, field].compactMap(\.self)
            let at = place.isEmpty ? "" : " at " + place.joined(separator: ", ")
            return "the answer cannot be read\(at): \(problem)"
        case .unreachable(let problem): return "no answer: \(problem)"
        case .notBefore(let earliest):
            return "it has bars of this timeframe only from \(earliest) on: ask for a later start"
        case .unsupportedTimeframe(let timeframe, let offered):
            return "it has no bars of \(timeframe): choose "
                + offered.map { "\($0)" }.joined(separator: ", ")
        case .unsupportedCalendar(let calendar, let offered):
            return "it has no markets of the calendar \(calendar.rawValue): choose "
                + offered.map(\.rawValue).joined(separator: ", ")
        case .tooManyBars(let limit):
            return "more than \(limit) bars: ask for a shorter range"
        }
    }
}
