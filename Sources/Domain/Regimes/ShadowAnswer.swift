package import Market

/// What a model that runs beside the one that answers says about a bar, and what was answered.
///
/// Nobody is told the shadow's label as the market's: it is compared, and kept.
package struct ShadowAnswer: Sendable, Equatable {
    package var series: Series
    /// The close of the bar.
    package var asOf: Timestamp
    /// From when on all that it rests on could be known.
    package var availableAt: Timestamp
    /// Counts what was said about a bar, from 1 on; given by the journal.
    package var revision: Int
    /// What kind of model it is, as a specification names it.
    package var model: String
    package var modelVersion: ModelVersion
    /// The label that it would have published.
    package var regime: Regime
    /// Its probability of that label; 0…1.
    package var confidence: Double
    /// The label that the classifier published.
    package var published: Regime
    package var publishedVersion: ModelVersion
    /// Whether the two begin or cease to disagree here. The bars before a shadow agree.
    package var isTurn: Bool

    package init(
        series: Series, asOf: Timestamp, availableAt: Timestamp, revision: Int = 0, model: String,
        modelVersion: ModelVersion, regime: Regime, confidence: Double, published: Regime,
        publishedVersion: ModelVersion, isTurn: Bool
    ) {
        self.series = series
        self.asOf = asOf
        self.availableAt = availableAt
        self.revision = revision
        self.model = model
        self.modelVersion = modelVersion
        self.regime = regime
        self.confidence = confidence
        self.published = published
        self.publishedVersion = publishedVersion
        self.isTurn = isTurn
    }

    package var disagrees: Bool { regime != published }

    /// Whether both say the same, whichever revision they are; to the bit.
    package func saysTheSame(as other: ShadowAnswer) -> Bool {
        var mine = self
        mine.revision = other.revision
        mine.confidence = other.confidence
        return mine == other && confidence.bitPattern == other.confidence.bitPattern
    }
}

/// How the answers of a shadow went so far.
package struct ShadowTally: Sendable, Equatable {
    package var bars: Int
    /// Bars on which it disagreed.
    package var disagreed: Int

    package init(bars: Int, disagreed: Int) {
        self.bars = bars
        self.disagreed = disagreed
    }
}
