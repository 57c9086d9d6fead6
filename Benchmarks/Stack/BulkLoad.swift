import Backends
import Contracts
import Market
import Ports

/// Assessments recorded batch by batch, as a backfill does, one transaction each.
struct BulkLoad {
    private let url: String
    private let market: String
    private let rows: Int
    private let batch: Int

    init(_ words: [String]) throws {
        (url, market) = (words[1], words[2])
        (rows, batch) = (try number(words[3]), try number(words[4]))
    }

    func run(restating: Bool) async throws {
        let store = try await PostgresStore(
            url: url, wording: .standard, now: StackSamples.now)
        let series = try StackSamples.series(market)
        _ = try await store.regimes.register(StackSamples.profile(series))
        let batches = stride(from: 0, to: rows, by: batch).map { first in
            JournalBatch(
                series: series, expecting: .anyHead,
                records: (first..<min(first + batch, rows)).map { row in
                    let shift = restating && row % 100 == 50 ? 0.5 : 0
                    return JournalRecord(
                        assessment: StackSamples.assessment(row, of: series, shift: shift))
                }, announcing: false)
        }
        var written = 0
        let start = ContinuousClock.now
        for batch in batches {
            let receipt = try await store.regimes.record(batch)
            written += receipt.newAssessments + receipt.restatedAssessments
        }
        let elapsed = ContinuousClock.now - start
        await store.close()
        guard written == (restating ? rows / 100 : rows) else {
            throw Refusal(reason: "\(written) rows were written of \(rows)")
        }
        Output.line(["seconds": seconds(elapsed), "rows": Double(rows)])
    }
}
