import Backends
import Contracts
import Foundation
import Market
import Ports
import Synchronization

/// Daily bars whose VIX is high and low in turn, so that the rules model changes its label as often
/// as its hysteresis lets it.
enum LiveBars {
    static let warmUp = 600
    /// Live bars that are not counted: with the first ones connections are made.
    static let uncounted = 22
    /// Bars of one kind in a row: the dwell of a label, and one.
    private static let stretch = 11
    /// Seconds from 1970 to the first bar's close, 1999-01-02T00:00:00Z, and of a day.
    private static let firstClose: Int64 = 915_235_200
    private static let day: Int64 = 86_400

    static func bar(_ number: Int) -> Bar {
        // Calmer from bar to bar: were it not for the VIX, the label were always the same.
        let swing = 0.005 * exp(-Double(number) / 1_000)
        let close = 1_000 * exp(number % 2 == 0 ? swing : -swing)
        let vix = number / stretch % 2 == 0 ? 12.0 : 60.0
        return Bar(
            timestamp: Timestamp(nanoseconds: (firstClose + Int64(number) * day) * 1_000_000_000),
            open: close, high: close * 1.001, low: close * 0.999, close: close, volume: 1_000_000,
            exogenous: ExogenousValues(["vix": vix]))
    }

    /// The bars before the first live one.
    static var csv: String {
        (0..<warmUp).reduce(into: "date,open,high,low,close,volume\n") { text, number in
            let bar = bar(number)
            let date = bar.timestamp.advanced(bySeconds: -day).rfc3339.prefix(10)
            text += "\(date),\(bar.open),\(bar.high),\(bar.low),"
            text += "\(bar.close),\(bar.volume)\n"
        }
    }
}

/// Sends one bar after the other to the brokers and looks for what becomes of it: the assessment in
/// the store, and the event on its topic.
struct LivePath {
    private let bus: KafkaEventBus
    private let store: PostgresStore
    private let series: Series

    init(_ brokers: String, _ url: String, market: String) async throws {
        bus = try KafkaEventBus(
            brokers: brokers, environment: ProcessInfo.processInfo.environment)
        store = try await PostgresStore(url: url, wording: .standard, now: StackSamples.now)
        series = try StackSamples.series(market)
    }

    func run(changes: Int) async throws {
        let events = try await bus.tap(.regimeChange, from: .latest)
        let arrivals = Arrivals()
        let reading = Task {
            while let event = try await events.next() {
                let now = ContinuousClock.now
                if let change = try? RegimeChangeEvent(payload: event.message.payload) {
                    arrivals.note(change.sequence, now)
                }
            }
        }
        var heard = store.regimes.commits().makeAsyncIterator()
        var known = try await store.regimes.head(of: series)?.lastSequence ?? 0
        var (committed, told): ([Double], [Double]) = ([], [])
        var number = LiveBars.warmUp
        while told.count < changes, number < LiveBars.warmUp + 20 * changes {
            let bar = LiveBars.bar(number)
            number += 1
            let start = ContinuousClock.now
            async let published = bus.publish([MarketBarEvent(series: series, bar: bar).message])
            var head = try await store.regimes.head(of: series)
            while head?.lastAsOf != bar.timestamp, await heard.next() != nil {
                head = try await store.regimes.head(of: series)
            }
            let isCounted = number > LiveBars.warmUp + LiveBars.uncounted
            if isCounted { committed.append(seconds(ContinuousClock.now - start)) }
            _ = try await published
            if let sequence = head?.lastSequence, sequence > known {
                known = sequence
                let arrival = try await arrivals.instant(of: sequence)
                if isCounted { told.append(seconds(arrival - start)) }
            }
        }
        reading.cancel()
        await events.close()
        await bus.close()
        await store.close()
        Output.line(lists: ["committed": committed, "told": told])
    }
}

/// When each event was first seen.
private final class Arrivals: Sendable {
    private let instants = Mutex<[Int64: ContinuousClock.Instant]>([:])

    func note(_ sequence: Int64, _ instant: ContinuousClock.Instant) {
        instants.withLock { known in
            if known[sequence] == nil { known[sequence] = instant }
        }
    }

    func instant(of sequence: Int64) async throws -> ContinuousClock.Instant {
        let end = ContinuousClock.now.advanced(by: .seconds(30))
        while ContinuousClock.now < end {
            if let instant = instants.withLock({ $0[sequence] }) { return instant }
            try await Task.sleep(for: .microseconds(500))
        }
        throw Refusal(reason: "event \(sequence) did not come")
    }
}
