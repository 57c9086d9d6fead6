import Market
package import Ports
import Regimes

extension SeriesLoad {
    /// What a batch of consecutive days writes, as columns.
    package init(_ batch: JournalBatch, after head: SeriesHead) {
        let assessments = batch.records.map(\.assessment)
        var answers = AnswerColumns(
            series: batch.series,
            indicatorNames: assessments.first?.indicators.map(\.name) ?? [],
            trigger: assessments.first?.trigger ?? .backfill, capacity: assessments.count)
        for assessment in assessments { answers.append(assessment) }
        self.init(
            lastAsOf: head.lastAsOf, writes: head.writes, bars: BarColumns(batch.bars),
            answers: answers, changes: batch.records.compactMap(\.change), models: batch.models,
            activations: batch.activations, completing: batch.completing)
    }
}

extension AnswerColumns {
    fileprivate mutating func append(_ assessment: RegimeAssessment) {
        append(
            Row(
                asOf: assessment.asOf, availableAt: assessment.availableAt,
                since: assessment.since, regime: assessment.regime,
                rawRegime: assessment.rawRegime, previousRegime: assessment.previousRegime,
                probabilities: assessment.probabilities,
                probabilityKind: assessment.probabilityKind,
                modelVersion: assessment.modelVersion, inputMissing: assessment.inputMissing),
            indicators: { $0.append(contentsOf: assessment.indicators.map(\.value)) },
            reasoning: { $0.append(contentsOf: assessment.reasoning.utf8) })
    }
}
