import Market
import Ports
import Regimes
import Testing

// MARK: - What classifies a series

extension RegimeStoreConformance {
    private static func promotion(
        to specification: String, expecting head: SeriesHead
    ) -> JournalBatch {
        var batch = JournalBatch(
            series: Samples.series,
            expecting: .head(lastAsOf: head.lastAsOf, writes: head.writes), announcing: false)
        batch.specification = specification
        return batch
    }

    static let specifying: [Law<StoreWorld>] = [
        Law("what classifies a series is changed with a batch, and stays after a restart") {
            world in
            let store = world.store
            _ = try await store.register(Samples.profile())
            let said = try await store.record(Samples.batch([.crisis], announcing: true)).head
            let receipt = try await store.record(promotion(to: #"{"a":1}"#, expecting: said))
            #expect(receipt.head.profile.specification == #"{"a":1}"#)
            #expect(receipt.head.writes == said.writes + 1 && receipt.wroteNothing)
            var expected = said
            expected.profile.specification = #"{"a":1}"#
            expected.writes += 1
            #expect(try await world.another().head(of: Samples.series) == expected)
            #expect(try await store.history(SeriesQuery(Samples.series)).count == 1)
            // The same again is no write: nobody has to look anew.
            let again = try await store.record(promotion(to: #"{"a":1}"#, expecting: expected))
            #expect(again.head == expected)
            #expect(try await world.restart().head(of: Samples.series) == expected)
        },
        Law("of two who change what classifies a series one is told that it moved") { world in
            let stores = [world.store, try await world.another()]
            let head = try await world.store.register(Samples.profile())
            let moved = try await withThrowingTaskGroup(of: Bool.self) { group in
                for (place, store) in stores.enumerated() {
                    group.addTask {
                        do {
                            _ = try await store.record(
                                promotion(to: #"{"by":\#(place)}"#, expecting: head))
                            return false
                        } catch JournalError.headMoved {
                            return true
                        }
                    }
                }
                return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(moved == 1)
        },
    ]
}
