package import Market
package import RegimeModels

/// How histories are written, whichever the market.
package struct BackfillTerms: Sendable {
    package var specification: RegimeSpecification
    /// The wall clock. A source's corrections of stored bars are known from the instant at which
    /// the first of them is about to be written: it is asked once for each series.
    package var now: @Sendable () -> Timestamp
    /// Only assessments of this half-open range are written; everything is read all the same.
    package var range: Range<Timestamp>?
    /// Announce the changes later than the last announced one.
    package var emitting: Bool
    /// Whether the sources say what was known from outside the market. When they do not, bars keep
    /// the exogenous values that they have in the store.
    package var bringsExogenous: Bool
    package var splits: SplitPolicy
    /// A model fitted before, of which the specification speaks.
    package var fixedModel: ModelManifest?

    package init(
        specification: RegimeSpecification, now: @escaping @Sendable () -> Timestamp,
        range: Range<Timestamp>? = nil, emitting: Bool = false, bringsExogenous: Bool = false,
        splits: SplitPolicy = .refuse, fixedModel: ModelManifest? = nil
    ) {
        self.specification = specification
        self.now = now
        self.range = range
        self.emitting = emitting
        self.bringsExogenous = bringsExogenous
        self.splits = splits
        self.fixedModel = fixedModel
    }
}

/// What a backfill is asked to do.
package struct BackfillRequest: Sendable {
    package var series: Series
    package var calendar: SessionCalendar
    package var terms: BackfillTerms
    /// The digest of the source, kept once all of it is written; `nil`: it is not kept.
    package var completing: String?
    /// Bars in one transaction.
    package var chunkSize: Int

    package static let defaultChunkSize = 250

    package init(
        series: Series, calendar: SessionCalendar, _ terms: BackfillTerms,
        completing: String? = nil, chunkSize: Int = BackfillRequest.defaultChunkSize
    ) {
        self.series = series
        self.calendar = calendar
        self.terms = terms
        self.completing = completing
        self.chunkSize = max(1, chunkSize)
    }
}
