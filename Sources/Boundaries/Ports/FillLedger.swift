package import Regimes
package import Trading

/// Keeps the reports of executions. Every call is one transaction: all of it or nothing.
///
/// Implementations: `InMemoryRegimeStore`, `SQLiteRegimeStore`, `PostgresRegimeStore`, beside what
/// they keep of regimes, because they share the outbox. All pass the same conformance suite.
package protocol FillLedger: Sendable {
    /// Writes a report and its outbox row, with the next sequence of its user.
    ///
    /// The same report again changes nothing and answers what was recorded then, whatever regime
    /// is given now.
    ///
    /// - Parameter regime: what was known at the instant of the fill; for a correction or bust, of
    ///   the fill it refers to.
    /// - Throws: `FillLedgerError`, `StoreError`.
    func record(_ fill: Fill, knowing regime: KnownRegime?) async throws -> FillReceipt

    /// A user's reports by sequence, later than one of them.
    ///
    /// - Parameter limit: at most `FillPage.limitMaximum` are given.
    func fills(of user: UserID, after sequence: Int64, limit: Int) async throws -> [RecordedFill]

    /// The report of that id.
    func fill(_ id: FillID) async throws -> RecordedFill?
}

package enum FillPage {
    /// Reports in one page at the most.
    package static let limitMaximum = 10_000

    package static func limit(_ asked: Int) -> Int { min(max(asked, 1), limitMaximum) }
}

extension FillLedger {
    /// All of a user's reports by sequence, read page by page.
    package func fills(of user: UserID) async throws -> [RecordedFill] {
        var all: [RecordedFill] = []
        while true {
            let page = try await fills(
                of: user, after: all.last?.sequence ?? 0, limit: FillPage.limitMaximum)
            all += page
            if page.count < FillPage.limitMaximum { return all }
        }
    }
}

/// What recording a report did.
package struct FillReceipt: Equatable, Sendable {
    package var recorded: RecordedFill
    /// Whether the same report had been recorded before.
    package var isDuplicate: Bool

    package init(recorded: RecordedFill, isDuplicate: Bool) {
        self.recorded = recorded
        self.isDuplicate = isDuplicate
    }
}

package enum FillLedgerError: Error, Equatable, Sendable {
    /// The id was used for a report that says something else.
    case idTaken(FillID)
    /// A correction or bust of something that was never recorded.
    case unknownReference(FillID)
    /// A correction or bust of a report that another one has replaced already.
    case alreadyReplaced(FillID, by: FillID)
    /// A correction or bust that speaks of another trade than the report it refers to, or is
    /// earlier.
    case otherTrade(FillID, problem: String)
}

extension FillLedgerError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .idTaken(let id):
            return "fill_id \(id) is recorded with other content: a report is never changed, send "
                + "a correct or bust with an id of its own"
        case .unknownReference(let id):
            return "ref_fill_id \(id) is not recorded: send that fill first"
        case .alreadyReplaced(let id, let replacement):
            return "ref_fill_id \(id) was replaced by \(replacement): refer to that one, unless it "
                + "is a bust"
        case .otherTrade(let id, let problem):
            return "ref_fill_id \(id) \(problem)"
        }
    }
}

/// How a ledger names and words a report. A value handed in by the composition root, so that an
/// adapter holds neither hashing nor wire formats.
package struct FillWording: Sendable {
    /// Deterministic: a hash of the report's id.
    package var eventID: @Sendable (Fill) -> EventID
    package var message: @Sendable (RecordedFill) -> EventMessage

    package init(
        eventID: @escaping @Sendable (Fill) -> EventID,
        message: @escaping @Sendable (RecordedFill) -> EventMessage
    ) {
        self.eventID = eventID
        self.message = message
    }
}

/// How everything that goes through the outbox is named and worded, and how what comes of it is
/// read again.
package struct EventWording: Sendable {
    package var changes: ChangeWording
    package var fills: FillWording
    package var notices: NoticeReading

    package init(changes: ChangeWording, fills: FillWording, notices: NoticeReading) {
        self.changes = changes
        self.fills = fills
        self.notices = notices
    }
}

// MARK: - What a report means

/// What a ledger holds of what a report touches.
package struct FillFacts: Sendable {
    /// The report of the same id.
    package var existing: RecordedFill?
    /// The report it refers to.
    package var referenced: RecordedFill?
    /// The report that replaced that one.
    package var replacement: FillID?
    /// The sequence of the user's last report; 0 before the first.
    package var lastSequence: Int64

    package init(
        existing: RecordedFill?, referenced: RecordedFill?, replacement: FillID?,
        lastSequence: Int64
    ) {
        self.existing = existing
        self.referenced = referenced
        self.replacement = replacement
        self.lastSequence = lastSequence
    }
}

/// What is to be written.
package enum FillPlan: Sendable {
    case nothing(FillReceipt)
    case record(RecordedFill, OutboxEntry)

    package var receipt: FillReceipt {
        switch self {
        case .nothing(let receipt): receipt
        case .record(let recorded, _): FillReceipt(recorded: recorded, isDuplicate: false)
        }
    }

    /// - Throws: `FillLedgerError`.
    package init(
        _ fill: Fill, knowing regime: KnownRegime?, given facts: FillFacts, wording: FillWording
    ) throws(FillLedgerError) {
        if let existing = facts.existing {
            guard existing.fill == fill else { throw .idTaken(fill.id) }
            self = .nothing(FillReceipt(recorded: existing, isDuplicate: true))
            return
        }
        if let reference = fill.reference {
            guard let referenced = facts.referenced else { throw .unknownReference(reference) }
            if let replacement = facts.replacement {
                throw .alreadyReplaced(reference, by: replacement)
            }
            try FillPlan.check(fill, replacing: referenced.fill)
        }
        let recorded = RecordedFill(
            fill: fill, sequence: facts.lastSequence + 1, eventID: wording.eventID(fill),
            regime: regime)
        self = .record(
            recorded,
            OutboxEntry(eventID: recorded.eventID, message: wording.message(recorded)))
    }

    private static func check(
        _ fill: Fill, replacing other: Fill
    ) throws(FillLedgerError) {
        guard other.kind != .bust else {
            throw .otherTrade(other.id, problem: "is a bust: nothing is left to replace")
        }
        guard fill.isAboutTheSame(as: other) else {
            throw .otherTrade(
                other.id,
                problem: "is of another order, user, symbol, side or currency: bust it, and send "
                    + "a new fill")
        }
        guard other.timestamp <= fill.timestamp else {
            throw .otherTrade(
                other.id,
                problem: "is of \(other.timestamp), after this report: a correction is stamped "
                    + "with its own time")
        }
    }
}
