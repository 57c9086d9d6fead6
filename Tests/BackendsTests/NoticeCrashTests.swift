import GRDB
import Market
import Notices
import Ports
import Regimes
import SQLite
import TestSupport
import Testing

@testable import Backends

@Suite("A crash while people are told", .serialized, .timeLimit(.minutes(5)))
struct NoticeCrashTests {
    private static let steps: Int64 = 40
    private static let ann = Samples.person("ann")

    private static func second(_ seconds: Int64) -> Timestamp {
        Samples.day(1_000).advanced(bySeconds: seconds)
    }

    /// Everyone is told at once and by a webhook, ann a little later, if it still holds then.
    private func prepare(_ store: SQLiteNoticeStore) async throws {
        try await store.file.database.write {
            try $0.execute(sql: "PRAGMA wal_autocheckpoint = 0")
        }
        try await store.setPreferences(
            NoticePreferences(netSeconds: 2), of: Self.ann, at: Self.second(0))
        try await store.addWebhook(
            Samples.webhook("w"), of: .everyone, at: Self.second(0))
    }

    /// What a bus brings, from the beginning on: whoever comes back to it changes nothing.
    private func play(on store: SQLiteNoticeStore) async throws {
        let path = [Regime.unknown, .crisis, .euphoria, .crisis, .normalBull]
        for step in 1...Self.steps {
            let place = Int(step) % path.count
            let previous = path[(place + path.count - 1) % path.count]
            _ = try await store.take(
                Samples.notice(previous, path[place], sequence: step), at: Self.second(step),
                by: .utc)
            _ = try await store.tellDue(at: Self.second(step), limit: 10)
        }
    }

    /// Everything that people see.
    private func everything(in store: SQLiteNoticeStore) async throws -> [String] {
        let told = try await store.told(after: 0, limit: 1_000)
        let span = try await store.span()
        #expect(told.map(\.position) == (0..<told.count).map { Int64($0 + 1) })
        #expect(span.last == Int64(told.count))
        var lines = told.map { "\($0.addressee) \($0.notice.eventID) \($0.toldAt)" }
        for person in [Addressee.everyone, Self.ann] {
            let tally = try await store.tally(of: person)
            #expect(tally.told == Int64(told.count { $0.addressee == person }))
            lines.append("\(tally)")
        }
        return lines
    }

    @Test("what is left is whole, and whoever goes on tells nothing twice", arguments: 1...2)
    func cutAnywhere(seed: Int) async throws {
        let home = try TemporaryStore()
        let store = try home.open().notices
        try await prepare(store)
        try await play(on: store)
        let whole = try await everything(in: store)
        let image = try CrashImage(of: home, named: "told")
        var generator = SplitMix64(seed: UInt64(seed))
        for _ in 0..<8 {
            try image.write(logBytes: Int.random(in: 0...image.log.count, using: &generator))
            let heir = try TemporaryStore.open(image.path, time: home.time)
            defer { try? heir.close() }
            let heirs = heir.notices
            _ = try await everything(in: heirs)
            // Cut off before anybody was known, it begins anew.
            guard try await !heirs.webhooks(of: .everyone).isEmpty else { continue }
            try await play(on: heirs)
            #expect(try await everything(in: heirs) == whole)
            #expect(try await deliveries(of: heirs) == Int(Self.steps))
        }
    }

    /// How many are on their way to the webhook, each once.
    private func deliveries(of store: SQLiteNoticeStore) async throws -> Int {
        var ids: Set<String> = []
        let term = LeaseTerm(from: Self.second(100), seconds: 60)
        while let delivery = try await store.takeDeliveries(as: "w", for: term, limit: 1).first {
            #expect(ids.insert(delivery.id).inserted)
            try await store.finish(delivery, as: .done, by: "w", at: Self.second(100))
        }
        return ids.count
    }
}
