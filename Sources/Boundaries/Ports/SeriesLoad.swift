package import Market
package import Regimes

/// The next stretch of a series that nobody else writes: bars and answers that are later than all
/// that is stored, silent, in one transaction.
package struct SeriesLoad: Sendable {
    /// The head that the load goes on from.
    package var lastAsOf: Timestamp?
    package var writes: Int64
    /// One answer each, in the same order.
    package var bars: BarColumns
    package var answers: AnswerColumns
    /// Their changes, in order.
    package var changes: [RegimeChange]
    package var models: [StoredModel]
    package var activations: [ModelActivation]
    /// As in `JournalBatch`.
    package var completing: String?

    package var series: Series { answers.series }

    package init(
        lastAsOf: Timestamp?, writes: Int64, bars: BarColumns, answers: AnswerColumns,
        changes: [RegimeChange] = [], models: [StoredModel] = [],
        activations: [ModelActivation] = [], completing: String? = nil
    ) {
        precondition(bars.count == answers.count, "an answer for each bar")
        self.lastAsOf = lastAsOf
        self.writes = writes
        self.bars = bars
        self.answers = answers
        self.changes = changes
        self.models = models
        self.activations = activations
        self.completing = completing
    }
}

extension SeriesLoad {
    /// The same as values, one by one.
    package var batch: JournalBatch {
        let changes = Dictionary(
            changes.map { ($0.asOf, $0) }, uniquingKeysWith: { first, _ in first })
        var batch = JournalBatch(
            series: series, expecting: .head(lastAsOf: lastAsOf, writes: writes),
            announcing: false)
        batch.bars = (0..<bars.count).map { bars[$0] }
        batch.records = (0..<answers.count).map { index in
            JournalRecord(assessment: answers[index], change: changes[answers.asOf[index]])
        }
        batch.models = models
        batch.activations = activations
        batch.completing = completing
        return batch
    }
}

extension RegimeJournal {
    /// As `record` of the same bars and answers, which is what a store does that knows nothing
    /// better.
    package func load(_ load: SeriesLoad) async throws -> JournalReceipt {
        try await record(load.batch)
    }
}
