package import Market
package import Notices
import Regimes
import Synchronization
import Trading

/// The twin of the durable stores of notices: the same answers, from memory.
package final class InMemoryNoticeStore: Sendable {
    /// What one person is or will be told of one event.
    struct Entry {
        var addressee: Addressee
        var notice: Notice
        var previous: Regime?
        var since: Timestamp
        var due: Timestamp
        var isLate = false
        var isTakenBack = false
        var told: ToldNotice?

        var isHeld: Bool { told == nil && !isTakenBack }
    }

    struct Person {
        var preferences = NoticePreferences()
        var tally = NoticeTally()
        var webhooks: [Webhook] = []
    }

    struct State {
        var people: [Addressee: Person] = [.everyone: Person()]
        var taken: Set<EventID> = []
        /// The offset of the last event that was taken, by topic and partition.
        var reached: [Topic: [Int32: Int64]] = [:]
        /// In the order in which they came.
        var entries: [Entry] = []
        var span = NoticeSpan(removedThrough: 0, last: 0)
        var deliveries: [Queued] = []
        /// How often something was written that others may wait for.
        var writes = 0
    }

    let state = Mutex(State())
    let commitSignal = CommitSignal()

    package init() {}

    /// Runs a change and wakes who waits, if anything was written.
    func change<Result>(_ body: (inout sending State) throws -> sending Result) rethrows -> Result {
        let (result, hasNews) = try state.withLock { state in
            let before = state.writes
            return (try body(&state), state.writes > before)
        }
        if hasNews { commitSignal.notify() }
        return result
    }

    package func commits() -> AsyncStream<Void> { commitSignal.stream() }
}

extension InMemoryNoticeStore: NoticeLedger {
    package func take(
        _ notice: Notice, from step: EventStep?, at instant: Timestamp, by clock: ZoneClock
    ) async throws -> NoticeReceipt {
        try change { state in
            let isNew = !state.taken.contains(notice.eventID)
            if let step { try state.reach(step, isNew: isNew) }
            guard isNew else { return NoticeReceipt(isDuplicate: true) }
            state.taken.insert(notice.eventID)
            state.writes += 1
            if case .fill(let fill, _) = notice.matter { _ = state.meet(.user(fill.userID)) }
            let decision = NoticeDecision(
                notice, to: state.people(for: notice.matter), at: instant, by: clock)
            for (addressee, eventID) in decision.takenBack {
                state.takeBack(eventID, of: addressee)
            }
            for entry in decision.entries {
                state.entries.append(
                    Entry(
                        addressee: entry.addressee, notice: notice, previous: entry.previous,
                        since: entry.since, due: entry.due, isLate: entry.isLate))
                if entry.isTold { state.tell(state.entries.count - 1, at: instant) }
            }
            return decision.receipt
        }
    }

    package func pass(_ step: EventStep, at instant: Timestamp) async throws {
        try change { try $0.reach(step, isNew: false) }
    }

    package func taken(of topic: Topic) async throws -> [Int32: Int64] {
        state.withLock { $0.reached[topic] ?? [:] }
    }

    package func skipPositions() async throws { change { $0.span.last += NoticeSpan.gap } }

    package func tellDue(at instant: Timestamp, limit: Int) async throws -> Int {
        let span = DueSpan(
            at: instant, longestWaitSeconds: NoticePreferences.longestWaitSeconds)
        return change { state in
            let due = state.entries.indices
                .filter { state.entries[$0].isHeld && span.contains(state.entries[$0].due) }
                .prefix(NoticePage.limit(limit))
            for index in due { state.tell(index, at: instant) }
            return due.count
        }
    }

    package func nextDue() async throws -> Timestamp? {
        state.withLock { $0.entries.filter(\.isHeld).map(\.due).min() }
    }

    package func expire(toldBefore instant: Timestamp, limit: Int) async throws -> Int {
        change { state in
            let limit = NoticePage.limit(limit)
            let old = state.told { _ in true }.prefix { $0.toldAt < instant }.prefix(limit)
            for told in old where told.acknowledgedAt == nil {
                state.people[told.addressee]?.tally.expired += 1
            }
            if let last = old.last?.position {
                state.entries.removeAll { ($0.told?.position ?? .max) <= last }
                state.deliveries.removeAll { $0.position <= last }
                state.span.removedThrough = last
            }
            let takenBack = state.entries.indices
                .filter { state.entries[$0].isTakenBack && state.entries[$0].due < instant }
                .prefix(limit - old.count)
            for index in takenBack.reversed() { state.entries.remove(at: index) }
            state.writes += old.count + takenBack.count
            return old.count + takenBack.count
        }
    }
}

extension InMemoryNoticeStore.State {
    mutating func reach(_ step: EventStep, isNew: Bool) throws {
        let taken = reached[step.topic]?[step.partition] ?? EventStep.beforeFirst
        try LedgerBehind.check(step, taken: taken)
        guard step.leads(beyond: taken, isNew: isNew) else { return }
        reached[step.topic, default: [:]][step.partition] = step.offset
    }

    /// Those whom a matter may concern, in the order of their names.
    func people(for matter: NoticeMatter) -> [NoticedPerson] {
        let concerned: [Addressee] =
            switch matter {
            case .change: people.keys.sorted { $0.text < $1.text }
            case .fill(let fill, _): [.user(fill.userID)]
            }
        return concerned.compactMap { addressee in
            people[addressee].map {
                NoticedPerson(
                    addressee: addressee, preferences: $0.preferences,
                    held: held(matter, of: addressee), isLate: isLate(matter, for: addressee))
            }
        }
    }

    private func isLate(_ matter: NoticeMatter, for addressee: Addressee) -> Bool {
        guard case .change(let step) = matter else { return false }
        return entries.contains { entry in
            guard case .change(let other) = entry.notice.matter else { return false }
            return entry.addressee == addressee && !entry.isTakenBack
                && other.series == step.series && other.sequence > step.sequence
        }
    }

    private func held(_ matter: NoticeMatter, of addressee: Addressee) -> HeldStep? {
        guard case .change(let step) = matter else { return nil }
        return entries.reversed().lazy.compactMap { entry -> HeldStep? in
            guard entry.isHeld, !entry.isLate, entry.addressee == addressee,
                case .change(var held) = entry.notice.matter, held.series == step.series
            else { return nil }
            held.previous = entry.previous ?? held.previous
            return HeldStep(
                eventID: entry.notice.eventID, step: held, since: entry.since, due: entry.due)
        }.first
    }

    mutating func meet(_ addressee: Addressee) -> InMemoryNoticeStore.Person {
        if let person = people[addressee] { return person }
        let person = InMemoryNoticeStore.Person()
        people[addressee] = person
        writes += 1
        return person
    }

    mutating func takeBack(_ eventID: EventID, of addressee: Addressee) {
        let index = entries.firstIndex {
            $0.isHeld && $0.addressee == addressee && $0.notice.eventID == eventID
        }
        if let index { entries[index].isTakenBack = true }
    }

    mutating func tell(_ index: Int, at instant: Timestamp) {
        writes += 1
        span.last += 1
        let entry = entries[index]
        let told = ToldNotice(
            position: span.last, addressee: entry.addressee, notice: entry.notice,
            previous: entry.previous, toldAt: instant, isLate: entry.isLate)
        entries[index].told = told
        people[entry.addressee]?.tally.told += 1
        for webhook in people[entry.addressee]?.webhooks ?? [] where webhook.wants(told.notice.kind)
        {
            deliveries.append(
                InMemoryNoticeStore.Queued(
                    webhook: webhook.id, position: told.position, due: instant))
        }
    }
}

extension InMemoryNoticeStore: NoticeReader {
    package func inbox(
        of addressee: Addressee, before position: Int64, unacknowledgedOnly: Bool, limit: Int
    ) async throws -> [ToldNotice] {
        state.withLock { state in
            Array(
                state.told { $0.addressee == addressee && $0.position < position }.reversed()
                    .filter { !unacknowledgedOnly || $0.acknowledgedAt == nil }
                    .prefix(NoticePage.limit(limit)))
        }
    }

    package func told(after position: Int64, limit: Int) async throws -> [ToldNotice] {
        state.withLock {
            Array($0.told { $0.position > position }.prefix(NoticePage.limit(limit)))
        }
    }

    package func told(
        to addressee: Addressee, after position: Int64, limit: Int
    ) async throws -> [ToldNotice] {
        state.withLock { state in
            Array(
                state.told { $0.addressee == addressee && $0.position > position }
                    .prefix(NoticePage.limit(limit)))
        }
    }

    package func span() async throws -> NoticeSpan { state.withLock(\.span) }

    package func tally(of addressee: Addressee) async throws -> NoticeTally {
        state.withLock { $0.people[addressee]?.tally ?? NoticeTally() }
    }

    package func acknowledge(
        _ position: Int64, by addressee: Addressee, at instant: Timestamp
    ) async throws -> ToldNotice? {
        change { state in
            let index = state.entries.firstIndex {
                $0.told?.position == position && $0.addressee == addressee
            }
            guard let index else { return nil }
            state.acknowledge(index, at: instant)
            return state.entries[index].told
        }
    }

    package func acknowledge(
        through position: Int64, by addressee: Addressee, at instant: Timestamp
    ) async throws -> NoticeTally {
        change { state in
            for index in state.entries.indices where state.entries[index].addressee == addressee {
                guard let told = state.entries[index].told, told.position <= position else {
                    continue
                }
                state.acknowledge(index, at: instant)
            }
            return state.people[addressee]?.tally ?? NoticeTally()
        }
    }
}

extension InMemoryNoticeStore.State {
    /// Once.
    mutating func acknowledge(_ index: Int, at instant: Timestamp) {
        guard let told = entries[index].told, told.acknowledgedAt == nil else { return }
        writes += 1
        entries[index].told?.acknowledgedAt = instant
        people[told.addressee]?.tally.acknowledged += 1
    }

    /// By position.
    func told(where isWanted: (ToldNotice) -> Bool) -> [ToldNotice] {
        entries.compactMap(\.told).filter(isWanted).sorted { $0.position < $1.position }
    }
}

extension InMemoryNoticeStore: NoticePreferencesStore {
    package func preferences(of addressee: Addressee) async throws -> NoticePreferences? {
        state.withLock { $0.people[addressee]?.preferences }
    }

    package func knownPeople(unlessAmong addressee: Addressee) async throws -> Int? {
        state.withLock { $0.people[addressee] == nil ? $0.people.count : nil }
    }

    package func meet(
        _ addressee: Addressee, at instant: Timestamp
    ) async throws -> NoticePreferences {
        change { $0.meet(addressee).preferences }
    }

    package func setPreferences(
        _ preferences: NoticePreferences, of addressee: Addressee, at instant: Timestamp
    ) async throws {
        change { state in
            _ = state.meet(addressee)
            state.people[addressee]?.preferences = preferences
            state.writes += 1
        }
    }
}
