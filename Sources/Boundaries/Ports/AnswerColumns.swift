package import Market
package import Regimes

/// What was said of consecutive bars of one series, as columns: a value a bar costs a bulk load
/// several allocations, a row of columns none.
package struct AnswerColumns: Sendable {
    package let series: Series
    /// Of each bar, in this order.
    package let indicatorNames: [String]
    /// Of every bar but those that a refit alone changed.
    package let trigger: Trigger

    package private(set) var asOf: [Timestamp] = []
    package private(set) var availableAt: [Timestamp] = []
    package private(set) var since: [Timestamp] = []
    package private(set) var regime: [Regime] = []
    package private(set) var rawRegime: [Regime] = []
    package private(set) var previousRegime: [Regime] = []
    package private(set) var probabilities: [RegimeProbabilities] = []
    package private(set) var probabilityKind: [ConfidenceKind] = []
    package private(set) var modelVersion: [ModelVersion] = []
    package private(set) var inputMissing: [Bool] = []
    /// `indicatorNames.count` a bar; NaN where missing.
    package private(set) var indicators: [Double] = []
    /// UTF-8 of all reasonings, one behind the other, and where each ends.
    package private(set) var reasoning: [UInt8] = []
    package private(set) var reasoningEnds: [Int] = []

    /// Bytes that a reasoning mostly takes no more than.
    private static let usualReasoning = 224

    /// - Parameter capacity: rows that memory is taken for.
    package init(series: Series, indicatorNames: [String], trigger: Trigger, capacity: Int) {
        self.series = series
        self.indicatorNames = indicatorNames
        self.trigger = trigger
        asOf.reserveCapacity(capacity)
        availableAt.reserveCapacity(capacity)
        since.reserveCapacity(capacity)
        regime.reserveCapacity(capacity)
        rawRegime.reserveCapacity(capacity)
        previousRegime.reserveCapacity(capacity)
        probabilities.reserveCapacity(capacity)
        probabilityKind.reserveCapacity(capacity)
        modelVersion.reserveCapacity(capacity)
        inputMissing.reserveCapacity(capacity)
        indicators.reserveCapacity(capacity * indicatorNames.count)
        reasoning.reserveCapacity(capacity * AnswerColumns.usualReasoning)
        reasoningEnds.reserveCapacity(capacity)
    }

    package var count: Int { asOf.count }

    /// A row but for its indicators and its reasoning.
    package struct Row: Sendable {
        package var asOf: Timestamp
        package var availableAt: Timestamp
        package var since: Timestamp
        package var regime: Regime
        package var rawRegime: Regime
        package var previousRegime: Regime
        package var probabilities: RegimeProbabilities
        package var probabilityKind: ConfidenceKind
        package var modelVersion: ModelVersion
        package var inputMissing: Bool

        package init(
            asOf: Timestamp, availableAt: Timestamp, since: Timestamp, regime: Regime,
            rawRegime: Regime, previousRegime: Regime, probabilities: RegimeProbabilities,
            probabilityKind: ConfidenceKind, modelVersion: ModelVersion, inputMissing: Bool
        ) {
            self.asOf = asOf
            self.availableAt = availableAt
            self.since = since
            self.regime = regime
            self.rawRegime = rawRegime
            self.previousRegime = previousRegime
            self.probabilities = probabilities
            self.probabilityKind = probabilityKind
            self.modelVersion = modelVersion
            self.inputMissing = inputMissing
        }
    }

    /// - Parameters:
    ///   - indicators: appends `indicatorNames.count` values.
    ///   - reasoning: appends UTF-8.
    package mutating func append(
        _ row: Row, indicators: (inout [Double]) -> Void, reasoning: (inout [UInt8]) -> Void
    ) {
        asOf.append(row.asOf)
        availableAt.append(row.availableAt)
        since.append(row.since)
        regime.append(row.regime)
        rawRegime.append(row.rawRegime)
        previousRegime.append(row.previousRegime)
        probabilities.append(row.probabilities)
        probabilityKind.append(row.probabilityKind)
        modelVersion.append(row.modelVersion)
        inputMissing.append(row.inputMissing)
        indicators(&self.indicators)
        precondition(self.indicators.count == count * indicatorNames.count, "one of each indicator")
        reasoning(&self.reasoning)
        reasoningEnds.append(self.reasoning.count)
    }

    /// The bytes of a row's reasoning.
    package func reasoningRange(_ index: Int) -> Range<Int> {
        (index == 0 ? 0 : reasoningEnds[index - 1])..<reasoningEnds[index]
    }

    /// The values of a row's indicators.
    package func indicatorRange(_ index: Int) -> Range<Int> {
        index * indicatorNames.count..<(index + 1) * indicatorNames.count
    }

    /// The row as an assessment of its own.
    package subscript(index: Int) -> RegimeAssessment {
        RegimeAssessment(
            series: series, asOf: asOf[index], availableAt: availableAt[index],
            regime: regime[index], rawRegime: rawRegime[index],
            previousRegime: previousRegime[index], since: since[index],
            probabilities: probabilities[index], probabilityKind: probabilityKind[index],
            trigger: trigger, modelVersion: modelVersion[index],
            indicators: zip(indicatorNames, indicators[indicatorRange(index)]).map {
                IndicatorReading(name: $0, value: $1)
            },
            reasoning: String(decoding: reasoning[reasoningRange(index)], as: UTF8.self),
            inputMissing: inputMissing[index])
    }
}
