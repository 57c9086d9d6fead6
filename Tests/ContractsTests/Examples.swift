import Contracts
import Foundation
import Market
import Ports
import Regimes
import TestSupport
import Testing

/// Values with every field set, as the golden files show them.
enum Examples {
    static func instant(_ rfc3339: String) throws -> Timestamp {
        try #require(Timestamp(rfc3339: rfc3339), "\(rfc3339) is no instant")
    }

    static func series(_ market: String = "SPX") throws -> Series {
        Series(market: try #require(MarketName(market)))
    }

    static let probabilities = RegimeProbabilities(
        summing: [(.crisis, 0.8125), (.normalBear, 0.125), (.highVolatility, 0.0625)])

    static func assessment() throws -> RegimeAssessment {
        RegimeAssessment(
            series: try series(), asOf: try instant("2008-10-06T20:00:00Z"),
            availableAt: try instant("2008-10-06T20:00:00Z"), revision: 2, regime: .crisis,
            rawRegime: .crisis, previousRegime: .highVolatility,
            since: try instant("2008-09-29T20:00:00Z"), probabilities: probabilities,
            probabilityKind: .mappedPosterior, trigger: .backfill,
            modelVersion: ModelVersion("5f3c0a"),
            indicators: [
                IndicatorReading(name: "log_return", value: -0.039326843),
                IndicatorReading(name: "momentum_12_1", value: .nan),
                IndicatorReading(name: "drawdown", value: -1e-07),
            ],
            reasoning: "drawdown 32.5 % (threshold 20 %): \"deep\"")
    }

    static func change(announced: Bool = true) throws -> RegimeChange {
        var change = RegimeChange(
            eventID: EventID("pending"), series: try series(),
            asOf: try instant("2008-09-29T20:00:00Z"), previousRegime: .highVolatility,
            regime: .crisis, probabilities: probabilities, trigger: .bar,
            modelVersion: ModelVersion("5f3c0a"), reasoning: "volatility 41 %\nup from 23 %")
        change.eventID = ChangeWording.standard.eventID(change)
        if announced {
            change.announcement = Announcement(
                sequence: 17, previousEventID: EventID("0123456789abcdef0123456789abcdef"))
        }
        return change
    }

    static func barEvent() throws -> MarketBarEvent {
        MarketBarEvent(
            series: try series(),
            bar: Bar(
                timestamp: try instant("2018-12-31T21:00:00Z"), open: 2498.94, high: 2509.24,
                low: 2482.82, close: 2506.85, volume: 3_442_870_000,
                availableAt: try instant("2018-12-31T21:15:00Z"),
                exogenous: ["vix": 25.42, "credit_spread": 1.5e-2]))
    }

    /// The text of a golden file, without the newline at its end.
    static func golden(_ name: String) throws -> String {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
        let file = folder.appending(path: "../../Fixtures/golden/\(name)").standardizedFileURL
        let text = try String(contentsOf: file, encoding: .utf8)
        return text.hasSuffix("\n") ? String(text.dropLast()) : text
    }
}

// MARK: - Jobs

extension Examples {
    static func job(calendar: SessionCalendar = .nyse) -> BackfillJobEvent {
        BackfillJobEvent(
            universe: "stocks.csv.gz", series: Samples.series("AAPL"), calendar: calendar,
            source: .init(path: "/data/stocks.csv.gz", sha256: "9f86d0", bytes: 7_340_032),
            reading: .init(
                price: "adjusted", stamp: "open", timeZone: "America/Chicago", onBadRow: "skip",
                onSplit: "accept", column: "AAPL"),
            range: Samples.day(0)..<Samples.day(9), emitting: true,
            specification: #"{"model":"hmm"}"#, model: #"{"format":1}"#)
    }

    /// With nothing that may be left out.
    static func leastJob() -> BackfillJobEvent {
        var job = job()
        job.reading.timeZone = nil
        job.reading.column = nil
        job.range = nil
        job.emitting = false
        job.model = nil
        return job
    }
}
