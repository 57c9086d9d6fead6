import Contracts
import Market
package import Notices
package import Ports
package import Regimes
package import Trading

extension Samples {
    /// An announced change of a series, as the notice that its event is.
    package static func notice(
        _ previous: Regime, _ regime: Regime, sequence: Int64 = 1, of market: String = "SPX",
        confidence: Double = 0.75, restating: Bool = false
    ) throws -> Notice {
        let assessment = assessment(
            Int(sequence), regime, previous: previous, series: series(market),
            confidence: confidence)
        var change = change(assessment, from: previous)
        change.announcement = Announcement(
            sequence: sequence, previousEventID: nil,
            supersedes: restating ? EventID("what was announced before") : nil)
        return try Notice(RegimeChangeEvent(change).message())
    }

    /// A report of an execution, as the notice that its event is.
    package static func notice(of fill: Fill) throws -> Notice {
        try Notice(OrderFilledEvent(recorded(fill, sequence: 1)).message())
    }

    package static func person(_ name: String) -> Addressee {
        guard let person = Addressee(text: name) else { preconditionFailure("no name: \(name)") }
        return person
    }

    package static func webhook(
        _ id: String, kinds: Set<NoticeKind> = [], format: WebhookFormat = .standard
    ) -> Webhook {
        let ends = [nil, day(2_000).advanced(byNanoseconds: 1)]
        let secrets = zip([UInt8(0), 0xA7], ends).compactMap { byte, end in
            WebhookSecret((0..<24).map { byte &+ UInt8($0) }, until: end)
        }
        return Webhook(
            id: WebhookID(id), url: "https://example.com/\(id)?a=ü", format: format, kinds: kinds,
            secrets: secrets)
    }
}

/// A fresh store of notices for one law, with what an implementation can do to it.
package struct NoticeWorld: Sendable {
    package let store: any NoticeStore
    /// Another handle on the same store, as another process has one; the same one in memory.
    package let another: @Sendable () async throws -> any NoticeStore
    /// The store after everything was closed and opened again; the same one in memory.
    package let restart: @Sendable () async throws -> any NoticeStore

    package init(
        store: any NoticeStore, another: @escaping @Sendable () async throws -> any NoticeStore,
        restart: @escaping @Sendable () async throws -> any NoticeStore
    ) {
        self.store = store
        self.another = another
        self.restart = restart
    }

    package static func inMemory() -> NoticeWorld {
        let store = InMemoryNoticeStore()
        return NoticeWorld(store: store, another: { store }, restart: { store })
    }

    static let ann = Samples.person("ann")
    static let bob = Samples.person("bob")

    /// So many seconds after the laws begin.
    static func second(_ seconds: Int64) -> Timestamp {
        Samples.day(1_000).advanced(bySeconds: seconds)
    }

    /// Makes people known who are to be told at once, or as they prefer.
    func meet(
        _ people: Addressee..., preferring preferences: NoticePreferences = NoticePreferences()
    ) async throws {
        for person in people {
            try await store.setPreferences(preferences, of: person, at: Self.second(0))
        }
    }

    @discardableResult
    func take(_ notice: Notice, second: Int64 = 0) async throws -> NoticeReceipt {
        try await store.take(notice, at: Self.second(second), by: .utc)
    }

    /// Takes the first changes of a series, one a second.
    func takeChanges(_ count: Int64, from first: Int64 = 1) async throws {
        let regimes = [Regime.crisis, .euphoria]
        for sequence in first..<(first + count) {
            let index = Int(sequence % 2)
            try await take(
                Samples.notice(regimes[index], regimes[1 - index], sequence: sequence),
                second: sequence)
        }
    }

    func inbox(of person: Addressee) async throws -> [ToldNotice] {
        try await store.inbox(of: person, before: .max, unacknowledgedOnly: false, limit: 1_000)
    }
}
