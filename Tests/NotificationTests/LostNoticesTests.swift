import Contracts
import Hosting
import Logging
import Market
import Notices
import Ports
import Regimes
import TestSupport
import Testing

@testable import Notification

/// A store that is older than the offsets of its group.
@Suite("Notices that the store lost")
struct LostNoticesTests {
    private func consumer(_ bus: InMemoryEventBus, _ store: any NoticeStore) -> EventConsumer {
        EventConsumer(
            of: NoticeEffect.topics, on: bus, as: NoticeEffect.group,
            having: NoticeEffect(
                on: store, clock: .utc, now: { Told.start },
                logger: Logger(label: "notices") { _ in SwiftLogNoOpLogHandler() }),
            now: { Told.start },
            logger: Logger(label: "notices") { _ in SwiftLogNoOpLogHandler() },
            retryDelay: .milliseconds(1))
    }

    /// Runs a member until the group has read everything and a store was told of it.
    private func run(_ bus: InMemoryEventBus, _ store: any NoticeStore) async throws {
        let consumer = consumer(bus, store)
        let work = Task { try await consumer.run() }
        defer { work.cancel() }
        try await eventually {
            for topic in NoticeEffect.topics {
                let last = Dictionary(bus.logged(topic).map { ($0.partition, $0.offset) }) { $1 }
                let done = try await bus.committed(topic, by: NoticeEffect.group)
                let taken = try await store.taken(of: topic)
                guard done.merging(last, uniquingKeysWith: { $1 }) == done,
                    taken.merging(last, uniquingKeysWith: { $1 }) == taken
                else { return false }
            }
            return true
        }
    }

    @Test("are told again, in order, and nothing that it has", arguments: DeliveryStore.allCases)
    func lost(_ kind: DeliveryStore) async throws {
        let answer: @Sendable (InMemoryCourier.Sent) async throws -> DeliveryResult = { _ in
            .delivered
        }
        try await DeliveryWorld.with(kind, answer) { world in
            try await DeliveryWorld.with(kind, answer) { emptied in
                try await lose(world.store, for: emptied.store)
            }
        }
    }

    private func lose(_ store: any NoticeStore, for emptied: any NoticeStore) async throws {
        let bus = InMemoryEventBus(partitions: 3)
        for sequence in Int64(1)...12 {
            let assessment = Samples.assessment(
                Int(sequence), .crisis, previous: .normalBull,
                series: Samples.series(["SPX", "NDX", "DAX"][Int(sequence % 3)]))
            var change = Samples.change(assessment, from: .normalBull)
            change.announcement = Announcement(
                sequence: sequence, previousEventID: nil, supersedes: nil)
            let fill = try Samples.fill("f-\(sequence)", user: "ann")
            try await bus.publish([
                RegimeChangeEvent(change).message(),
                OrderFilledEvent(Samples.recorded(fill, sequence: sequence)).message(),
            ])
        }
        try await bus.publish([
            EventMessage(topic: .regimeChange, key: "SPX", payload: Array("not json".utf8))
        ])
        for _ in 0..<2 { try await run(bus, store) }
        let told = try await store.told(after: 0, limit: 1_000)
        #expect(bus.logged(Topic.regimeChange.deadLetter).count == 1)
        // Its group has read everything.
        try await run(bus, emptied)
        let again = try await emptied.told(after: 0, limit: 1_000)
        // Whoever goes on after something of before hears of all that was made up for.
        let last = try #require(told.last?.position)
        #expect(try await emptied.told(after: last, limit: 1_000) == again)
        for market in ["SPX", "NDX", "DAX"] {
            let ids = [told, again].map { told in
                told.filter {
                    $0.addressee == .everyone && $0.notice.series?.market.text == market
                }.map(\.notice.eventID)
            }
            #expect(ids[0].count == 4 && ids[1] == ids[0])
        }
        let fills = again.filter { $0.notice.kind == .orderFilled }.map(\.notice.eventID)
        #expect(fills.count == 12 && Set(fills).count == 12)
    }
}
