package import Market
package import Trading

/// Keeps paper portfolios, what they decided, and their orders. Every call is one transaction.
///
/// Implementations: `InMemoryPaperBook`, `SQLitePaperBook`, `PostgresPaperBook`, beside the series
/// whose changes are decided on. All pass the same conformance suite.
package protocol PaperBook: Sendable {
    /// Opens a portfolio from the last announced change of its series on. The same again changes
    /// nothing, also once it is closed.
    ///
    /// - Throws: `PaperBookError.keyTaken`, `.unknownSeries`, `.tooMany`.
    func open(_ portfolio: PaperPortfolio) async throws -> PaperPortfolio

    func portfolio(_ key: PaperKey) async throws -> PaperPortfolio?

    /// A user's portfolios by id, closed ones too.
    func portfolios(of user: UserID) async throws -> [PaperPortfolio]

    /// Those that follow a series and are not closed, by user, then id.
    func portfolios(following series: Series) async throws -> [PaperPortfolio]

    /// Ends the trading of a portfolio; its open orders are cancelled.
    ///
    /// - Returns: `nil` when there is none.
    func close(_ key: PaperKey, because reason: String) async throws -> PaperPortfolio?

    /// Writes a decision and its orders, once for each change. Orders that are open are cancelled.
    ///
    /// An order decided on an older change than the latest announced one is refused: the decision
    /// is written without orders, with the reason.
    ///
    /// - Returns: what is written, by whomever.
    /// - Throws: `PaperBookError.unknownPortfolio`.
    func record(_ decision: PaperDecision) async throws -> PaperDecision

    /// A portfolio's decisions on changes later than one, oldest first, their orders as they are.
    func decisions(
        of key: PaperKey, after sequence: Int64, limit: Int
    ) async throws -> [PaperDecision]

    /// Orders that are open: of one portfolio, or of all of them.
    func openOrders(of key: PaperKey?) async throws -> [PaperOrder]

    /// Writes what became of an order, if it still is as it was.
    ///
    /// - Returns: whether it was.
    func advance(_ order: PaperOrder, from before: PaperOrder) async throws -> Bool
}

package enum PaperPage {
    /// Decisions in one page at the most.
    package static let limitMaximum = 500
    /// Portfolios of one user at the most, closed ones too.
    package static let portfoliosLimit = 100

    package static func limit(_ asked: Int) -> Int { min(max(asked, 1), limitMaximum) }
}

package enum PaperBookError: Error, Equatable, Sendable {
    /// The name is of a portfolio that was opened otherwise.
    case keyTaken(PaperKey)
    case unknownPortfolio(PaperKey)
    case unknownSeries(Series)
    case tooMany(UserID)
}

extension PaperBookError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .keyTaken(let key):
            "portfolio \(key) was opened with other terms: give this one another portfolio_id"
        case .unknownPortfolio(let key): "there is no paper portfolio \(key): open it first"
        case .unknownSeries(let series):
            "unknown market \(series): no regime of it is stored that could be followed"
        case .tooMany(let user):
            "\(user) has \(PaperPage.portfoliosLimit) paper portfolios: use one of them"
        }
    }
}

// MARK: - What a decision means

extension PaperPortfolio {
    /// What a book answers that is asked to open this portfolio, and whether that is to be written.
    ///
    /// - Parameters:
    ///   - existing: the portfolio of that name.
    ///   - lastSequence: of the series; `nil` when it is not known.
    ///   - count: portfolios that the user has.
    package func opening(
        existing: PaperPortfolio?, lastSequence: Int64?, count: Int
    ) throws(PaperBookError) -> (portfolio: PaperPortfolio, isNew: Bool) {
        if let existing {
            guard existing.isOpenedAs(self) else { throw .keyTaken(key) }
            return (existing, false)
        }
        guard let lastSequence else { throw .unknownSeries(series) }
        guard count < PaperPage.portfoliosLimit else { throw .tooMany(key.userID) }
        var opened = self
        opened.fromSequence = lastSequence
        return (opened, true)
    }
}

/// What a book holds of what a decision touches.
package struct PaperFacts: Sendable {
    package var portfolio: PaperPortfolio
    /// The decision on the same change.
    package var existing: PaperDecision?
    /// Number of the last announced change of the series.
    package var lastSequence: Int64

    package init(
        portfolio: PaperPortfolio, existing: PaperDecision?, lastSequence: Int64
    ) {
        self.portfolio = portfolio
        self.existing = existing
        self.lastSequence = lastSequence
    }
}

/// What is to be written.
package enum PaperPlan: Sendable {
    case nothing(PaperDecision)
    /// The decision; whether the orders that are open are cancelled, with the reason.
    case record(PaperDecision, cancelling: String?)

    package var decision: PaperDecision {
        switch self {
        case .nothing(let decision), .record(let decision, _): decision
        }
    }

    package init(_ decision: PaperDecision, given facts: PaperFacts) {
        if let existing = facts.existing {
            self = .nothing(existing)
            return
        }
        var decision = decision
        let latest = max(facts.lastSequence, facts.portfolio.decidedSequence)
        if facts.portfolio.isClosed {
            decision.refusal = "the portfolio is closed"
        } else if decision.sequence < latest {
            decision.refusal =
                "decided on change \(decision.sequence), the latest is \(latest): orders of an "
                + "older regime are refused"
        }
        if decision.refusal != nil { decision.orders = [] }
        // What was ordered on an earlier change is over with its bar, whatever is made of this one.
        let isLatest = decision.sequence >= latest
        self = .record(
            decision,
            cancelling: isLatest ? PaperPlan.reason(ofChange: decision.sequence) : nil)
    }

    /// Why an order is cancelled that a later change found open.
    package static func reason(ofChange sequence: Int64) -> String {
        "change \(sequence) came before it was filled"
    }
}
