import Market
import Ports
import Regimes
import Synchronization

extension StoreError {
    static func told(_ code: Code) -> StoreError {
        StoreError(code, location: "store", detail: "told to fail", advice: "Try again.")
    }
}

/// Failures that come one after the other, and then no more.
final class FailureScript: Sendable {
    private let errors: Mutex<ArraySlice<StoreError>>

    init(_ errors: [StoreError]) {
        self.errors = Mutex(errors[...])
    }

    func play() throws {
        if let error = errors.withLock({ $0.popFirst() }) { throw error }
    }
}

/// A journal that writes once its script is over.
struct ScriptedJournal: RegimeJournal {
    private let journal: any RegimeJournal
    private let script: FailureScript

    init(_ journal: any RegimeJournal, failingWith errors: [StoreError]) {
        self.journal = journal
        script = FailureScript(errors)
    }

    func register(_ profile: SeriesProfile) async throws -> SeriesHead {
        try await journal.register(profile)
    }

    func record(_ batch: JournalBatch) async throws -> JournalReceipt {
        try script.play()
        return try await journal.record(batch)
    }

    func announcePending(_ series: Series, limit: Int) async throws -> [RegimeChange] {
        try await journal.announcePending(series, limit: limit)
    }
}

/// An outbox that answers once its script is over; each failure is followed by another wake-up.
final class ScriptedOutbox: Outbox {
    private let outbox: any Outbox
    private let script: FailureScript
    private let wakeUps: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation

    init(_ outbox: any Outbox, failingWith errors: [StoreError]) {
        self.outbox = outbox
        script = FailureScript(errors)
        (wakeUps, wake) = AsyncStream.makeStream(
            of: Void.self, bufferingPolicy: .bufferingNewest(1))
        wake.yield()
    }

    func pending(after position: Int64, limit: Int) async throws -> [OutboxRow] {
        do {
            try script.play()
        } catch {
            wake.yield()
            throw error
        }
        return try await outbox.pending(after: position, limit: limit)
    }

    func markPublished(through position: Int64) async throws {
        try await outbox.markPublished(through: position)
    }

    func acquireLease(owner: String, for term: LeaseTerm) async throws -> Bool {
        try await outbox.acquireLease(owner: owner, for: term)
    }

    func releaseLease(owner: String) async throws { try await outbox.releaseLease(owner: owner) }

    func lag() async throws -> OutboxLag { try await outbox.lag() }

    func commits() -> AsyncStream<Void> { wakeUps }
}
