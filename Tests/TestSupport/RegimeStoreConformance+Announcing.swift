package import Market
package import Ports
import Regimes
import Testing

// MARK: - Announcing

extension RegimeStoreConformance {
    static let announcing: [Law<StoreWorld>] = [
        Law("announced changes are numbered without gaps, each naming the one before") { world in
            _ = try await world.store.register(Samples.profile())
            let records = Samples.records(Samples.regimes(count: 80, seed: 3))
            let receipt = try await record(records, in: world.store, announcing: true)
            let count = records.count { $0.change != nil }
            #expect(receipt.announced == count)
            #expect(receipt.head.lastSequence == Int64(count))
            try await expectGapFreeAnnouncements(world.store, count: count)
        },
        Law("a silent write announces nothing; announcing it later does so once, in order") {
            world in
            let store = world.store
            _ = try await store.register(Samples.profile())
            let records = Samples.records(Samples.regimes(count: 80, seed: 3))
            let count = records.count { $0.change != nil }
            let silent = try await record(records, in: store)
            #expect(silent.head.lastSequence == 0)
            #expect(try await store.announcements(of: Samples.series, after: 0, limit: 9).isEmpty)
            #expect(try await store.pending(limit: 9).isEmpty)
            var told: [RegimeChange] = []
            while true {
                let page = try await store.announcePending(Samples.series, limit: 2)
                #expect(page.count <= 2)
                if page.isEmpty { break }
                told += page
            }
            #expect(told.map(\.asOf) == records.compactMap(\.change?.asOf))
            try await expectGapFreeAnnouncements(store, count: count)
            let changes = try await store.changes(SeriesQuery(Samples.series))
            #expect(transcript(changes) == transcript(told))
        },
        Law("only what is later than the last announced change is announced") { world in
            let store = world.store
            _ = try await store.register(Samples.profile())
            _ = try await record(Samples.records([.crisis, .normalBull]), in: store)
            let live = Samples.records([.euphoria], from: 2, previous: .normalBull)
            _ = try await record(live, in: store, announcing: true)
            #expect(try await store.announcePending(Samples.series, limit: 9).isEmpty)
            let past = Samples.records([.lowVolatility], from: -5)
            #expect(try await record(past, in: store, announcing: true).announced == 0)
            let told = try await store.announcements(of: Samples.series, after: 0, limit: 9)
            #expect(told.map(\.asOf) == [Samples.day(2)])
        },
        Law("another label stored silently about an announced bar is announced as superseding") {
            world in
            let store = world.store
            _ = try await store.register(Samples.profile())
            _ = try await record(
                Samples.records([.crisis, .normalBull, .euphoria]), in: store, announcing: true)
            let old = try await store.announcements(of: Samples.series, after: 0, limit: 9)
            _ = try await record(
                Samples.records([.normalBear], from: 1, previous: .crisis), in: store)
            let news = try await store.announcePending(Samples.series, limit: 9)
            #expect(news.map(\.regime) == [.normalBear])
            #expect(news.first?.announcement?.supersedes == old[1].eventID)
            #expect(news.first?.announcement?.sequence == 4)
            #expect(try await store.announcePending(Samples.series, limit: 9).isEmpty)
            try await expectGapFreeAnnouncements(store, count: 4)
        },
        Law("however much was announced, what was restated silently is found, oldest first") {
            world in
            let store = world.store
            _ = try await store.register(Samples.profile())
            let count = PendingChanges.pageLimit + 50
            let regimes = (0..<count).map { $0.isMultiple(of: 2) ? Regime.crisis : .normalBull }
            _ = try await record(Samples.records(regimes), in: store, announcing: true)
            let days = [3, count - 30, count - 3]
            for day in days {
                _ = try await record(
                    Samples.records([.euphoria], from: day, previous: .normalBear), in: store)
            }
            let late = Samples.records([.lowVolatility], from: count, previous: .normalBull)
            _ = try await record(late, in: store)
            var told: [RegimeChange] = []
            while true {
                let page = try await store.announcePending(Samples.series, limit: 2)
                if page.isEmpty { break }
                told += page
            }
            #expect(told.map(\.asOf) == (days + [count]).map { Samples.day($0) })
            let superseded = told.compactMap { $0.announcement?.supersedes }
            #expect(superseded.count == days.count)
            let old = try await store.announcements(of: Samples.series, after: 0, limit: count)
            #expect(superseded == days.map { old[$0].eventID })
        },
        Law("a restated announced change is announced again and supersedes the old one") { world in
            let store = world.store
            _ = try await store.register(Samples.profile())
            let records = Samples.records([.crisis, .normalBull, .euphoria])
            _ = try await record(records, in: store, announcing: true)
            let restated = Samples.records([.normalBear], from: 1, previous: .crisis)
            let receipt = try await record(restated, in: store, announcing: true)
            #expect(receipt.announced == 1)
            #expect(receipt.head.lastAnnouncedAsOf == Samples.day(2))
            let told = try await store.announcements(of: Samples.series, after: 0, limit: 9)
            #expect(told.map(\.regime) == [.crisis, .normalBull, .euphoria, .normalBear])
            #expect(told.last?.announcement?.supersedes == told[1].eventID)
            #expect(told.last?.announcement?.previousEventID == told[2].eventID)
            #expect(told.last?.eventID != told[1].eventID)
            let changes = try await store.changes(SeriesQuery(Samples.series))
            #expect(changes.map(\.regime) == [.crisis, .normalBear, .euphoria])
        },
        Law("an announcement is never taken back, even when its change is") { world in
            let store = world.store
            _ = try await store.register(Samples.profile())
            _ = try await record(
                Samples.records([.crisis, .euphoria]), in: store, announcing: true)
            let flat = JournalRecord(assessment: Samples.assessment(1, .crisis, since: 0))
            #expect(try await record([flat], in: store, announcing: true).announced == 0)
            #expect(try await store.changes(SeriesQuery(Samples.series)).count == 1)
            let told = try await store.announcements(of: Samples.series, after: 0, limit: 9)
            #expect(told.map(\.regime) == [.crisis, .euphoria])
            let after = try await store.announcements(of: Samples.series, after: 1, limit: 9)
            #expect(transcript(after) == transcript([told[1]]))
        },
        Law("series are numbered each for itself") { world in
            let other = Samples.series("NDX", "1h")
            for series in [Samples.series, other] {
                _ = try await world.store.register(Samples.profile(series))
                _ = try await world.store.record(
                    Samples.batch([.crisis, .euphoria], series: series, announcing: true))
            }
            try await expectGapFreeAnnouncements(world.store, count: 2)
            try await expectGapFreeAnnouncements(world.store, count: 2, of: other)
            #expect(try await world.store.pending(limit: 9).count == 4)
        },
    ]

    /// Sequences 1 … count, chained by event id, one outbox row each in the same order.
    package static func expectGapFreeAnnouncements(
        _ store: any RegimeStore, count: Int, of series: Series = Samples.series
    ) async throws {
        let told = try await store.announcements(of: series, after: 0, limit: 10_000)
        #expect(told.compactMap(\.announcement?.sequence) == Array(1...Int64(count)))
        let chain = [nil] + told.dropLast().map(\.eventID)
        #expect(told.map { $0.announcement?.previousEventID } == chain)
        let waiting = try await store.pending(limit: 10_000)
            .filter { $0.message.key == series.market.text }
        #expect(waiting.map(\.eventID) == told.map(\.eventID))
        #expect(waiting.map(\.message) == told.map { Samples.wording.message($0) })
        let head = try await store.head(of: series)
        #expect(head?.lastSequence == Int64(count))
        #expect(head?.lastAnnouncedEventID == told.last?.eventID)
    }
}

// MARK: - Reading

extension RegimeStoreConformance {
    static let reading: [Law<StoreWorld>] = [
        Law("ranges are half-open and cursors go page by page") { world in
            let store = world.store
            _ = try await store.register(Samples.profile())
            _ = try await store.record(Samples.batch(Samples.regimes(count: 30, seed: 8)))
            let range = Samples.day(5)..<Samples.day(25)
            var pages: [[Timestamp]] = []
            var cursor: Timestamp?
            while true {
                let page = try await store.history(
                    SeriesQuery(Samples.series, range: range, after: cursor, limit: 8))
                guard let last = page.last else { break }
                pages.append(page.map(\.asOf))
                cursor = last.asOf
            }
            #expect(pages.map(\.count) == [8, 8, 4])
            #expect(pages.flatMap { $0 } == (5..<25).map(Samples.day))
            let bars = try await store.bars(
                SeriesQuery(Samples.series, range: range, after: Samples.day(2), limit: 3))
            #expect(bars.map(\.bar.timestamp) == (5..<8).map(Samples.day))
            let empty = SeriesQuery(Samples.series, range: Samples.day(5)..<Samples.day(5))
            #expect(try await store.history(empty).isEmpty)
            let edge = SeriesQuery(Samples.series, after: Timestamp(nanoseconds: .max))
            #expect(try await store.history(edge).isEmpty)
            let before = Timestamp(nanoseconds: .min)
            #expect(
                try await store.bars(SeriesQuery(Samples.series, range: before..<before)).isEmpty)
        },
        Law("changes are paged like history") { world in
            _ = try await world.store.register(Samples.profile())
            let records = Samples.records(Samples.regimes(count: 90, seed: 2))
            _ = try await record(records, in: world.store)
            let days = records.compactMap(\.change?.asOf)
            try #require(days.count > 4)
            let page = try await world.store.changes(
                SeriesQuery(
                    Samples.series, range: days[1]..<days[days.count - 1], after: days[1],
                    limit: 2))
            #expect(page.map(\.asOf) == Array(days[2...3]))
        },
        Law("models and activations come oldest first, without duplicates") { world in
            let store = world.store
            _ = try await store.register(Samples.profile())
            let models = [
                Samples.model("b", trainedThrough: 500), Samples.model("a", trainedThrough: 250),
                Samples.model("b", trainedThrough: 500),
            ]
            let activations = [(500, "b"), (250, "x"), (250, "a")].map {
                ModelActivation(
                    series: Samples.series, activeFrom: Samples.day($0.0),
                    version: ModelVersion($0.1))
            }
            for _ in 1...2 {
                _ = try await store.record(
                    JournalBatch(
                        series: Samples.series, expecting: .anyHead, models: models,
                        activations: activations, announcing: false))
            }
            #expect(try await store.models(of: Samples.series) == [models[1], models[0]])
            #expect(
                try await store.activations(of: Samples.series) == [activations[2], activations[0]])
            #expect(try await store.model(ModelVersion("b")) == models[0])
            #expect(try await store.model(ModelVersion("c")) == nil)
        },
        Law("a restart keeps everything") { world in
            _ = try await world.store.register(Samples.profile())
            var batch = Samples.batch(Samples.regimes(count: 40, seed: 6), announcing: true)
            batch.models = [Samples.model()]
            _ = try await world.store.record(batch)
            let before = try await transcript(of: world.store)
            let store = try await world.restart()
            #expect(try await transcript(of: store) == before)
            #expect(try await store.record(batch).wroteNothing)
        },
        Law("commits are heard at once, then after each commit through any handle") { world in
            _ = try await world.store.register(Samples.profile())
            let another = try await world.another()
            var heard = another.commits().makeAsyncIterator()
            #expect(await heard.next() != nil)
            for (day, writer) in [world.store, another].enumerated() {
                _ = try await writer.record(Samples.batch([.crisis], from: day))
                repeat {
                    #expect(await heard.next() != nil)
                } while try await another.head(of: Samples.series)?.lastAsOf != Samples.day(day)
            }
        },
        Law("a cancelled listener ends") { world in
            let store = world.store
            let listener = Task { for await _ in store.commits() {} }
            listener.cancel()
            await listener.value
            try await store.ping()
        },
    ]
}
