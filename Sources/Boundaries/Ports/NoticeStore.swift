package import Market
package import Notices
package import Regimes
package import Trading

/// Whom a notice is for.
package enum Addressee: Hashable, Sendable {
    /// Everybody who gives no name: whoever looks at a service without accounts.
    case everyone
    case user(UserID)

    /// As it is stored; empty for everyone, which no user's id is.
    package var text: String {
        switch self {
        case .everyone: ""
        case .user(let user): user.text
        }
    }

    /// `nil` when nobody can have that name.
    package init?(text: String) {
        if text.isEmpty {
            self = .everyone
        } else {
            guard let user = UserID(text) else { return nil }
            self = .user(user)
        }
    }
}

/// A notice that somebody was told.
package struct ToldNotice: Sendable, Equatable {
    /// Among all that anybody was told; follows commit order, so that whoever has read up to one
    /// has missed none before it. Names the notice, too.
    package var position: Int64
    package var addressee: Addressee
    package var notice: Notice
    /// What they believed; `nil` when that is what the notice says.
    package var previous: Regime?
    package var toldAt: Timestamp
    package var acknowledgedAt: Timestamp?
    /// Whether they were told of it, or it came, after a later change of its series.
    package var isLate: Bool

    package init(
        position: Int64, addressee: Addressee, notice: Notice, previous: Regime?,
        toldAt: Timestamp, acknowledgedAt: Timestamp? = nil, isLate: Bool = false
    ) {
        self.position = position
        self.addressee = addressee
        self.notice = notice
        self.previous = previous
        self.toldAt = toldAt
        self.acknowledgedAt = acknowledgedAt
        self.isLate = isLate
    }
}

/// What is due at an instant: whatever was put off until then. So is what is put off for longer
/// than anything may be: a clock that was ahead did that.
package struct DueSpan: Sendable, Equatable {
    package let instant: Timestamp
    package let latestCredible: Timestamp

    /// - Parameter seconds: for which something is put off at the most.
    package init(at instant: Timestamp, longestWaitSeconds seconds: Int64) {
        self.instant = instant
        latestCredible = instant.advanced(bySeconds: seconds)
    }

    package func contains(_ due: Timestamp) -> Bool { due <= instant || latestCredible < due }
}

/// What taking a notice did.
package struct NoticeReceipt: Sendable, Equatable {
    /// Whether it had been taken before; then nothing was done.
    package var isDuplicate = false
    /// People who were told, who will be, and who won't be since it takes back what they were not
    /// told of yet.
    package var told = 0
    package var held = 0
    package var takenBack = 0
    /// People whose preferences nobody can read, and what is wrong with the first one's. Of a
    /// change they are not told; of a fill they are, as is usual.
    package var unreadable = 0
    package var problem: String?

    package init(isDuplicate: Bool = false, told: Int = 0, held: Int = 0, takenBack: Int = 0) {
        self.isDuplicate = isDuplicate
        self.told = told
        self.held = held
        self.takenBack = takenBack
    }
}

extension ConsumerGroup {
    /// Tells people; the marks of what it did are under its name.
    package static let notifications = ConsumerGroup("notification-service")
}

/// The effects of events on people. Every call is one transaction: all of it or nothing.
///
/// Implementations: `InMemoryNoticeStore`, `SQLiteNoticeStore`, `PostgresNoticeStore`; all pass the
/// same conformance suite. What a notice means is decided by `NoticePlan`.
package protocol NoticeLedger: Sendable {
    /// Writes what a notice means for everybody who is known, with the mark that it was taken; its
    /// user is known from then on. One that was taken before changes nothing for anybody.
    ///
    /// - Parameter step: of the event in its log, which `taken` tells from then on; `nil` for a
    ///   notice that comes from none.
    /// - Throws: `LedgerBehind` when something is missing that lies before it.
    func take(
        _ notice: Notice, from step: EventStep?, at instant: Timestamp, by clock: ZoneClock
    ) async throws -> NoticeReceipt

    /// Notes that an event of which nothing follows is done, as `take` does.
    ///
    /// - Throws: `LedgerBehind`.
    func pass(_ step: EventStep, at instant: Timestamp) async throws

    /// The offset of the last event that was taken or passed, by partition: all before it were.
    func taken(of topic: Topic) async throws -> [Int32: Int64]

    /// Leaves out `NoticeSpan.gap` positions: what is told from now on comes after all that was
    /// told by a store that knew more than this one does.
    func skipPositions() async throws

    /// Tells what is due, in the order in which it came; of what waits, see
    /// `NoticePreferences.longestWaitSeconds`.
    ///
    /// - Returns: how many were told; as many as `limit` when there may be more.
    func tellDue(at instant: Timestamp, limit: Int) async throws -> Int

    /// When the next one is due of those that are held.
    func nextDue() async throws -> Timestamp?

    /// Removes what was told before an instant, by position, and stops at the first that was told
    /// later; what nobody had acknowledged of it counts as expired. Of what is removed, it is known
    /// that it was. What was taken back goes when it would have been told before that instant.
    ///
    /// - Returns: how many were removed; as many as `limit` when there may be more.
    func expire(toldBefore instant: Timestamp, limit: Int) async throws -> Int

    /// As `RegimeReader.commits()`.
    func commits() -> AsyncStream<Void>
}

extension NoticeLedger {
    package func take(
        _ notice: Notice, at instant: Timestamp, by clock: ZoneClock
    ) async throws -> NoticeReceipt {
        try await take(notice, from: nil, at: instant, by: clock)
    }
}

/// Where positions begin and end.
package struct NoticeSpan: Sendable, Equatable {
    /// Everything told up to here was removed; 0 when nothing was.
    package var removedThrough: Int64
    /// The latest that was told or left out; `removedThrough` when there is none.
    package var last: Int64

    /// More than are told between a backup and its restoration; nine million gaps have room.
    package static let gap: Int64 = 1_000_000_000

    package init(removedThrough: Int64, last: Int64) {
        self.removedThrough = removedThrough
        self.last = last
    }
}

/// What became of what one person was told, from the first on.
package struct NoticeTally: Sendable, Equatable {
    package var told: Int64 = 0
    package var acknowledged: Int64 = 0
    package var expired: Int64 = 0

    package init(told: Int64 = 0, acknowledged: Int64 = 0, expired: Int64 = 0) {
        self.told = told
        self.acknowledged = acknowledged
        self.expired = expired
    }

    package var unread: Int64 { told - acknowledged - expired }
}

/// What people were told.
package protocol NoticeReader: Sendable {
    /// What one person was told before a position, newest first.
    ///
    /// - Parameter limit: at most `NoticePage.limitMaximum` are given.
    func inbox(
        of addressee: Addressee, before position: Int64, unacknowledgedOnly: Bool, limit: Int
    ) async throws -> [ToldNotice]

    /// What anybody was told after a position, oldest first.
    func told(after position: Int64, limit: Int) async throws -> [ToldNotice]

    /// What one person was told after a position, oldest first.
    func told(
        to addressee: Addressee, after position: Int64, limit: Int
    ) async throws -> [ToldNotice]

    func span() async throws -> NoticeSpan

    func tally(of addressee: Addressee) async throws -> NoticeTally

    /// Marks a notice as read by whom it is for. One that is marked already keeps its mark.
    ///
    /// - Returns: `nil` when they were told no such notice, or it has expired.
    func acknowledge(
        _ position: Int64, by addressee: Addressee, at instant: Timestamp
    ) async throws -> ToldNotice?

    /// Marks all up to a position, those that have no mark yet.
    func acknowledge(
        through position: Int64, by addressee: Addressee, at instant: Timestamp
    ) async throws -> NoticeTally

    /// As `RegimeReader.commits()`.
    func commits() -> AsyncStream<Void>
}

package enum NoticePage {
    /// Notices in one page at the most.
    package static let limitMaximum = 1_000

    package static func limit(_ asked: Int) -> Int { min(max(asked, 1), limitMaximum) }
}

/// Who is known, and what they want to be told.
package protocol NoticePreferencesStore: Sendable {
    /// `nil` for somebody who is not known; everyone always is.
    func preferences(of addressee: Addressee) async throws -> NoticePreferences?

    /// How many people are known; `nil` when this one is among them.
    func knownPeople(unlessAmong addressee: Addressee) async throws -> Int?

    /// Makes somebody known who is not, with the usual preferences: from now on they are told.
    func meet(_ addressee: Addressee, at instant: Timestamp) async throws -> NoticePreferences

    /// What is held already is told when it was to be.
    func setPreferences(
        _ preferences: NoticePreferences, of addressee: Addressee, at instant: Timestamp
    ) async throws
}

/// All that is kept of notices, as one store has it: the parts share its transactions.
package typealias NoticeStore = NoticeLedger & NoticeReader & NoticePreferencesStore & WebhookStore
