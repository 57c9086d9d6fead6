import Market
import Ports
import Regimes
import Testing

// MARK: - Calibrated confidence

extension RegimeStoreConformance {
    static let calibrating: [Law<StoreWorld>] = [
        Law("calibrated confidence comes back bit for bit, and none as none") { world in
            let store = world.store
            _ = try await store.register(Samples.profile())
            let numbers: [Double?] = [
                nil, .leastNonzeroMagnitude, 1e-13, 1 / 3, 0.1 + 0.2, 1.0.nextDown, 1, 0,
            ]
            let records = calibrated(numbers)
            _ = try await store.record(
                JournalBatch(
                    series: Samples.series, expecting: .anyHead, records: records,
                    announcing: true))
            let history = try await store.history(SeriesQuery(Samples.series))
            #expect(transcript(history) == transcript(records.map(\.assessment)))
            #expect(history.map(\.calibratedConfidence) == numbers)
            #expect(history.map(\.confidence) == numbers.map { $0 ?? 0.75 })
            let kinds = history.map(\.confidenceKind)
            #expect(kinds.first == .mappedPosterior)
            #expect(kinds.dropFirst().allSatisfy { $0 == .calibrated })
            #expect(history.allSatisfy { $0.probabilityKind == .mappedPosterior })
            let changes = try await store.changes(SeriesQuery(Samples.series))
            #expect(changes.map(\.calibratedConfidence) == numbers)
            let told = try await store.announcements(of: Samples.series, after: 0, limit: 99)
            #expect(told.map(\.calibratedConfidence) == numbers)
            #expect(told.map(\.confidence) == numbers.map { $0 ?? 0.75 })
        },
        Law("what was stored silently is announced with the confidence it had") { world in
            let store = world.store
            _ = try await store.register(Samples.profile())
            _ = try await store.record(
                JournalBatch(
                    series: Samples.series, expecting: .anyHead,
                    records: calibrated([0.9, nil]), announcing: false))
            let told = try await store.announcePending(Samples.series, limit: 9)
            #expect(told.map(\.calibratedConfidence) == [0.9, nil])
        },
        Law("another confidence is another statement, and the same one is none") { world in
            let store = world.store
            _ = try await store.register(Samples.profile())
            for confidence in [nil, 0.9, 0.9, 0.8] {
                _ = try await store.record(
                    JournalBatch(
                        series: Samples.series, expecting: .anyHead,
                        records: calibrated([confidence]), announcing: false))
            }
            let current = try #require(try await store.current(Samples.series))
            #expect(current.revision == 3)
            #expect(current.calibratedConfidence == 0.8)
        },
        Law("an override is not calibrated; the label that comes back is") { world in
            let store = world.store
            _ = try await store.register(Samples.profile())
            _ = try await store.record(
                JournalBatch(
                    series: Samples.series, expecting: .anyHead, records: calibrated([0.9]),
                    announcing: true))
            _ = try await store.putInForce(
                Samples.order(.euphoria, at: world.time.now, seconds: 10))
            world.time.advance(bySeconds: 10)
            _ = try await store.endExpiredOverride(of: Samples.series, at: world.time.now)
            let told = try await store.announcements(of: Samples.series, after: 0, limit: 9)
            #expect(told.map(\.regime) == [.crisis, .euphoria, .crisis])
            #expect(told.map(\.calibratedConfidence) == [0.9, nil, 0.9])
        },
    ]

    /// A record a day, each with a change, with these confidences.
    private static func calibrated(_ confidences: [Double?]) -> [JournalRecord] {
        let regimes = confidences.indices.map { $0.isMultiple(of: 2) ? Regime.crisis : .normalBear }
        return zip(Samples.records(regimes), confidences).map { record, confidence in
            var record = record
            record.assessment.calibratedConfidence = confidence
            record.change?.calibratedConfidence = confidence
            return record
        }
    }
}
