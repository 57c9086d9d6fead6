import Market
import Ports
import Regimes
import Testing

// MARK: - What runs beside

extension RegimeStoreConformance {
    /// `normal_bull` was said on each of the days, and the labels beside it.
    private static func batch(
        _ beside: [Regime], from first: Int = 0, expecting: JournalBatch.Expectation = .anyHead,
        announcing: Bool = true
    ) -> JournalBatch {
        var batch = Samples.batch(
            Array(repeating: .normalBull, count: beside.count), from: first,
            previous: first == 0 ? .unknown : .normalBull, expecting: expecting,
            announcing: announcing)
        var disagreed = false
        for (place, regime) in beside.enumerated() {
            batch.records[place].shadow = Samples.shadow(
                at: first + place, regime, isTurn: (regime != .normalBull) != disagreed)
            disagreed = regime != .normalBull
        }
        return batch
    }

    private static func told(_ store: any RegimeStore) async throws -> [String] {
        try await store.pending(limit: 100).filter { $0.message.topic == .modelDisagreement }
            .map { String(decoding: $0.message.payload, as: UTF8.self) }
    }

    static let shadowing: [Law<StoreWorld>] = [
        Law("what ran beside is listed as it was said, and told where it turns") { world in
            let store = world.store
            _ = try await store.register(Samples.profile())
            let batch = batch([.normalBull, .crisis, .crisis, .normalBull])
            let receipt = try await store.record(batch)
            #expect(receipt.shadowAnswers == 4)
            for place in 0..<3 {
                let reader =
                    switch place {
                    case 0: store
                    case 1: try await world.another()
                    default: try await world.restart()
                    }
                let all = SeriesQuery(Samples.series)
                let said = try await reader.shadowAnswers(all, onlyDisagreeing: false)
                #expect(said == batch.records.compactMap(\.shadow))
                let apart = try await reader.shadowAnswers(all, onlyDisagreeing: true)
                #expect(apart == Array(said[1...2]))
                let last = try await reader.shadowAnswers(
                    SeriesQuery(Samples.series, after: said[1].asOf, limit: 1),
                    onlyDisagreeing: true)
                #expect(last == [said[2]])
                #expect(
                    try await reader.shadowTally(of: Samples.series, after: said[0].asOf)
                        == ShadowTally(bars: 3, disagreed: 2))
            }
        },
        Law("beginning and ceasing to disagree go into the outbox, once") { world in
            let store = world.store
            _ = try await store.register(Samples.profile())
            let batch = batch([.normalBull, .crisis, .crisis, .normalBull])
            _ = try await store.record(batch)
            let told = try await told(store)
            #expect(told.map { $0.contains(#""disagrees":true"#) } == [true, false])
            let again = try await store.record(batch)
            #expect(again.wroteNothing)
            #expect(try await Self.told(store) == told)
        },
        Law("what is not announced tells no disagreement, and is listed") { world in
            let store = world.store
            _ = try await store.register(Samples.profile())
            _ = try await store.record(batch([.crisis], announcing: false))
            #expect(try await told(store).isEmpty)
            #expect(
                try await store.shadowTally(of: Samples.series, after: .earliest)
                    == ShadowTally(bars: 1, disagreed: 1))
        },
        Law("another statement about a bar is the next revision; what was known stays known") {
            world in
            let store = world.store
            _ = try await store.register(Samples.profile())
            _ = try await store.record(batch([.crisis, .crisis]))
            var restated = batch([.crisis, .euphoria], announcing: false)
            let later = Samples.day(5)
            restated.records[1].shadow?.availableAt = later
            #expect(try await store.record(restated).shadowAnswers == 1)
            let all = SeriesQuery(Samples.series)
            let now = try await store.shadowAnswers(all, onlyDisagreeing: false)
            #expect(now.map(\.regime) == [.crisis, .euphoria] && now.map(\.revision) == [1, 2])
            let before = try await store.shadowAnswers(
                SeriesQuery(Samples.series, knownAt: Samples.day(4)), onlyDisagreeing: false)
            #expect(before.map(\.regime) == [.crisis, .crisis])
            #expect(
                try await store.shadowTally(of: Samples.series, after: .earliest)
                    == ShadowTally(bars: 2, disagreed: 2))
        },
        Law("many at once are kept to the bit") { world in
            let store = world.store
            _ = try await store.register(Samples.profile())
            var batch = batch(Array(repeating: .crisis, count: 40))
            for place in batch.records.indices {
                batch.records[place].shadow?.confidence = 1 / Double(place + 3)
            }
            _ = try await store.record(batch)
            let said = try await store.shadowAnswers(
                SeriesQuery(Samples.series), onlyDisagreeing: true)
            #expect(
                said.map(\.confidence.bitPattern)
                    == batch.records.compactMap { $0.shadow?.confidence.bitPattern })
        },
    ]
}
