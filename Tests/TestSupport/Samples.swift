package import Market
package import Ports
package import Regimes

/// Ready-made values of the domain for tests: trading days counted from 2000-01-03 (day 0).
package enum Samples {
    package static let series = series("SPX")

    package static func series(_ market: String, _ timeframe: String = "1d") -> Series {
        guard let market = MarketName(market), let timeframe = Timeframe(timeframe) else {
            preconditionFailure("not a series: \(market) \(timeframe)")
        }
        return Series(market: market, timeframe: timeframe)
    }

    /// 21:00 UTC of the n-th day after 2000-01-03.
    package static func day(_ number: Int) -> Timestamp {
        Timestamp(nanoseconds: 946_933_200 * Timestamp.nanosecondsPerSecond)
            .advanced(byNanoseconds: Int64(number) * Timestamp.nanosecondsPerDay)
    }

    package static func profile(
        _ series: Series = Samples.series, calendar: SessionCalendar = .nyse, anchor: Int = 0,
        specification: String = #"{"model":"rules"}"#
    ) -> SeriesProfile {
        SeriesProfile(
            series: series, calendar: calendar, anchor: day(anchor), specification: specification)
    }

    /// A plausible bar whose close is the one given.
    package static func bar(_ number: Int, close: Double = 100) -> Bar {
        Bar(
            timestamp: day(number), open: close * 0.999, high: close * 1.01, low: close * 0.99,
            close: close, volume: 1_000_000)
    }

    /// A random walk of daily bars: days `first` …, `count` of them.
    package static func bars(count: Int, from first: Int = 0, seed: UInt64 = 1) -> [Bar] {
        var generator = SplitMix64(seed: seed)
        var close = 100.0
        return (first..<(first + count)).map { number in
            close *= 1 + 0.01 * generator.normal()
            return bar(number, close: close)
        }
    }

    package static func model(
        _ version: String = "model-1", of series: Series = Samples.series, trainedFrom: Int = 0,
        trainedThrough: Int = 250
    ) -> StoredModel {
        StoredModel(
            version: ModelVersion(version), series: series, fitKey: "fit-of-" + version,
            trainedFrom: day(trainedFrom), trainedThrough: day(trainedThrough),
            manifest: #"{"model_version":"\#(version)"}"#)
    }
}

// MARK: - Assessments and changes

extension Samples {
    /// An assessment of one day: 0.75 on the label, the rest on the next known one.
    package static func assessment(
        _ number: Int, _ regime: Regime, previous: Regime = .unknown, since: Int? = nil,
        series: Series = Samples.series, model: String = "model-1", trigger: Trigger = .bar,
        confidence: Double = 0.75
    ) -> RegimeAssessment {
        let other: Regime = regime == .normalBull ? .lowVolatility : .normalBull
        return RegimeAssessment(
            series: series, asOf: day(number), availableAt: day(number), regime: regime,
            rawRegime: regime, previousRegime: previous, since: day(since ?? number),
            probabilities: RegimeProbabilities(
                summing: [(regime, confidence), (other, 1 - confidence)]),
            probabilityKind: .mappedPosterior, trigger: trigger, modelVersion: ModelVersion(model),
            indicators: [
                IndicatorReading(name: "log_return", value: 0.001 * Double(number % 7)),
                IndicatorReading(name: "drawdown", value: -0.01 * Double(number % 5)),
            ],
            reasoning: "day \(number) is \(regime)")
    }

    /// The change that an assessment brings when another label was published before it.
    package static func change(
        _ assessment: RegimeAssessment, from previous: Regime
    ) -> RegimeChange {
        var change = RegimeChange(
            eventID: EventID(""), series: assessment.series, asOf: assessment.asOf,
            revision: assessment.revision, previousRegime: previous, regime: assessment.regime,
            probabilities: assessment.probabilities,
            calibratedConfidence: assessment.calibratedConfidence, trigger: assessment.trigger,
            modelVersion: assessment.modelVersion, reasoning: assessment.reasoning)
        change.eventID = wording.eventID(change)
        return change
    }

    /// One record per regime given, a day each, with a change wherever the label changes.
    package static func records(
        _ regimes: [Regime], from first: Int = 0, previous: Regime = .unknown,
        series: Series = Samples.series, model: String = "model-1", trigger: Trigger = .bar
    ) -> [JournalRecord] {
        var published = previous
        var before = Regime.unknown
        var since = first
        return regimes.enumerated().map { index, regime in
            let changes = regime != published
            if changes {
                before = published
                since = first + index
            }
            published = regime
            let assessment = assessment(
                first + index, regime, previous: before, since: since, series: series,
                model: model, trigger: trigger)
            return JournalRecord(
                assessment: assessment,
                change: changes ? change(assessment, from: before) : nil)
        }
    }

    /// Labels that change now and then, as published ones do.
    package static func regimes(count: Int, seed: UInt64 = 1) -> [Regime] {
        var generator = SplitMix64(seed: seed)
        var regime = Regime.normalBull
        return (0..<count).map { _ in
            if generator.unit() < 0.1 {
                regime = Regime.known[Int.random(in: 0..<Regime.known.count, using: &generator)]
            }
            return regime
        }
    }

    /// A batch of days with a bar and an assessment each.
    package static func batch(
        _ regimes: [Regime], from first: Int = 0, previous: Regime = .unknown,
        series: Series = Samples.series, expecting: JournalBatch.Expectation = .anyHead,
        announcing: Bool = false
    ) -> JournalBatch {
        JournalBatch(
            series: series, expecting: expecting,
            bars: bars(count: regimes.count, from: first, seed: UInt64(first) + 1),
            records: records(regimes, from: first, previous: previous, series: series),
            announcing: announcing)
    }

    /// What ran beside said about a day on which `normal_bull` was published.
    package static func shadow(
        at day: Int, _ regime: Regime, confidence: Double = 0.75, isTurn: Bool = true
    ) -> ShadowAnswer {
        ShadowAnswer(
            series: series, asOf: Samples.day(day), availableAt: Samples.day(day), revision: 1,
            model: "jump", modelVersion: ModelVersion("beside"), regime: regime,
            confidence: confidence, published: .normalBull,
            publishedVersion: ModelVersion("answering"), isTurn: isTurn)
    }

    /// Readable names instead of hashes, and payloads a person can read.
    package static let wording = ChangeWording(
        eventID: { change in
            EventID(
                "\(change.series)@\(change.asOf)#\(change.revision)/\(change.modelVersion):"
                    + change.regime.label)
        },
        message: { change in
            let sequence = change.announcement?.sequence ?? 0
            let text = #"{"event_id":"\#(change.eventID)","sequence":\#(sequence)}"#
            return EventMessage(
                topic: .regimeChange, key: change.series.market.text, payload: Array(text.utf8),
                headers: ["ce-id": change.eventID.text, "content-type": "application/json"])
        },
        disagreement: { shadow in
            let id = EventID(
                "\(shadow.series)@\(shadow.asOf)#\(shadow.revision)/\(shadow.model):"
                    + shadow.regime.label)
            let text = #"{"event_id":"\#(id)","disagrees":\#(shadow.disagrees)}"#
            return OutboxEntry(
                eventID: id,
                message: EventMessage(
                    topic: .modelDisagreement, key: shadow.series.market.text,
                    payload: Array(text.utf8),
                    headers: ["ce-id": id.text, "content-type": "application/json"]))
        })
}

// MARK: - Events

extension Samples {
    package static func message(
        _ text: String, topic: Topic = .regimeChange, key: String = "SPX"
    ) -> EventMessage {
        EventMessage(
            topic: topic, key: key, payload: Array(text.utf8),
            headers: ["content-type": "text/plain"])
    }
}
