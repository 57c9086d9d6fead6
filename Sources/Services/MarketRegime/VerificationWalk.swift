import Market
import Ports
import RegimeModels
import Regimes

/// A verification under way: it goes on a stretch of bars at a time, and whoever drives it may do
/// other things in between.
struct VerificationWalk: Sendable {
    private let reader: any RegimeReader
    private let series: Series
    private let range: Range<Timestamp>?
    private let knownAt: Timestamp?
    private let models: StoredModels
    private var state: MarketRegimeState
    private var cursor: Timestamp?
    private var hasEnded = false
    private(set) var report: VerificationReport
    /// Models that the store has as they were fitted here, or as they were known to be right.
    private(set) var agreed: [StoredModel] = []

    /// - Parameters:
    ///   - range: what is compared; the bars before it are run all the same.
    ///   - knownAt: bars and answers are those that were available at this instant.
    ///   - proven: whether a fit was found before to be as the store has it; it is not made again.
    ///   - threads: that a fit runs on; what is said does not depend on it.
    /// - Throws: `JournalError.unknownSeries`, `ManifestError`, `StoreError`.
    init(
        _ series: Series, in reader: any RegimeReader, range: Range<Timestamp>?,
        knownAt: Timestamp? = nil, proven: (StoredModel) -> Bool = { _ in false }, threads: Int
    ) async throws {
        guard let head = try await reader.head(of: series) else {
            throw JournalError.unknownSeries(series)
        }
        self.reader = reader
        self.series = series
        self.range = range
        self.knownAt = knownAt
        models = try await StoredModels(reader: reader, series: series)
        let timeline = try SpecificationTimeline(canonicalJSON: head.profile.specification)
        let given = Set(timeline.specifications.compactMap(\.fixedModel))
        // Models are fitted anew, but for one that the series was given.
        let known = models.known { proven($0) || given.contains($0.version.text) }
        state = MarketRegimeState(
            profile: head.profile, timeline: timeline, knownModels: known, trigger: .bar,
            threads: threads)
        report = VerificationReport(series: series)
    }

    /// Runs the next bars and compares what the store says of them.
    ///
    /// - Returns: the last of these bars; `nil` once all was compared.
    /// - Throws: `StoreError`, `CancellationError`.
    mutating func turn(bars limit: Int) async throws -> Timestamp? {
        guard !hasEnded else { return nil }
        let page = try await reader.bars(
            SeriesQuery(series, after: cursor, knownAt: knownAt, limit: limit))
        guard let last = page.last?.bar.timestamp else {
            hasEnded = true
            return nil
        }
        var wanted = SeriesQuery(series, range: range, after: cursor, knownAt: knownAt)
        wanted.end(with: last)
        var answers = try await StoredAnswers(reader, wanted)
        for revised in page where range.map({ revised.bar.timestamp < $0.upperBound }) ?? true {
            // A fit takes long.
            try Task.checkCancellation()
            for effect in state.process(revised.bar) { compare(effect, with: &answers) }
            report.bars += 1
        }
        report.takeOrphans(answers)
        cursor = last
        hasEnded = page.count < limit || range.map { last >= $0.upperBound } ?? false
        return last
    }

    /// All bars of the range are said to have answers: one without is a difference at its end too.
    mutating func takeEnd() { report.takeEnd() }

    private mutating func compare(_ model: StoredModel, of instant: Timestamp) {
        let difference = models.difference(from: model, activeFrom: instant)
        if difference == nil, models.has(model) { agreed.append(model) }
        if range.map({ $0.contains(instant) }) ?? true { report.take(difference) }
    }

    private mutating func compare(_ effect: Effect, with answers: inout StoredAnswers) {
        switch effect {
        case .adopt(let model, let activation):
            compare(model, of: activation.activeFrom)
        case .record(let record):
            let asOf = record.assessment.asOf
            guard range.map({ $0.contains(asOf) }) ?? true else { return }
            let (assessment, change) = answers.remove(at: asOf)
            guard let assessment else { return report.takeUnanswered(asOf) }
            report.takeAnswer(
                assessment.firstDifference(from: record.assessment)
                    ?? answers.removeShadow(at: asOf).difference(
                        from: record.shadow, of: assessment)
                    ?? record.change.difference(from: change, revision: assessment.revision))
            if record.change != nil { report.changes += 1 }
        case .keep(let model):
            compare(model, of: model.trainedThrough)
        case .keepLate, .reportFitFailure:
            break
        }
    }
}

/// What the store says of a stretch of bars.
struct StoredAnswers {
    var assessments: [Timestamp: RegimeAssessment]
    var changes: [Timestamp: RegimeChange]
    private var shadows: [Timestamp: ShadowAnswer]

    init(_ reader: any RegimeReader, _ query: SeriesQuery) async throws {
        assessments = Dictionary(
            try await reader.history(query).map { ($0.asOf, $0) }, uniquingKeysWith: { $1 })
        changes = Dictionary(
            try await reader.changes(query).map { ($0.asOf, $0) }, uniquingKeysWith: { $1 })
        shadows = Dictionary(
            try await reader.shadowAnswers(query, onlyDisagreeing: false)
                .map { ($0.asOf, $0) }, uniquingKeysWith: { $1 })
    }

    mutating func removeShadow(at asOf: Timestamp) -> ShadowAnswer? {
        shadows.removeValue(forKey: asOf)
    }

    mutating func remove(at asOf: Timestamp) -> (RegimeAssessment?, RegimeChange?) {
        (assessments.removeValue(forKey: asOf), changes.removeValue(forKey: asOf))
    }
}

extension ShadowAnswer? {
    /// Of what is stored from what is said anew.
    fileprivate func difference(
        from recomputed: ShadowAnswer?, of assessment: RegimeAssessment
    ) -> AssessmentDifference? {
        let isSame =
            switch (self, recomputed) {
            case (nil, nil): true
            case (let stored?, let recomputed?): stored.saysTheSame(as: recomputed)
            default: false
            }
        return isSame
            ? nil
            : AssessmentDifference(
                series: assessment.series, asOf: assessment.asOf, part: "what ran beside",
                stored: ShadowAnswer.text(self), recomputed: ShadowAnswer.text(recomputed))
    }
}

extension ShadowAnswer {
    fileprivate static func text(_ answer: ShadowAnswer?) -> String {
        answer.map { "\($0.regime) \($0.confidence) by \($0.modelVersion)" } ?? "nothing"
    }
}

extension SeriesQuery {
    /// Asks for nothing later than an instant.
    fileprivate mutating func end(with last: Timestamp) {
        let stretch = Timestamp.earliest..<last.advanced(byNanoseconds: 1)
        range = range.map { $0.clamped(to: stretch) } ?? stretch
    }
}

/// The models that the store says answered.
struct StoredModels {
    private let models: [ModelVersion: StoredModel]

    init(reader: any RegimeReader, series: Series) async throws {
        let models = try await reader.models(of: series)
        self.models = Dictionary(models.map { ($0.version, $0) }, uniquingKeysWith: { $1 })
    }

    func has(_ model: StoredModel) -> Bool { models[model.version] != nil }

    /// Some of them by their fits' keys. One that cannot be read, or is not what its version says,
    /// is left out: its fit is made again, and shows what is wrong with it.
    func known(where isWanted: (StoredModel) -> Bool) -> [String: ModelManifest] {
        var known: [String: ModelManifest] = [:]
        for model in models.values where isWanted(model) {
            guard let manifest = try? ModelManifest(json: model.manifest),
                manifest.version == model.version
            else { continue }
            known[model.fitKey] = manifest
        }
        return known
    }

    /// Assessments name their models, so a model that is missing shows there too; its parameters
    /// show only here.
    func difference(from model: StoredModel, activeFrom: Timestamp) -> AssessmentDifference? {
        guard let stored = models[model.version], stored.manifest != model.manifest else {
            return nil
        }
        return AssessmentDifference(
            series: model.series, asOf: activeFrom, part: "model \(model.version)",
            stored: "another manifest", recomputed: "the manifest of that version")
    }
}

extension VerificationReport {
    /// Answers of bars that the store does not have.
    fileprivate mutating func takeOrphans(_ answers: StoredAnswers) {
        for asOf in Set(answers.assessments.keys).union(answers.changes.keys).sorted() {
            take(
                AssessmentDifference(
                    series: series, asOf: asOf, part: "bar", stored: "an answer without its bar",
                    recomputed: "nothing"))
        }
    }
}
