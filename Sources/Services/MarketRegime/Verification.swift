import Contracts
package import Market
package import Ports
import RegimeModels
import Regimes

/// Recomputes what the store says of a series, or what was believed at an instant, through the live
/// path and with new fits, and compares the two bit for bit.
package struct Verification: Sendable {
    /// Differences that are kept; the others are counted.
    package static let differenceLimit = 100

    private let reader: any RegimeReader
    private let threads: Int

    /// - Parameter threads: that a fit runs on; what is said does not depend on it.
    package init(reader: any RegimeReader, threads: Int) {
        self.reader = reader
        self.threads = threads
    }

    /// - Parameters:
    ///   - range: what is compared; the bars before it are run all the same.
    ///   - knownAt: bars and answers are those that were available at this instant.
    /// - Throws: `JournalError.unknownSeries`, `StoreError`.
    package func run(
        _ series: Series, range: Range<Timestamp>? = nil, knownAt: Timestamp? = nil,
        progress: (BackfillProgress) -> Void
    ) async throws -> VerificationReport {
        guard let head = try await reader.head(of: series) else {
            throw JournalError.unknownSeries(series)
        }
        let specification = try RegimeSpecification(canonicalJSON: head.profile.specification)
        // Models are fitted anew, but for one that the series was given.
        let given = try await Replay(reader: reader).knownModels(of: series).filter {
            $0.value.modelVersion == specification.fixedModel
        }
        var state = MarketRegimeState(
            profile: head.profile, specification: specification, knownModels: given, trigger: .bar,
            threads: threads)
        var report = VerificationReport(series: series)
        let stored = try await StoredModels(reader: reader, series: series)
        var cursor: Timestamp?
        while true {
            let page = try await reader.bars(
                SeriesQuery(
                    series, after: cursor, knownAt: knownAt, limit: Replay.pageSize))
            guard let last = page.last?.bar.timestamp else { break }
            var wanted = SeriesQuery(series, range: range, after: cursor, knownAt: knownAt)
            wanted.end(with: last)
            var answers = try await StoredAnswers(reader, wanted)
            for revised in page where range.map({ revised.bar.timestamp < $0.upperBound }) ?? true {
                for effect in state.process(revised.bar) {
                    compare(effect, with: &answers, stored, range, &report)
                }
                report.bars += 1
            }
            report.takeOrphans(answers)
            progress(BackfillProgress(bars: report.bars, lastAsOf: last))
            if let range, last >= range.upperBound { break }
            if page.count < Replay.pageSize { break }
            cursor = last
        }
        return report
    }

    private func compare(
        _ effect: Effect, with answers: inout StoredAnswers, _ models: StoredModels,
        _ range: Range<Timestamp>?, _ report: inout VerificationReport
    ) {
        switch effect {
        case .adopt(let model, let activation):
            guard range.map({ $0.contains(activation.activeFrom) }) ?? true else { return }
            report.take(models.difference(from: model, activeFrom: activation.activeFrom))
        case .record(let record):
            let asOf = record.assessment.asOf
            guard range.map({ $0.contains(asOf) }) ?? true else { return }
            let (assessment, change) = answers.remove(at: asOf)
            guard let assessment else { return report.takeUnanswered(asOf) }
            report.takeAnswer(
                assessment.firstDifference(from: record.assessment)
                    ?? record.change.difference(from: change, revision: assessment.revision))
            if record.change != nil { report.changes += 1 }
        case .keepLate, .reportFitFailure:
            break
        }
    }
}

/// What the store says of a stretch of bars.
private struct StoredAnswers {
    var assessments: [Timestamp: RegimeAssessment]
    var changes: [Timestamp: RegimeChange]

    init(_ reader: any RegimeReader, _ query: SeriesQuery) async throws {
        assessments = Dictionary(
            try await reader.history(query).map { ($0.asOf, $0) }, uniquingKeysWith: { $1 })
        changes = Dictionary(
            try await reader.changes(query).map { ($0.asOf, $0) }, uniquingKeysWith: { $1 })
    }

    mutating func remove(at asOf: Timestamp) -> (RegimeAssessment?, RegimeChange?) {
        (assessments.removeValue(forKey: asOf), changes.removeValue(forKey: asOf))
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
private struct StoredModels {
    let manifests: [ModelVersion: String]

    init(reader: any RegimeReader, series: Series) async throws {
        let models = try await reader.models(of: series)
        manifests = Dictionary(
            models.map { ($0.version, $0.manifest) }, uniquingKeysWith: { $1 })
    }

    /// Assessments name their models, so a model that is missing shows there too; its parameters
    /// show only here.
    func difference(from model: StoredModel, activeFrom: Timestamp) -> AssessmentDifference? {
        guard let stored = manifests[model.version], stored != model.manifest else { return nil }
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
