import Backends
import Contracts
import Foundation
import GRDB
import Hosting
import Logging
import Market
import MarketRegime
import Metrics
import Ports
import Regimes
import Synchronization
import TestSupport
import Testing

@Suite("A running service verifies what has closed", .timeLimit(.minutes(2)))
struct ContinuousProofTests {
    private static let bars = World.bars(count: 420, seed: 5)

    /// A proof under way, and what it tells.
    private final class Watch: Sendable {
        let time = ManualTime(Samples.day(1_000))
        let tree = StatusTree(root: "test")
        let registry = PrometheusRegistry()
        let log = RecordedLog()

        var metrics: [String: Double] {
            Dictionary(
                registry.exposition().split(separator: "\n").compactMap { line in
                    let parts = line.split(separator: " ")
                    guard parts.count == 2, let value = Double(parts[1]) else { return nil }
                    return (String(parts[0]), value)
                }, uniquingKeysWith: { $1 })
        }

        var report: StatusReport { tree.snapshot().own }

        /// Runs the proof of a store until a condition holds.
        func proving(
            _ store: any RegimeReader, until condition: @escaping () async throws -> Bool
        ) async throws {
            let proof = ContinuousProof(
                reader: store, interval: .seconds(60), status: tree.root, metrics: registry,
                now: { self.time.now },
                logger: log.logger(),
                sleep: { try await self.time.sleep(for: $0) })
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await proof.run() }
                try await eventually {
                    if try await condition() { return true }
                    self.time.advance(bySeconds: 5)
                    return false
                }
                group.cancelAll()
                try await group.waitForAll()
            }
        }
    }

    @Test("what is as it was written is verified day by day, and no fit is made twice")
    func clean() async throws {
        let world = World()
        try await world.backfill(Array(Self.bars.prefix(400)))
        let watch = Watch()
        let reader = CountingReader(reader: world.store)
        try await watch.proving(reader) {
            guard watch.metrics["verification_bars"] == 400 else {
                return watch.metrics["verification_bars"] == 420
            }
            // A day later there is more.
            try await world.backfill(Self.bars)
            return false
        }
        let metrics = watch.metrics
        #expect(metrics["verification_series"] == 1)
        #expect(metrics["verification_pending_series"] == 0)
        #expect(metrics["verification_differences"] == 0)
        #expect(metrics["verification_first_difference_timestamp_seconds"] == 0)
        let through = metrics.first { $0.key.hasPrefix("verification_through_timestamp_seconds") }
        let last = try #require(Self.bars.last).timestamp
        #expect(through?.value == Double(last.nanoseconds) / 1e9)
        #expect(metrics["verification_last_run_timestamp_seconds"] != nil)
        #expect(watch.report.status == .ok)
        #expect(watch.log.errors.isEmpty)
        #expect(reader.largestPage <= ContinuousProof.barsPerTurn)
    }

    private func expectFound(_ watch: Watch, at asOf: Timestamp, part: String) {
        let metrics = watch.metrics
        #expect(metrics["verification_differences"] == 1)
        #expect(
            metrics["verification_first_difference_timestamp_seconds"]
                == Double(asOf.nanoseconds) / 1e9)
        #expect(watch.report.status == .warning)
        #expect(watch.report.detail.contains("\(asOf) \(part): stored"), "\(watch.report.detail)")
        let errors = watch.log.errors
        #expect(errors.count == 1)
        let told = errors.first?.metadata ?? [:]
        #expect(told["as_of"] == "\(asOf)" && told["part"] == "\(part)")
        #expect(told["series"] == "\(World.series)" && told["stored"] != nil)
    }

    @Test("in memory: a tampered answer shows in gauges, log and status; the loop goes on")
    func tamperedInMemory() async throws {
        let world = World()
        try await world.backfill(Self.bars)
        let asOf = Self.bars[333].timestamp
        let watch = Watch()
        let reader = CountingReader(reader: world.store, tampering: asOf)
        try await watch.proving(reader) { watch.metrics["verification_bars"] == 420 }
        expectFound(watch, at: asOf, part: "since")
    }

    @Test("an answer that is missing at the end is a difference too")
    func missing() async throws {
        let world = World()
        try await world.backfill(Self.bars)
        let last = try #require(Self.bars.last).timestamp
        let watch = Watch()
        let reader = CountingReader(reader: world.store, hiding: last)
        try await watch.proving(reader) { watch.metrics["verification_bars"] == 419 }
        expectFound(watch, at: last, part: "assessment")
    }

    @Test("on SQLite: a tampered row shows, and is verified again once it is mended")
    func tamperedOnSQLite() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "bloasis-proof-" + UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appending(path: "store.sqlite").path()
        let watch = Watch()
        let store = try EmbeddedStore(path: path, wording: .standard) { watch.time.now }
        var rest = Self.bars[...]
        _ = try await Backfill(journal: store.regimes, reader: store.regimes).run(
            World.request(),
            from: { limit in
                defer { rest = rest.dropFirst(limit) }
                return Array(rest.prefix(limit))
            })
        let asOf = Self.bars[300].timestamp
        func set(_ reasoning: String) throws {
            let database = try DatabaseQueue(path: path)
            try database.write { database in
                try database.execute(
                    sql: "UPDATE market_regimes SET reasoning = ? WHERE as_of = ?",
                    arguments: [reasoning, asOf.nanoseconds])
            }
            try database.close()
        }
        let sound = try await store.regimes.history(
            SeriesQuery(World.series, range: asOf..<asOf.advanced(byNanoseconds: 1)))
        let reasoning = try #require(sound.first).reasoning
        try set("somebody says so")
        try await watch.proving(store.regimes) { watch.metrics["verification_bars"] == 420 }
        expectFound(watch, at: asOf, part: "reasoning")
        try set(reasoning)
        try await watch.proving(store.regimes) {
            let metrics = watch.metrics
            return metrics["verification_differences"] == 0 && metrics["verification_bars"] == 420
        }
        #expect(watch.report.status == .ok)
        try store.close()
    }

    @Test("a store that is away is asked again; one that cannot be read, when a day has closed")
    func away() async throws {
        let world = World()
        try await world.backfill(Array(Self.bars.prefix(400)))
        let watch = Watch()
        let reader = CountingReader(
            reader: world.store,
            failingWith: [.told(.unavailable), .told(.unavailable), .told(.corrupt)])
        try await watch.proving(reader) { watch.metrics["verification_failed_series"] == 1 }
        #expect(watch.report.status == .warning)
        #expect(watch.log.errors.count == 1)
        try await watch.proving(reader) { watch.metrics["verification_bars"] == 400 }
        #expect(watch.metrics["verification_failed_series"] == 0)
        #expect(watch.report.status == .ok)
    }
}

/// A store that counts what it is asked for and changes what it answers about one bar.
private final class CountingReader: RegimeReader {
    private let reader: any RegimeReader
    private let tampered: Timestamp?
    private let hidden: Timestamp?
    private let script: FailureScript
    private let largest = Mutex(0)

    init(
        reader: any RegimeReader, tampering tampered: Timestamp? = nil,
        hiding hidden: Timestamp? = nil, failingWith errors: [StoreError] = []
    ) {
        self.reader = reader
        self.tampered = tampered
        self.hidden = hidden
        script = FailureScript(errors)
    }

    var largestPage: Int { largest.withLock { $0 } }

    func history(_ query: SeriesQuery) async throws -> [RegimeAssessment] {
        try await reader.history(query).filter { $0.asOf != hidden }.map { assessment in
            var assessment = assessment
            if assessment.asOf == tampered { assessment.since = Samples.day(0) }
            return assessment
        }
    }

    func changes(_ query: SeriesQuery) async throws -> [RegimeChange] {
        try await reader.changes(query).filter { $0.asOf != hidden }
    }

    func shadowAnswers(
        _ query: SeriesQuery, onlyDisagreeing: Bool
    ) async throws -> [ShadowAnswer] {
        try await reader.shadowAnswers(query, onlyDisagreeing: onlyDisagreeing)
    }

    func shadowTally(
        of series: Series, after instant: Timestamp
    ) async throws -> ShadowTally {
        try await reader.shadowTally(of: series, after: instant)
    }

    func bars(_ query: SeriesQuery) async throws -> [RevisedBar] {
        try script.play()
        largest.withLock { $0 = max($0, query.limit) }
        return try await reader.bars(query)
    }

    func heads() async throws -> [SeriesHead] { try await reader.heads() }

    func head(of series: Series) async throws -> SeriesHead? { try await reader.head(of: series) }

    func current(_ series: Series) async throws -> RegimeAssessment? {
        try await reader.current(series)
    }

    func known(_ series: Series, at instant: Timestamp) async throws -> RegimeAssessment? {
        try await reader.known(series, at: instant)
    }

    func changesAndOverrides(_ query: ChangeQuery) async throws -> [RegimeChange] {
        try await reader.changesAndOverrides(query)
    }

    func announcements(
        of series: Series, after sequence: Int64, limit: Int
    ) async throws -> [RegimeChange] {
        try await reader.announcements(of: series, after: sequence, limit: limit)
    }

    func models(of series: Series) async throws -> [StoredModel] {
        try await reader.models(of: series)
    }

    func model(_ version: ModelVersion) async throws -> StoredModel? {
        try await reader.model(version)
    }

    func activations(of series: Series) async throws -> [ModelActivation] {
        try await reader.activations(of: series)
    }

    func commits() -> AsyncStream<Void> { reader.commits() }

    func ping() async throws { try await reader.ping() }
}
