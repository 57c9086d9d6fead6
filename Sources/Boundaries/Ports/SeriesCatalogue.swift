package import Market
package import Regimes

/// Reads many series at once, for whoever looks over all of them: a call costs a few looks into the
/// store, however many series it is about.
package protocol SeriesCatalogue: Sendable {
    /// A page of series, by market and timeframe, all of it as the store was at one instant.
    func series(_ query: CatalogueQuery) async throws -> CataloguePage
}

/// Which series are listed, page by page.
package struct CatalogueQuery: Sendable {
    /// `nil`: of every timeframe.
    package var timeframe: Timeframe?
    /// Part of a market's name in lower case; the case of the name does not count. Empty: all.
    package var part: String
    /// Only what stands behind this one: the cursor of the previous page.
    package var after: Series?
    package var limit: Int
    /// What is told of the labels of each; `nil`: nothing.
    package var labels: LabelQuery?

    /// Series in one page at the most.
    package static let limitMaximum = 500

    package init(
        timeframe: Timeframe? = nil, part: String = "", after: Series? = nil,
        limit: Int = CatalogueQuery.limitMaximum, labels: LabelQuery? = nil
    ) {
        self.timeframe = timeframe
        self.part = part.lowercased()
        self.after = after
        self.limit = min(max(limit, 1), CatalogueQuery.limitMaximum)
        self.labels = labels
    }
}

package struct CataloguePage: Sendable {
    package var heads: [SeriesHead]
    /// Series that match, on all pages.
    package var total: Int
    /// The latest assessment of each of `heads`; one without any is left out.
    package var currents: [Series: RegimeAssessment]
    /// What each of `heads` published over the range that was asked for; one that published nothing
    /// is left out.
    package var labels: [Series: PublishedLabels]

    package init(
        heads: [SeriesHead], total: Int, currents: [Series: RegimeAssessment] = [:],
        labels: [Series: PublishedLabels] = [:]
    ) {
        self.heads = heads
        self.total = total
        self.currents = currents
        self.labels = labels
    }
}

/// What series published over a half-open range.
package struct LabelQuery: Sendable {
    package var range: Range<Timestamp>
    /// Changes by bars, and overrides, of one series at the most: the latest.
    package var limit: Int

    /// As above, of any query.
    package static let limitMaximum = 500

    package init(over range: Range<Timestamp>, limit: Int = LabelQuery.limitMaximum) {
        self.range = range
        self.limit = min(max(limit, 1), LabelQuery.limitMaximum)
    }
}

/// What a series published over a range: the filter's labels, and the overrides over them.
package struct PublishedLabels: Sendable, Equatable {
    /// A label of the filter, from a bar until the next one.
    package struct Step: Sendable, Equatable {
        package var asOf: Timestamp
        package var regime: Regime

        package init(asOf: Timestamp, regime: Regime) {
            self.asOf = asOf
            self.regime = regime
        }
    }

    /// An override, from the bar that it began at until the one that it ended at.
    package struct Override: Sendable, Equatable {
        package var regime: Regime
        package var asOf: Timestamp
        /// `nil` while it stands.
        package var end: Timestamp?

        package init(regime: Regime, asOf: Timestamp, end: Timestamp?) {
            self.regime = regime
            self.asOf = asOf
            self.end = end
        }
    }

    /// Oldest first, begun by the last one before the range where there is one.
    package private(set) var steps: [Step]
    /// Those of the range, in the order in which they began.
    package private(set) var overrides: [Override]
    /// From when on that is everything; `nil`: from the range's start.
    package private(set) var wholeFrom: Timestamp?

    /// - Parameters:
    ///   - steps: oldest first, the last one before the range, then those in it: the latest ones,
    ///     one more than the query allows where there are.
    ///   - overrides: the same of overrides.
    package init?(steps: [Step], overrides: [Override], of query: LabelQuery) {
        let within = steps.drop { $0.asOf < query.range.lowerBound }
        let latest = within.suffix(query.limit)
        let lastOverrides = overrides.suffix(query.limit)
        let cuts = [
            latest.count < within.count ? latest.first?.asOf : nil,
            lastOverrides.count < overrides.count ? lastOverrides.first?.asOf : nil,
        ]
        wholeFrom = cuts.compactMap(\.self).max()
        self.steps = latest.count < within.count ? Array(latest) : steps
        self.overrides = Array(lastOverrides)
        if steps.isEmpty, overrides.isEmpty { return nil }
    }
}
