import Backends
import Contracts
import Logging
import Market
import MarketRegime
import Ports
import RegimeModels
import Regimes
import Synchronization
import TestSupport
import Testing

@Suite("A backfill shared by several workers", .timeLimit(.minutes(3)))
struct DistributedBackfillTests {
    private static let markets = (0..<8).map { "M\($0)" }

    /// Histories of some markets, and what one process makes of them.
    private struct Universe {
        let bars: [Series: [Bar]]
        let jobs: [BackfillJobEvent]

        init(_ markets: [String] = DistributedBackfillTests.markets, count: Int = 220) {
            var bars: [Series: [Bar]] = [:]
            jobs = markets.enumerated().map { seed, market in
                let series = Samples.series(market)
                bars[series] = World.bars(count: count, seed: UInt64(seed) + 1)
                return BackfillJobEvent(
                    universe: "memory", series: series, calendar: .continuous,
                    source: .init(path: market, sha256: "\(seed)", bytes: count),
                    reading: .init(
                        price: "close", stamp: "close", timeZone: nil, onBadRow: "fail",
                        onSplit: "refuse", column: nil),
                    specification: World.specification.canonicalJSON)
            }
            self.bars = bars
        }

        /// The same markets at other prices, as after a dividend.
        var adjusted: Universe {
            Universe(
                bars: bars.mapValues { bars in
                    bars.map { bar in
                        var bar = bar
                        (bar.open, bar.high) = (bar.open * 0.97, bar.high * 0.97)
                        (bar.low, bar.close) = (bar.low * 0.97, bar.close * 0.97)
                        return bar
                    }
                },
                jobs: jobs.map { job in
                    var job = job
                    job.source.sha256 += "adjusted"
                    return job
                })
        }

        private init(bars: [Series: [Bar]], jobs: [BackfillJobEvent]) {
            self.bars = bars
            self.jobs = jobs
        }

        func work(
            _ series: Series, digest: String? = nil,
            now: @escaping @Sendable () -> Timestamp = World.now,
            pulled: @escaping () -> Void = {}
        ) throws -> BackfillWorker.Work {
            guard var rest = bars[series].map({ $0[...] }) else {
                throw BackfillError.noBars(series)
            }
            return BackfillWorker.Work(
                request: BackfillRequest(
                    series: series, calendar: .continuous,
                    BackfillTerms(
                        specification: World.specification, now: now),
                    completing: digest, chunkSize: 50)
            ) { limit in
                pulled()
                defer { rest = rest.dropFirst(limit) }
                return Array(rest.prefix(limit))
            }
        }

        /// In one process, without a topic.
        func written(
            into store: InMemoryRegimeStore = .init(wording: .standard, now: World.now)
        ) async throws -> InMemoryRegimeStore {
            for series in bars.keys {
                let work = try work(series)
                _ = try await Backfill(journal: store, reader: store).run(
                    work.request, from: work.pull)
            }
            return store
        }
    }

    private func worker(
        _ name: String, _ bus: any EventBus, _ store: InMemoryRegimeStore, _ universe: Universe,
        journal: (any RegimeJournal)? = nil, now: @escaping @Sendable () -> Timestamp = World.now,
        pulled: @escaping @Sendable () -> Void = {}
    ) -> BackfillWorker {
        BackfillWorker(
            bus: bus, backfill: Backfill(journal: journal ?? store, reader: store), name: name,
            concurrency: 2,
            open: { try universe.work($0.series, digest: $0.id.text, now: now, pulled: pulled) },
            now: World.now, logger: World.logger)
    }

    private func coordinator(_ bus: any EventBus) -> BackfillCoordinator {
        BackfillCoordinator(bus: bus, silenceLimit: .seconds(60), now: World.now)
    }

    /// Puts jobs and follows them to their end.
    private func asking(_ jobs: [BackfillJobEvent], on bus: any EventBus) async throws -> JobBoard {
        var rest = jobs[...]
        return try await coordinator(bus).run({
            defer { rest = [] }
            return Array(rest)
        })
    }

    private func expectSame(
        _ store: InMemoryRegimeStore, as other: InMemoryRegimeStore, _ universe: Universe
    ) async throws {
        for series in universe.bars.keys {
            let mine = try await store.history(SeriesQuery(series))
            let theirs = try await other.history(SeriesQuery(series))
            #expect(sayTheSame(mine, theirs), "\(series)")
            #expect(
                try await store.changes(SeriesQuery(series)).map(\.eventID)
                    == other.changes(SeriesQuery(series)).map(\.eventID))
            let (kept, expected) = (
                try await store.bars(SeriesQuery(series)),
                try await other.bars(SeriesQuery(series))
            )
            #expect(kept.count == expected.count)
            #expect(zip(kept, expected).allSatisfy { $0.bar.saysTheSame(as: $1.bar) })
            #expect(
                try await store.models(of: series).map(\.version)
                    == other.models(of: series).map(\.version))
        }
    }

    /// Runs workers while a test looks on.
    private func running<Value>(
        _ workers: [BackfillWorker], _ body: () async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in workers { group.addTask { try await worker.run() } }
            let value = try await body()
            group.cancelAll()
            try await group.waitForAll()
            return value
        }
    }

    /// A worker that is ended in the middle of the first job it gets.
    private final class Mortal: Sendable {
        private let state = Mutex<(task: Task<Void, any Error>?, pulls: Int)>((nil, 0))

        var hasDied: Bool { state.withLock { $0.task?.isCancelled ?? false } }

        func live(_ worker: BackfillWorker) {
            state.withLock { $0.task = Task { try await worker.run() } }
        }

        /// With a chunk committed, and more to come.
        func pull() {
            state.withLock { state in
                state.pulls += 1
                if state.pulls > 2 { state.task?.cancel() }
            }
        }

        func end() async {
            let task = state.withLock { $0.task }
            task?.cancel()
            _ = await task?.result
        }
    }

    private func expectTakeover(
        _ one: any EventBus, _ two: any EventBus, asking bus: any EventBus
    ) async throws {
        let universe = Universe()
        let store = InMemoryRegimeStore(wording: .standard, now: World.now)
        let mortal = Mortal()
        mortal.live(worker("one", one, store, universe, pulled: mortal.pull))
        let board = try await running([worker("two", two, store, universe)]) {
            try await asking(universe.jobs, on: bus)
        }
        #expect(mortal.hasDied)
        await mortal.end()
        let tally = board.tally(at: World.now())
        #expect(tally.done == universe.jobs.count)
        #expect(tally.failed == 0)
        try await expectSame(store, as: try await universe.written(), universe)
    }

    @Test("one dies in the middle of a job, the other takes over: the result is one process'")
    func takeover() async throws {
        let bus = InMemoryEventBus(partitions: 4)
        try await expectTakeover(bus, bus, asking: bus)
    }

    @Test("the same over Kafka, where each has its own client")
    func takeoverOverKafka() async throws {
        let cluster = try MockCluster()
        for topic in ["backfill-jobs", "backfill-progress"] {
            cluster.makeTopic(topic, partitions: 4)
        }
        let buses = try (0..<3).map { _ in
            try KafkaEventBus(
                brokers: cluster.servers,
                environment: [
                    "KAFKA_SESSION_TIMEOUT_MS": "6000", "KAFKA_HEARTBEAT_INTERVAL_MS": "500",
                    "KAFKA_FETCH_WAIT_MAX_MS": "20",
                ])
        }
        try await expectTakeover(buses[0], buses[1], asking: buses[2])
        for bus in buses { await bus.close() }
    }

    @Test("corrections, taken over in the middle: once each, known from when they were written")
    func correctionsTakenOver() async throws {
        let universe = Universe()
        let store = try await universe.written()
        let adjusted = universe.adjusted
        let bus = InMemoryEventBus(partitions: 4)
        let mortal = Mortal()
        let (early, late) = (Samples.day(21_000), Samples.day(21_001))
        mortal.live(worker("one", bus, store, adjusted, now: { early }, pulled: mortal.pull))
        let board = try await running([worker("two", bus, store, adjusted, now: { late })]) {
            try await asking(adjusted.jobs, on: bus)
        }
        #expect(mortal.hasDied)
        await mortal.end()
        #expect(board.tally(at: World.now()).done == universe.jobs.count)
        var instants: Set<Timestamp> = []
        let alone = try await adjusted.written(into: try await universe.written())
        for series in universe.bars.keys {
            let bars = try await store.bars(SeriesQuery(series))
            #expect(bars.allSatisfy { $0.revision == 2 })
            instants.formUnion(bars.map(\.bar.availableAt))
            let expected = try await alone.bars(SeriesQuery(series))
            #expect(zip(bars, expected).allSatisfy { $0.bar.saysTheSame(as: $1.bar) })
            let mine = try await store.history(SeriesQuery(series)).leavingOutAvailability
            let theirs = try await alone.history(SeriesQuery(series)).leavingOutAvailability
            #expect(sayTheSame(mine, theirs), "\(series)")
            // Between the two the store said a half of it, and that is what is known of then.
            for instant in [World.now(), late] {
                let report = try await Verification(reader: store, threads: 1).run(
                    series, knownAt: instant, progress: { _ in })
                #expect(report.differences.isEmpty, "\(series) at \(instant)")
            }
        }
        #expect(instants == [early, late])
    }

    @Test("asked again, everything is done and nothing new")
    func again() async throws {
        let universe = Universe(["A", "B", "C"], count: 60)
        let bus = InMemoryEventBus(partitions: 3)
        let store = InMemoryRegimeStore(wording: .standard, now: World.now)
        try await running([worker("one", bus, store, universe)]) {
            let first = try await asking(universe.jobs, on: bus).tally(at: World.now())
            #expect((first.done, first.nothingNew, first.work.newBars) == (3, 0, 180))
            let second = try await asking(universe.jobs, on: bus).tally(at: World.now())
            // Nobody wrote since: not even walked over.
            #expect((second.done, second.nothingNew, second.work.bars) == (3, 3, 0))
        }
    }

    @Test("a job that cannot be done is told as failed, once; poison is set aside; others go on")
    func failures() async throws {
        let universe = Universe(["A", "B"], count: 60)
        let stranger = Universe(["STRANGER"]).jobs
        let bus = InMemoryEventBus()
        let store = InMemoryRegimeStore(wording: .standard, now: World.now)
        let poison = EventMessage(topic: .backfillJobs, key: "A", payload: Array("no".utf8))
        try await bus.publish([poison])
        let board = try await running([worker("one", bus, store, universe)]) {
            try await asking(stranger + universe.jobs, on: bus)
        }
        let tally = board.tally(at: World.now())
        #expect((tally.done, tally.failed) == (2, 1))
        #expect(board.failures.first?.series == stranger[0].series)
        #expect(board.failures.first?.reason.contains("no bars for STRANGER") == true)
        let dead = bus.logged(Topic.backfillJobs.deadLetter).map(\.message)
        #expect(dead.map(\.payload) == [poison.payload])
        let ends = try bus.logged(.backfillProgress)
            .map { try BackfillProgressEvent(payload: $0.message.payload) }
            .filter { $0.state == .failed }
        #expect(ends.count == 1)
        // Nothing of it comes again.
        let heir = try await bus.subscribe(
            to: [.backfillJobs], as: BackfillWorker.group, from: .earliest)
        let later = try await bus.publish([poison])
        #expect(try await heir.next() == later.first)
    }

    @Test("a store that is away for a while is waited for")
    func away() async throws {
        let universe = Universe(["A"], count: 60)
        let bus = InMemoryEventBus()
        let store = InMemoryRegimeStore(wording: .standard, now: World.now)
        let journal = ScriptedJournal(
            store, failingWith: [.told(.unavailable), .told(.busy), .told(.unavailable)])
        let board = try await running([
            worker("one", StumblingBus(bus), store, universe, journal: journal)
        ]) {
            try await asking(universe.jobs, on: bus)
        }
        #expect(board.tally(at: World.now()).done == 1)
        try await expectSame(store, as: try await universe.written(), universe)
    }

    @Test("a store that stays away: the job is told as begun once, and in the end as failed")
    func awayForGood() async throws {
        let universe = Universe(["A"], count: 60)
        let bus = InMemoryEventBus()
        let store = InMemoryRegimeStore(wording: .standard, now: World.now)
        let journal = ScriptedJournal(
            store,
            failingWith: Array(
                repeating: .told(.unavailable), count: JobPatience.attemptLimit))
        let worker = BackfillWorker(
            bus: bus, backfill: Backfill(journal: journal, reader: store), name: "one",
            concurrency: 1, open: { try universe.work($0.series, digest: $0.id.text) },
            now: World.now, logger: World.logger,
            sleep: { duration in
                // Waits between attempts take no time, the pace of progress for ever.
                if duration == BackfillWorker.progressInterval {
                    for await _ in AsyncStream<Void>.makeStream().stream {}
                }
                try Task.checkCancellation()
            })
        let board = try await running([worker]) { try await asking(universe.jobs, on: bus) }
        let tally = board.tally(at: World.now())
        #expect((tally.done, tally.failed) == (0, 1))
        let reason = board.failures.first?.reason ?? ""
        #expect(reason.contains("given up after \(JobPatience.attemptLimit) attempts"))
        #expect(reason.contains("told to fail"))
        let told = try bus.logged(.backfillProgress)
            .map { try BackfillProgressEvent(payload: $0.message.payload).state }
        #expect(told == [.started, .failed])
        // The same command again, once the store is back.
        let again = try await running([self.worker("two", bus, store, universe)]) {
            try await asking(universe.jobs, on: bus)
        }
        #expect(again.tally(at: World.now()).done == 1)
    }

    @Test("without a worker it is said for how long no job got any further")
    func silence() async throws {
        let universe = Universe(["A"], count: 60)
        let time = ManualTime()
        let bus = InMemoryEventBus()
        let coordinator = BackfillCoordinator(
            bus: bus, silenceLimit: .seconds(10), now: { time.now },
            sleep: { duration in
                time.advance(bySeconds: duration.components.seconds)
                await Task.yield()
                try Task.checkCancellation()
            })
        var rest = universe.jobs[...]
        do {
            _ = try await coordinator.run({
                defer { rest = [] }
                return Array(rest)
            })
            Issue.record("nobody did the job")
        } catch CoordinatorError.silent(let tally, let limit) {
            #expect((tally.jobs, tally.waiting, limit) == (1, 1, .seconds(10)))
        }
        #expect(bus.logged(.backfillJobs).count == 1)
    }
}
