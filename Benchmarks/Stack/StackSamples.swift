import Foundation
import Market
import Ports
import Regimes

/// Values of the size and shape that a backfill of the S&P 500 writes, made from their number.
enum StackSamples {
    /// 2000-01-03T21:00:00Z.
    private static let first = Timestamp(nanoseconds: 946_933_200 * 1_000_000_000)
    private static let model = ModelVersion(String(repeating: "4c135103a2927618", count: 4))
    private static let labels: [Regime] = [.normalBear, .normalBull, .highVolatility, .crisis]

    static func series(_ market: String) throws -> Series {
        guard let name = MarketName(market) else { throw Refusal(reason: "no market: \(market)") }
        return Series(market: name)
    }

    static func profile(_ series: Series) -> SeriesProfile {
        SeriesProfile(
            series: series, calendar: .none, anchor: first, specification: #"{"model":"hmm"}"#)
    }

    static func now() -> Timestamp {
        Timestamp(nanoseconds: Int64(Date().timeIntervalSince1970 * 1e6) * 1_000)
    }

    /// One a minute.
    static func instant(_ number: Int) -> Timestamp {
        first.advanced(byNanoseconds: Int64(number) * 60_000_000_000)
    }

    /// - Parameter shift: another one says something else about the same bar.
    static func assessment(
        _ number: Int, of series: Series, shift: Double = 0
    ) -> RegimeAssessment {
        let label = labels[number / 40 % labels.count]
        func digits(_ seed: Int) -> Double { sin(Double(number * 16 + seed) + shift) }
        let share = 0.6 + 0.39 * abs(digits(0))
        let names = [
            "log_downside_deviation_20", "sortino_20", "log_return", "volatility_21",
            "volatility_rank", "long_run_volatility", "drawdown_252", "trend_200", "momentum_12_1",
        ]
        return RegimeAssessment(
            series: series, asOf: instant(number), availableAt: instant(number), regime: label,
            rawRegime: label, previousRegime: .lowVolatility, since: instant(number / 40 * 40),
            probabilities: RegimeProbabilities(
                summing: [(label, share), (.lowVolatility, 1 - share)]),
            probabilityKind: .mappedPosterior, trigger: .backfill, modelVersion: model,
            indicators: names.enumerated().map {
                IndicatorReading(name: $1, value: digits($0 + 1))
            },
            reasoning: """
                \(label) 100.0 %; wildest of 3 states at 100.0 % (bar before: 100.0 %); volatility \
                28.5 % (rank 91.7 %); drawdown -14.5 % (-0.76 long-run volatilities); price \
                -8.7 % from its 200-bar mean; 12-1 momentum +2.1 %
                """)
    }

    /// A bar at which another label is published than at the one before.
    static func change(_ number: Int, of series: Series) -> JournalRecord {
        var assessment = assessment(number, of: series)
        assessment.regime = labels[number % labels.count]
        let change = RegimeChange(
            eventID: EventID(""), series: series, asOf: assessment.asOf, revision: 1,
            previousRegime: labels[(number + 3) % labels.count], regime: assessment.regime,
            probabilities: assessment.probabilities, trigger: .bar, modelVersion: model,
            reasoning: assessment.reasoning)
        return JournalRecord(assessment: assessment, change: change)
    }
}
