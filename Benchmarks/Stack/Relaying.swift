import Backends
import Contracts
import Hosting
import Logging
import Market
import Ports

/// An outbox that is full, and the relay that empties it.
struct Relaying {
    /// Keys, so that the topic's partitions are all used.
    private static let markets = 12
    /// Changes announced in one transaction.
    private static let batch = 50

    private let regimes: any RegimeStore
    private let close: () async throws -> Void

    init(store: String) async throws {
        if store.hasPrefix("postgresql:") {
            let store = try await PostgresStore(
                url: store, wording: .standard, now: StackSamples.now)
            (regimes, close) = (store.regimes, { await store.close() })
        } else {
            let store = try EmbeddedStore(
                path: store, wording: .standard, now: StackSamples.now)
            (regimes, close) = (store.regimes, { try store.close() })
        }
    }

    /// The markets take turns, as instances that write at the same time do.
    func fill(rows: Int) async throws {
        let all = try (0..<Self.markets).map { try StackSamples.series("M\($0)") }
        for series in all { _ = try await regimes.register(StackSamples.profile(series)) }
        var written = 0
        for first in stride(from: 0, to: Int.max, by: Self.batch) {
            for series in all where written < rows {
                let count = min(Self.batch, rows - written)
                let records = (first..<(first + count)).map {
                    StackSamples.change($0, of: series)
                }
                let receipt = try await regimes.record(
                    JournalBatch(
                        series: series, expecting: .anyHead, records: records, announcing: true))
                written += receipt.announced
            }
            if written >= rows { break }
        }
        let sample = try await regimes.pending(limit: 500)
        let bytes = sample.reduce(0) { $0 + $1.message.payload.count }
        Output.line([
            "rows": Double(written), "bytes": Double(bytes) / Double(max(sample.count, 1)),
        ])
        try await close()
    }

    func relay(to brokers: String) async throws {
        let bus = try KafkaEventBus(brokers: brokers)
        let relay = OutboxRelay(
            outbox: regimes, bus: bus, owner: "benchmark", now: StackSamples.now,
            logger: Logger(label: "benchmark") { _ in SwiftLogNoOpLogHandler() })
        let start = ContinuousClock.now
        guard case .drained(let rows) = try await relay.drain() else {
            throw Refusal(reason: "another relay has the lease")
        }
        let elapsed = ContinuousClock.now - start
        _ = try await relay.drainOnce()
        await bus.close()
        try await close()
        Output.line(["seconds": seconds(elapsed), "rows": Double(rows)])
    }
}
