import Market
import Ports
import Regimes
import Testing

// MARK: - Loading

extension RegimeStoreConformance {
    static let loading: [Law<StoreWorld>] = [
        Law("a load writes what the record of the same batch writes") { world in
            let twin = StoreWorld.inMemory()
            let batch = sample(60)
            for store in [world.store, twin.store] {
                _ = try await store.register(Samples.profile())
            }
            let head = try await twin.store.register(Samples.profile())
            let recorded = try await twin.store.record(batch)
            let loaded = try await world.store.load(SeriesLoad(batch, after: head))
            #expect(loaded == recorded)
            #expect(loaded.newChanges > 0)
            #expect(loaded.head.source == SourceMark(digest: "source", writes: 1))
            #expect(try await world.store.head(of: Samples.series) == loaded.head)
            try await expectTheSame(world, twin)
        },
        Law("loads follow one another, and records follow loads") { world in
            let twin = StoreWorld.inMemory()
            let regimes = Samples.regimes(count: 90, seed: 12)
            let records = Samples.records(regimes)
            let bars = Samples.bars(count: 90)
            var head = try await world.store.register(Samples.profile())
            _ = try await twin.store.register(Samples.profile())
            // The last one starts with the model that is known already.
            for (number, part) in [0..<1, 1..<40, 40..<70, 70..<90].enumerated() {
                var batch = JournalBatch(
                    series: Samples.series,
                    expecting: .head(lastAsOf: head.lastAsOf, writes: head.writes),
                    bars: Array(bars[part]), models: [Samples.model()],
                    records: Array(records[part]), announcing: false)
                batch.activations = [
                    ModelActivation(
                        series: Samples.series, activeFrom: Samples.day(0),
                        version: Samples.model().version)
                ]
                let expected = try await twin.store.record(batch)
                let receipt =
                    number == 2
                    ? try await world.store.record(batch)
                    : try await world.store.load(SeriesLoad(batch, after: head))
                #expect(receipt == expected)
                head = receipt.head
            }
            #expect(head.writes == 4)
            try await expectTheSame(world, twin)
        },
        Law("what was loaded is announced as what was recorded is") { world in
            let twin = StoreWorld.inMemory()
            let batch = sample(60)
            let head = try await world.store.register(Samples.profile())
            _ = try await twin.store.register(Samples.profile())
            _ = try await twin.store.record(batch)
            _ = try await world.store.load(SeriesLoad(batch, after: head))
            for store in [world.store, twin.store] {
                while try await !store.announcePending(Samples.series, limit: 3).isEmpty {}
            }
            try await expectTheSame(world, twin)
        },
        Law("a load that goes on from another head is refused whole") { world in
            let store = world.store
            var head = try await store.register(Samples.profile())
            _ = try await store.load(SeriesLoad(Samples.batch([.crisis, .crisis]), after: head))
            let before = try await transcript(of: store)
            var next = Samples.batch([.euphoria], from: 2)
            next.completing = "source"
            for (lastAsOf, writes) in [
                (nil, 0), (nil, 1), (Samples.day(0), 1), (Samples.day(2), 1), (Samples.day(1), 0),
                (Samples.day(1), 2),
            ] as [(Timestamp?, Int64)] {
                head.lastAsOf = lastAsOf
                head.writes = writes
                let load = SeriesLoad(next, after: head)
                await #expect(
                    throws: JournalError.headMoved(
                        series: Samples.series, expected: lastAsOf, actual: Samples.day(1))
                ) { try await store.load(load) }
            }
            #expect(try await transcript(of: store) == before)
        },
        Law("an empty load writes nothing but the source that it completes") { world in
            let store = world.store
            var head = try await store.register(Samples.profile())
            var batch = Samples.batch([])
            #expect(try await store.load(SeriesLoad(batch, after: head)).head == head)
            #expect(try await store.head(of: Samples.series) == head)
            batch.completing = "source"
            let receipt = try await store.load(SeriesLoad(batch, after: head))
            head.source = SourceMark(digest: "source", writes: 0)
            #expect(receipt.wroteNothing)
            #expect(receipt.head == head)
            #expect(try await store.head(of: Samples.series) == head)
        },
        Law("an unknown series cannot be loaded") { world in
            let load = SeriesLoad(
                Samples.batch([.crisis]), after: SeriesHead(profile: Samples.profile()))
            await #expect(throws: JournalError.unknownSeries(Samples.series)) {
                try await world.store.load(load)
            }
        },
        Law("a load meets what was kept of its instants as a record does") { world in
            let twin = StoreWorld.inMemory()
            let batch = Samples.batch([.crisis, .crisis, .euphoria])
            var head = SeriesHead(profile: Samples.profile())
            for store in [world.store, twin.store] {
                _ = try await store.register(Samples.profile())
                // One that says the same, and one that says something else.
                let early = JournalBatch(
                    series: Samples.series, expecting: .anyHead,
                    lateBars: [batch.bars[0], Samples.bar(2, close: 7)], announcing: false)
                head = try await store.record(early).head
            }
            let recorded = try await twin.store.record(batch)
            #expect(try await world.store.load(SeriesLoad(batch, after: head)) == recorded)
            #expect(recorded.newBars == 1)
            try await expectTheSame(world, twin)
        },
        Law("writers that race by loads and records: one wins, the others are refused") { world in
            let head = try await world.store.register(Samples.profile())
            let batch = Samples.batch(
                Samples.regimes(count: 40), expecting: .head(lastAsOf: nil, writes: 0))
            let others = [try await world.another(), try await world.another()]
            let winners = try await withThrowingTaskGroup(of: Bool.self) { group in
                for store in [world.store] + others {
                    group.addTask {
                        try await wins { try await store.load(SeriesLoad(batch, after: head)) }
                    }
                    group.addTask { try await wins { try await store.record(batch) } }
                }
                return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(winners == 1)
            #expect(try await world.store.head(of: Samples.series)?.writes == 1)
            let history = try await world.store.history(SeriesQuery(Samples.series))
            #expect(transcript(history) == transcript(batch.records.map(\.assessment)))
        },
    ]

    /// With a model, its activation and a source that it completes.
    private static func sample(_ count: Int) -> JournalBatch {
        var batch = Samples.batch(Samples.regimes(count: count, seed: 4))
        batch.bars[3].exogenous = ExogenousValues([("vix", 17.25), ("rate", .nan)])
        batch.records[5].assessment.indicators[1].value = .nan
        batch.records[7].assessment.inputMissing = true
        batch.models = [Samples.model()]
        batch.activations = [
            ModelActivation(
                series: Samples.series, activeFrom: Samples.day(2),
                version: Samples.model().version)
        ]
        batch.completing = "source"
        return batch
    }

    private static func expectTheSame(_ world: StoreWorld, _ twin: StoreWorld) async throws {
        let mine = try await transcript(of: world.store)
        let theirs = try await transcript(of: twin.store)
        try #require(mine.count == theirs.count)
        for (mine, theirs) in zip(mine, theirs) { #expect(mine == theirs) }
    }

    /// `false` when another one was there before.
    private static func wins(
        _ write: () async throws -> JournalReceipt
    ) async throws -> Bool {
        do {
            _ = try await write()
            return true
        } catch JournalError.headMoved {
            return false
        }
    }
}
