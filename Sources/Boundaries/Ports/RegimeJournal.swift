package import Market
package import Regimes

/// Writes what the classifier said. Every call is one transaction: all of it or nothing.
///
/// Implementations: `InMemoryRegimeStore` beside this file, `SQLiteRegimeStore`. All pass the same
/// conformance suite.
package protocol RegimeJournal: Sendable {
    /// Makes a series known. The same profile again changes nothing and answers its head.
    ///
    /// - Throws: `JournalError.profileConflict` when the series exists with another profile.
    func register(_ profile: SeriesProfile) async throws -> SeriesHead

    /// Writes bars, models, assessments, changes and, when announcing, outbox rows.
    ///
    /// - A bar already stored with the same values is left alone; with other values it becomes the
    ///   next revision of its timestamp. A late correction that says the same and was known at the
    ///   same instant is that revision already.
    /// - An assessment already stored that says the same is left alone; one that says something
    ///   else becomes the next revision of its `asOf` (revisions count across model versions).
    /// - A change is stored with its assessment's revision, its `eventID` made from it.
    /// - `announcing`: a new change later than the last announced one, or one that restates an
    ///   announced change (which it then supersedes), gets the next `sequence` of its series and
    ///   an outbox row. Sequences are gap-free and append-only. While an override stands, changes
    ///   are stored silently: what is published does not change by them.
    ///
    /// - What ran beside is stored as assessments are, and changes nothing else. When announcing,
    ///   a new statement that it begins or ceases to disagree gets an outbox row, without a
    ///   sequence.
    ///
    /// - Throws: `JournalError.unknownSeries`, `JournalError.headMoved`, `StoreError`.
    func record(_ batch: JournalBatch) async throws -> JournalReceipt

    /// Writes the next stretch of a series in one transaction: what `record` would write.
    ///
    /// - Throws: `JournalError.unknownSeries`; `JournalError.headMoved` when the head is not the
    ///   one that the load goes on from; `StoreError`.
    func load(_ load: SeriesLoad) async throws -> JournalReceipt

    /// Announces up to `limit` changes stored silently: first those that say another label about a
    /// bar than was announced about it, superseding that; then, in order of `asOf`, those later
    /// than the last announced one. Empty when none is left, and while an override stands.
    ///
    /// Where the label announced last is not the one that the later ones go on from, or without any
    /// not the filter's, because a restatement removed its change or an override had ended on it,
    /// that is announced between the two as an amendment: a change of its own that counts. So
    /// whoever follows the announcements knows the label in force once this answers nothing.
    func announcePending(_ series: Series, limit: Int) async throws -> [RegimeChange]
}

/// What a series is: fixed when it is registered.
package struct SeriesProfile: Sendable, Equatable {
    package var series: Series
    package var calendar: SessionCalendar
    /// The first bar features and filter start from, whatever a run reads or writes.
    package var anchor: Timestamp
    /// Canonical JSON of what classifies the series: a specification, or those that did in turn.
    package var specification: String

    /// Bars of this series in a year, for annualising.
    package var barsPerYear: Double { series.timeframe.barsPerYear(in: calendar) }

    package init(
        series: Series, calendar: SessionCalendar, anchor: Timestamp, specification: String
    ) {
        self.series = series
        self.calendar = calendar
        self.anchor = anchor
        self.specification = specification
    }
}

/// Where a series stands.
package struct SeriesHead: Sendable, Equatable {
    package var profile: SeriesProfile
    /// The latest assessed bar; `nil` before the first.
    package var lastAsOf: Timestamp?
    /// The filter's label at `lastAsOf`; `unknown` before the first.
    package var lastRegime: Regime
    /// What is published in its place; `nil` without one, and once its end is recorded.
    package var override: RegimeOverride?
    /// Number of announced changes; 0 before the first.
    package var lastSequence: Int64
    package var lastAnnouncedEventID: EventID?
    /// The latest bar about which a change was announced, by whatever.
    package var lastAnnouncedAsOf: Timestamp?
    /// How many transactions wrote bars that answers rest on, or answers. A state built before one
    /// of them is no longer this series' state.
    package var writes: Int64
    /// The source that a backfill last wrote to its end; `nil` before.
    package var source: SourceMark?

    package init(profile: SeriesProfile) {
        self.profile = profile
        lastRegime = .unknown
        lastSequence = 0
        writes = 0
    }

    /// The regime that is published at an instant of the wall clock.
    package func publishedRegime(at now: Timestamp) -> Regime {
        guard let override, override.isInForce(at: now) else { return lastRegime }
        return override.regime
    }
}

/// That all of a source was written, and how often the series had been written by then: with the
/// same source and the same count there is nothing to do.
package struct SourceMark: Sendable, Equatable {
    /// Names the source's bars and how they were asked to be written, whatever they are called.
    package var digest: String
    package var writes: Int64

    package init(digest: String, writes: Int64) {
        self.digest = digest
        self.writes = writes
    }
}

/// A fitted model as the store keeps it: an opaque, content-addressed manifest.
package struct StoredModel: Sendable, Equatable {
    package var version: ModelVersion
    package var series: Series
    /// Hash of what the fit depends on (specification, training data, seed): the same key gives
    /// the same model, so a replay need not fit again.
    package var fitKey: String
    package var trainedFrom: Timestamp
    package var trainedThrough: Timestamp
    /// Canonical JSON.
    package var manifest: String

    package init(
        version: ModelVersion, series: Series, fitKey: String, trainedFrom: Timestamp,
        trainedThrough: Timestamp, manifest: String
    ) {
        self.version = version
        self.series = series
        self.fitKey = fitKey
        self.trainedFrom = trainedFrom
        self.trainedThrough = trainedThrough
        self.manifest = manifest
    }
}

/// From which bar on a model answers for a series.
package struct ModelActivation: Sendable, Equatable {
    package var series: Series
    package var activeFrom: Timestamp
    package var version: ModelVersion

    package init(series: Series, activeFrom: Timestamp, version: ModelVersion) {
        self.series = series
        self.activeFrom = activeFrom
        self.version = version
    }
}

/// One bar's answer, with the change it brought, and what ran beside.
package struct JournalRecord: Sendable {
    package var assessment: RegimeAssessment
    package var change: RegimeChange?
    package var shadow: ShadowAnswer?

    package init(
        assessment: RegimeAssessment, change: RegimeChange? = nil, shadow: ShadowAnswer? = nil
    ) {
        self.assessment = assessment
        self.change = change
        self.shadow = shadow
    }
}

/// What one transaction writes.
package struct JournalBatch: Sendable {
    package enum Expectation: Sendable, Equatable {
        /// Whatever the head is: the writer compares row by row.
        case anyHead
        /// Only when the series' last assessed bar is this one and nobody wrote it meanwhile
        /// (`nil`: whoever did); the loser of a race reloads.
        case head(lastAsOf: Timestamp?, writes: Int64? = nil)
    }

    package var series: Series
    package var expecting: Expectation
    /// Bars the assessments were made from.
    package var bars: [Bar]
    /// Corrections that arrived late: kept as revisions, used by no assessment yet.
    package var lateBars: [Bar]
    package var models: [StoredModel]
    package var activations: [ModelActivation]
    package var records: [JournalRecord]
    package var announcing: Bool
    /// The digest of the source that is written to its end with this batch.
    package var completing: String?
    /// What classifies the series from now on, see `SeriesProfile.specification`; `nil`: what did.
    package var specification: String?

    package init(
        series: Series, expecting: Expectation, bars: [Bar] = [], lateBars: [Bar] = [],
        models: [StoredModel] = [], activations: [ModelActivation] = [],
        records: [JournalRecord] = [], announcing: Bool
    ) {
        self.series = series
        self.expecting = expecting
        self.bars = bars
        self.lateBars = lateBars
        self.models = models
        self.activations = activations
        self.records = records
        self.announcing = announcing
    }
}

/// What a transaction did.
package struct JournalReceipt: Sendable, Equatable {
    package var newBars = 0
    package var revisedBars = 0
    package var newAssessments = 0
    package var restatedAssessments = 0
    package var newChanges = 0
    package var announced = 0
    /// Answers of what runs beside, restated ones among them.
    package var shadowAnswers = 0
    package var head: SeriesHead

    package init(head: SeriesHead) {
        self.head = head
    }

    package var wroteNothing: Bool {
        newBars + revisedBars + newAssessments + restatedAssessments + newChanges + announced
            + shadowAnswers == 0
    }
}

package enum JournalError: Error, Equatable, Sendable {
    case unknownSeries(Series)
    case profileConflict(existing: SeriesProfile)
    case headMoved(series: Series, expected: Timestamp?, actual: Timestamp?)
}

extension JournalError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unknownSeries(let series):
            return "series \(series) is not registered: backfill it first"
        case .profileConflict(let existing):
            return "series \(existing.series) is registered with calendar "
                + "\(existing.calendar.rawValue), anchor \(existing.anchor) and another "
                + "configuration than the one asked for: use those, or another market name"
        case .headMoved(let series, let expected, let actual):
            let before = expected?.rfc3339 ?? "none"
            let now = actual?.rfc3339 ?? "none"
            return "series \(series) was written by somebody else meanwhile (last bar \(before), "
                + "now \(now)): send again"
        }
    }
}
