package import Market
package import Regimes

/// Reads what was said of each bar, and its close, without why it was said: a small part of an
/// assessment, for whoever draws or judges whole histories.
package protocol ToldHistory: Sendable {
    /// Oldest first, one per `asOf`, of what a query asks for.
    func told(_ telling: Telling, _ query: SeriesQuery) async throws -> [ToldBar]

    /// The closes of the bars that `RegimeReader.bars` gives for the same query.
    func closes(_ query: SeriesQuery) async throws -> [BarClose]
}

/// Which of the tellings of a bar counts.
package enum Telling: Sendable, CaseIterable {
    /// What was said before any restatement: the lowest revision that is stored.
    case first
    /// The highest revision.
    case latest
}

/// What was said of one bar.
package struct ToldBar: Sendable, Equatable {
    package let asOf: Timestamp
    /// The published label, after hysteresis.
    package let regime: Regime
    package let probabilities: RegimeProbabilities
    /// As in `RegimeAssessment`.
    package let confidence: Double
    /// What kind of number `confidence` is.
    package let confidenceKind: ConfidenceKind
    package let modelVersion: ModelVersion
    /// Whether something else was said of the bar as well, before or after.
    package let isRestated: Bool

    package init(
        asOf: Timestamp, regime: Regime, probabilities: RegimeProbabilities, confidence: Double,
        confidenceKind: ConfidenceKind, modelVersion: ModelVersion, isRestated: Bool
    ) {
        self.asOf = asOf
        self.regime = regime
        self.probabilities = probabilities
        self.confidence = confidence
        self.confidenceKind = confidenceKind
        self.modelVersion = modelVersion
        self.isRestated = isRestated
    }

    package init(_ assessment: RegimeAssessment, isRestated: Bool) {
        self.init(
            asOf: assessment.asOf, regime: assessment.regime,
            probabilities: assessment.probabilities, confidence: assessment.confidence,
            confidenceKind: assessment.confidenceKind, modelVersion: assessment.modelVersion,
            isRestated: isRestated)
    }
}

/// A bar's close; NaN where it is missing.
package struct BarClose: Sendable {
    package let timestamp: Timestamp
    package let close: Double

    package init(timestamp: Timestamp, close: Double) {
        self.timestamp = timestamp
        self.close = close
    }
}

extension ToldHistory {
    /// Reads page by page, oldest first, what was said of each bar, with its close where there is
    /// one: as it is now, or as it was known when the query says so, whichever telling counts.
    ///
    /// - Throws: `StoreError`, `CancellationError`.
    package func forEachTold(
        _ telling: Telling, _ query: SeriesQuery, _ body: (ToldBar, Double?) -> Void
    ) async throws {
        var query = query
        while true {
            let page = try await told(telling, query)
            let closes = try await closes(at: page.map(\.asOf), of: query)
            for told in page { body(told, closes[told.asOf]) }
            guard page.count == query.limit, let last = page.last else { return }
            try Task.checkCancellation()
            query.after = last.asOf
        }
    }

    /// The closes of consecutive bars.
    ///
    /// - Parameter query: whose bars, and when they were known.
    package func closes(
        at instants: [Timestamp], of query: SeriesQuery
    ) async throws -> [Timestamp: Double] {
        guard let first = instants.first, let last = instants.last else { return [:] }
        var query = SeriesQuery(
            query.series, range: first..<last.advanced(byNanoseconds: 1), knownAt: query.knownAt)
        var closes: [Timestamp: Double] = [:]
        while true {
            let page = try await self.closes(query)
            for bar in page { closes[bar.timestamp] = bar.close }
            guard page.count == query.limit, let end = page.last, end.timestamp < last
            else { return closes }
            query.after = end.timestamp
        }
    }
}
