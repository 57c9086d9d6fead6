import Market
import Ports
import Regimes

/// A random but seeded sequence of calls on a store, and everything it answered, as text: two
/// stores that give the same transcript decide alike.
package final class StoreScript {
    private var generator: SplitMix64
    private let time: ManualTime
    private let store: any RegimeStore
    private var lines: [String] = []

    private static let allSeries = [Samples.series, Samples.series("NDX", "1h")]

    private init(seed: UInt64, world: StoreWorld) {
        generator = SplitMix64(seed: seed)
        time = world.time
        store = world.store
    }

    /// Plays a script on a fresh store.
    package static func play(seed: UInt64, steps: Int, in world: StoreWorld) async -> [String] {
        let script = StoreScript(seed: seed, world: world)
        for _ in 0..<steps { await script.step() }
        await script.note("everything") {
            try await transcript(of: world.store).joined(separator: "\n")
        }
        return script.lines
    }

    private func step() async {
        time.advance(bySeconds: 1)
        let series = pick(StoreScript.allSeries)
        switch below(15) {
        case 0:
            let profile = Samples.profile(series, anchor: below(8) == 0 ? 1 : 0)
            await note("register") { "\(try await store.register(profile))" }
        case 1...5:
            let batch = await batch(series)
            await note("record") { "\(try await store.record(batch))" }
        case 6:
            let limit = below(4)
            await note("announce") {
                try await transcript(store.announcePending(series, limit: limit)).joined(
                    separator: "\n")
            }
        case 7: await relay()
        case 8:
            let (owner, duration) = ("\(below(3))", Int64(1 + below(5)))
            await note("lease") {
                let term = LeaseTerm(from: time.now, seconds: duration)
                return try await "\(store.acquireLease(owner: owner, for: term))"
            }
        case 9:
            let owner = "\(below(3))"
            await note("release") { "\(try await store.releaseLease(owner: owner))" }
        case 10, 11: await override(series)
        case 12:
            let late = Int64(below(12))
            await note("expire") {
                let now = time.now.advanced(bySeconds: late)
                let change = try await store.endExpiredOverride(of: series, at: now)
                return transcript([change]).joined()
            }
        default: await read(series)
        }
    }

    private func override(_ series: Series) async {
        let order = Samples.order(
            pick([.crisis, .normalBull, .euphoria]), at: time.now, seconds: Int64(1 + below(20)),
            series: series, reason: pick(["one", "two"]))
        let again = below(4) == 0
        for _ in 0...(again ? 1 : 0) {
            await note("override") { transcript([try await store.putInForce(order)]).joined() }
        }
        await note("standing") {
            try await transcript(store.standingOverrides()).joined(separator: "\n")
        }
    }

    private func relay() async {
        let limit = below(5)
        let (skipped, strange) = (below(2), Int64(below(40)))
        let isStrange = below(4) == 0
        await note("relay") {
            let rows = try await store.pending(limit: limit)
            let last = rows.dropLast(skipped).last?.position
            try await store.markPublished(through: isStrange ? strange : last ?? 0)
            return "\(rows.map(line)) \(try await store.lag())"
        }
    }

    private func read(_ series: Series) async {
        let start = below(40) - 5
        let range = Samples.day(start)..<Samples.day(start + below(30))
        let query = SeriesQuery(
            series, range: below(3) == 0 ? nil : range,
            after: below(2) == 0 ? nil : Samples.day(below(30)),
            knownAt: below(3) == 0 ? Samples.day(below(60)) : nil, limit: 1 + below(12))
        // Overrides are made by the clock, bars are of other days.
        let known = pick([nil, Samples.day(below(60)), time.now.advanced(bySeconds: -9)])
        let sequence = Int64(below(9)) - 1
        let place = ChangePlace(asOf: Samples.day(below(30)), sequence: Int64(below(6)))
        let mixed = ChangeQuery(
            series, range: query.range, after: below(2) == 0 ? nil : place, knownAt: known,
            limit: query.limit)
        await note("history") { try await transcript(store.history(query)).joined(separator: "\n") }
        await note("changes") { try await transcript(store.changes(query)).joined(separator: "\n") }
        await note("changes and overrides") {
            try await transcript(store.changesAndOverrides(mixed)).joined(separator: "\n")
        }
        await note("overrides") {
            try await transcript(
                store.overrides(of: series, after: sequence, limit: 3)
            ).joined(separator: "\n")
        }
        await note("bars") { try await transcript(store.bars(query)).joined(separator: "\n") }
        await note("announcements") {
            try await transcript(
                store.announcements(of: series, after: sequence, limit: 3)
            ).joined(separator: "\n")
        }
        await note("current") { "\(String(describing: try await store.current(series)))" }
        await note("head") { "\(String(describing: try await store.head(of: series)))" }
    }

    // MARK: Batches

    private func batch(_ series: Series) async -> JournalBatch {
        let last = try? await store.head(of: series)?.lastAsOf
        let start = below(3) == 0 ? below(25) : dayAfter(last)
        let labels = (0..<below(6)).map { _ in pick([Regime.crisis, .normalBull, .euphoria]) }
        var batch = JournalBatch(
            series: series, expecting: .anyHead,
            records: Samples.records(
                labels, from: start, previous: pick([.unknown, .crisis]), series: series,
                model: pick(["model-1", "model-2"]), trigger: pick([.bar, .backfill, .refit])),
            announcing: below(2) == 0)
        batch.bars = labels.indices.map { Samples.bar(start + $0, close: pick([90, 100, 110])) }
        for index in batch.records.indices where below(3) == 0 {
            let confidence = pick([1e-13, 0.1 + 0.2, 1 - 1e-13])
            batch.records[index].assessment.calibratedConfidence = confidence
            batch.records[index].change?.calibratedConfidence = confidence
        }
        for index in batch.bars.indices where below(3) == 0 {
            batch.bars[index].exogenous = ["vix": pick([12, 30, .nan])]
        }
        if below(3) == 0 {
            let known = Samples.day(start + labels.count + below(20))
            for index in labels.indices {
                batch.bars[index].availableAt = known
                batch.records[index].assessment.availableAt = known
            }
        }
        if below(3) == 0 { batch.lateBars = [Samples.bar(below(25), close: pick([90, 100, 110]))] }
        if below(4) == 0 {
            batch.expecting = .head(lastAsOf: below(2) == 0 ? last : Samples.day(3))
        }
        if below(4) == 0 { batch.records.shuffle(using: &generator) }
        if below(5) == 0 {
            let version = pick(["model-1", "model-2"])
            batch.models = [Samples.model(version, of: series, trainedThrough: below(9))]
            batch.activations = [
                ModelActivation(
                    series: series, activeFrom: Samples.day(below(4)),
                    version: ModelVersion(version))
            ]
        }
        return batch
    }

    private func dayAfter(_ instant: Timestamp?) -> Int {
        guard let instant else { return 0 }
        let elapsed = instant.nanoseconds - Samples.day(0).nanoseconds
        return Int(elapsed / Timestamp.nanosecondsPerDay) + 1
    }

    // MARK: Choosing and noting

    private func below(_ bound: Int) -> Int {
        Int.random(in: 0..<bound, using: &generator)
    }

    private func pick<Value>(_ values: [Value]) -> Value {
        values[below(values.count)]
    }

    private func note(_ call: String, _ answer: () async throws -> String) async {
        do {
            lines.append("\(call): \(try await answer())")
        } catch {
            lines.append("\(call) threw \(String(reflecting: error))")
        }
    }
}
