package import Market
package import Ports
package import RegimeModels
package import Regimes

/// Has another specification classify a series from the next bar on, or the one before again; or
/// run beside what answers.
///
/// What was said stays said: bars up to the last answer belong to what answered about them, and a
/// backfill or a verification of the whole series uses each where it answered.
package struct ModelPromotion: Sendable {
    /// Attempts against others who write the series.
    static let attemptLimit = 8

    /// What a promotion did.
    package struct Outcome: Sendable, Equatable {
        package let series: Series
        package let former: RegimeSpecification
        package let current: RegimeSpecification
        /// It answers about bars later than this one.
        package let after: Timestamp
        /// The model that answers next, unless it is refitted before.
        package let version: ModelVersion
        /// What it says about the latest bar.
        package let regime: Regime
        /// What was said.
        package let published: Regime
    }

    private let journal: any RegimeJournal
    private let reader: any RegimeReader
    private let threads: Int

    package init(journal: any RegimeJournal, reader: any RegimeReader, threads: Int = 1) {
        self.journal = journal
        self.reader = reader
        self.threads = threads
    }

    /// - Throws: `PromotionError`, `JournalError`, `StoreError`.
    package func promote(
        _ specification: RegimeSpecification, of series: Series
    ) async throws -> Outcome {
        try await change(series) { timeline, last throws(PromotionError) in
            guard timeline.current != specification else { throw .answersAlready(series) }
            return (specification, timeline.promoting(specification, after: last))
        }
    }

    /// What runs beside is to answer.
    ///
    /// - Throws: `PromotionError`, `JournalError`, `StoreError`.
    package func promoteShadow(of series: Series) async throws -> Outcome {
        try await change(series) { timeline, last throws(PromotionError) in
            guard let specification = timeline.shadow?.specification else {
                throw .nothingBeside(series)
            }
            return (specification, timeline.promoting(specification, after: last))
        }
    }

    /// From the next bar on a specification runs beside what answers, in the place of another that
    /// did.
    ///
    /// - Throws: `PromotionError`, `JournalError`, `StoreError`.
    package func shadow(
        _ specification: RegimeSpecification, of series: Series
    ) async throws -> Outcome {
        try await change(series) { timeline, last throws(PromotionError) in
            guard timeline.current != specification else { throw .answersAlready(series) }
            guard timeline.shadow?.specification != specification else {
                throw .runsAlready(series)
            }
            return (specification, timeline.shadowing(specification, after: last))
        }
    }

    /// Nothing runs beside what answers any more; what was said stays listed.
    ///
    /// - Returns: what ran there, and how it went.
    /// - Throws: `PromotionError`, `JournalError`, `StoreError`.
    package func endShadow(
        of series: Series
    ) async throws -> (RegimeSpecification, ShadowTally) {
        try await retrying {
            let (head, last) = try await answered(series)
            let timeline = try SpecificationTimeline(canonicalJSON: head.profile.specification)
            guard let shadow = timeline.shadow else { throw PromotionError.nothingBeside(series) }
            try await write(timeline.endingShadow(at: last), [], over: head)
            let tally = try await reader.shadowTally(of: series, after: shadow.after)
            return (shadow.specification, tally)
        }
    }

    /// - Throws: `PromotionError`, `JournalError`, `StoreError`.
    package func rollBack(_ series: Series) async throws -> Outcome {
        try await change(series) { timeline, last throws(PromotionError) in
            guard let previous = timeline.previous else { throw .nothingPromoted(series) }
            return (previous, timeline.promoting(previous, after: last))
        }
    }

    /// What is to walk over the bars, and which specifications are what from then on.
    private typealias Choice =
        (SpecificationTimeline, Timestamp) throws(PromotionError) -> (
            RegimeSpecification, SpecificationTimeline
        )

    private func change(_ series: Series, to choice: Choice) async throws -> Outcome {
        try await retrying { try await attempt(series, choice) }
    }

    private func retrying<Value>(_ attempt: () async throws -> Value) async throws -> Value {
        for _ in 1..<ModelPromotion.attemptLimit {
            do {
                return try await attempt()
            } catch JournalError.headMoved {
                // Somebody wrote a bar meanwhile; it is walked over, too.
                continue
            }
        }
        return try await attempt()
    }

    private func answered(_ series: Series) async throws -> (SeriesHead, Timestamp) {
        guard let head = try await reader.head(of: series) else {
            throw JournalError.unknownSeries(series)
        }
        guard let last = head.lastAsOf else { throw PromotionError.noAnswers(series) }
        return (head, last)
    }

    private func attempt(_ series: Series, _ choice: Choice) async throws -> Outcome {
        let (head, last) = try await answered(series)
        let timeline = try SpecificationTimeline(canonicalJSON: head.profile.specification)
        let (specification, next) = try choice(timeline, last)
        let (walk, models, bars) = try await walked(specification, over: head)
        guard let manifest = walk.manifest else {
            throw PromotionError.noModel(series, bars: bars)
        }
        try await write(next, models, over: head)
        return Outcome(
            series: series, former: timeline.current, current: specification, after: last,
            version: manifest.version, regime: walk.published, published: head.lastRegime)
    }

    /// Whoever continues the series finds the fits.
    private func write(
        _ timeline: SpecificationTimeline, _ models: [ModelManifest], over head: SeriesHead
    ) async throws {
        let series = head.profile.series
        var batch = JournalBatch(
            series: series, expecting: .head(lastAsOf: head.lastAsOf, writes: head.writes),
            announcing: false)
        batch.models = models.map { StoredModel($0, of: series) }
        batch.specification = timeline.canonicalJSON
        _ = try await journal.record(batch)
    }

    /// A specification's walk over every stored bar, with the models that it came by.
    private func walked(
        _ specification: RegimeSpecification, over head: SeriesHead
    ) async throws -> (WalkForward, [ModelManifest], bars: Int) {
        let (profile, series) = (head.profile, head.profile.series)
        var walk = WalkForward(
            specification: specification, barsPerYear: profile.barsPerYear,
            knownModels: try await Replay(reader: reader).knownModels(of: series),
            threads: threads)
        var models: [ModelManifest] = []
        var (cursor, bars) = (Timestamp?.none, 0)
        while true {
            let page = try await reader.bars(
                SeriesQuery(series, after: cursor, limit: Replay.pageSize))
            bars += page.count
            for revised in page {
                // A fit takes long.
                try Task.checkCancellation()
                let date = profile.calendar.date(ofClose: revised.bar.timestamp)
                if let adopted = walk.advance(with: revised.bar, sessionDate: date).adopted {
                    models.append(adopted)
                }
            }
            guard let last = page.last, page.count == Replay.pageSize else { break }
            cursor = last.bar.timestamp
        }
        return (walk, models, bars)
    }
}

/// Why what classifies a series stays what it is.
package enum PromotionError: Error, Equatable, Sendable {
    case answersAlready(Series)
    case nothingPromoted(Series)
    case runsAlready(Series)
    case nothingBeside(Series)
    case noAnswers(Series)
    /// It has seen all bars and still has no model.
    case noModel(Series, bars: Int)
}

extension PromotionError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .answersAlready(let series): "it answers for \(series) already: nothing is changed"
        case .nothingPromoted(let series):
            "nothing was promoted for \(series): there is nothing to go back to"
        case .runsAlready(let series):
            "it runs beside what answers for \(series) already: nothing is changed"
        case .nothingBeside(let series):
            "nothing runs beside what answers for \(series): begin with 'bloasis models shadow'"
        case .noAnswers(let series): "\(series) has no answers yet: backfill it first"
        case .noModel(let series, let bars):
            "after all \(bars) bars of \(series) it has no model yet: backfill more history first"
        }
    }
}
