package import Market
package import Regimes

/// Reads what the journal wrote; answers are of the highest revision, or, where a query says so, of
/// the highest that was available at an instant.
package protocol RegimeReader: Sendable {
    /// All series, ordered by market and timeframe.
    func heads() async throws -> [SeriesHead]

    func head(of series: Series) async throws -> SeriesHead?

    /// The latest assessment; `nil` for a series without one.
    func current(_ series: Series) async throws -> RegimeAssessment?

    /// The latest answer known at an instant: of the latest bar whose answer was available then,
    /// the highest revision that was.
    func known(_ series: Series, at instant: Timestamp) async throws -> RegimeAssessment?

    /// Assessments oldest first, one per `asOf`.
    func history(_ query: SeriesQuery) async throws -> [RegimeAssessment]

    /// Changes by bars, by `asOf`, oldest first: those of each bar's latest assessment. Under
    /// `knownAt` one whose assessment retention has dropped is left out: nothing says since when
    /// it was known.
    func changes(_ query: SeriesQuery) async throws -> [RegimeChange]

    /// The same changes, those of overrides and amendments, by their places in the list.
    ///
    /// Under `knownAt` when something was announced is no part of what was known: changes by bars
    /// come without it, so before overrides about the same bar, and amendments not at all. An
    /// override's start is known from when it was made, its end from when that was recorded.
    func changesAndOverrides(_ query: ChangeQuery) async throws -> [RegimeChange]

    /// What ran beside said, oldest first, one per `asOf`; or those of them that disagree.
    func shadowAnswers(
        _ query: SeriesQuery, onlyDisagreeing: Bool
    ) async throws -> [ShadowAnswer]

    /// How what ran beside went about bars later than an instant.
    func shadowTally(of series: Series, after instant: Timestamp) async throws -> ShadowTally

    /// Announced changes with a sequence later than `sequence`, in sequence order, those of
    /// overrides, amendments and superseded ones included: announcements are never taken back.
    func announcements(
        of series: Series, after sequence: Int64, limit: Int
    ) async throws -> [RegimeChange]

    /// Bars oldest first: per timestamp the highest revision that assessments were made from.
    func bars(_ query: SeriesQuery) async throws -> [RevisedBar]

    /// The models of a series by training window, oldest first, without duplicates.
    func models(of series: Series) async throws -> [StoredModel]

    func model(_ version: ModelVersion) async throws -> StoredModel?

    /// Which model answered from when, oldest first.
    func activations(of series: Series) async throws -> [ModelActivation]

    /// Yields at once and then after every commit to the store, by whatever process, commits in
    /// quick succession possibly as one. Ends when the task that iterates is cancelled.
    func commits() -> AsyncStream<Void>

    /// Throws a `StoreError` when the store cannot answer.
    func ping() async throws
}

extension RegimeReader {
    /// The bars of a range, oldest first, read page by page: as `bars(_:)` gives them.
    package func everyBar(
        of series: Series, in range: Range<Timestamp>, knownAt: Timestamp? = nil
    ) async throws -> [Bar] {
        var all: [Bar] = []
        while true {
            let page = try await bars(
                SeriesQuery(series, range: range, after: all.last?.timestamp, knownAt: knownAt))
            all += page.map(\.bar)
            if page.count < SeriesQuery.limitMaximum { return all }
        }
    }
}

/// A half-open range of one series, read page by page.
package struct SeriesQuery: Sendable {
    package var series: Series
    /// Half-open: from the first instant up to, not including, the second. `nil`: all.
    package var range: Range<Timestamp>?
    /// Only what is later than this instant: the cursor of the previous page.
    package var after: Timestamp?
    /// Only what was available at this instant, as if nothing had been brought since. `nil`: all.
    package var knownAt: Timestamp?
    package var limit: Int

    /// Rows in one page at the most.
    package static let limitMaximum = 10_000

    package init(
        _ series: Series, range: Range<Timestamp>? = nil, after: Timestamp? = nil,
        knownAt: Timestamp? = nil, limit: Int = SeriesQuery.limitMaximum
    ) {
        self.series = series
        self.range = range
        self.after = after
        self.knownAt = knownAt
        self.limit = min(max(limit, 1), SeriesQuery.limitMaximum)
    }

    /// Whether what became available at an instant is asked for.
    func admits(_ availableAt: Timestamp) -> Bool {
        knownAt.map { availableAt <= $0 } ?? true
    }
}

/// Where a change stands in a list by `asOf`: those about one bar in the order of their sequence,
/// one that was not announced before them.
package struct ChangePlace: Sendable, Hashable {
    package var asOf: Timestamp
    /// 0 for one that was not announced.
    package var sequence: Int64

    package init(asOf: Timestamp, sequence: Int64) {
        self.asOf = asOf
        self.sequence = sequence
    }
}

extension ChangePlace: Comparable {
    package static func < (lhs: ChangePlace, rhs: ChangePlace) -> Bool {
        (lhs.asOf, lhs.sequence) < (rhs.asOf, rhs.sequence)
    }
}

extension RegimeChange {
    package var place: ChangePlace {
        ChangePlace(asOf: asOf, sequence: announcement?.sequence ?? 0)
    }
}

/// A half-open range of one series' changes, read page by page.
package struct ChangeQuery: Sendable {
    package var series: Series
    /// As in `SeriesQuery`.
    package var range: Range<Timestamp>?
    /// Only what stands behind this place: the cursor of the previous page.
    package var after: ChangePlace?
    /// As in `SeriesQuery`.
    package var knownAt: Timestamp?
    package var limit: Int

    package init(
        _ series: Series, range: Range<Timestamp>? = nil, after: ChangePlace? = nil,
        knownAt: Timestamp? = nil, limit: Int = SeriesQuery.limitMaximum
    ) {
        self.series = series
        self.range = range
        self.after = after
        self.knownAt = knownAt
        self.limit = SeriesQuery(series, limit: limit).limit
    }

    /// The bars that the changes of the page can be about, that of the cursor included. What was
    /// known of them is asked for, where it is.
    package var bars: SeriesQuery {
        let justBefore = after.flatMap { place in
            place.asOf == .earliest ? nil : place.asOf.advanced(byNanoseconds: -1)
        }
        return SeriesQuery(
            series, range: range, after: justBefore, knownAt: knownAt, limit: limit)
    }
}

/// One store is all six.
package typealias RegimeStore =
    RegimeJournal & RegimeReader & SeriesCatalogue & ToldHistory & OverrideLedger & Outbox
