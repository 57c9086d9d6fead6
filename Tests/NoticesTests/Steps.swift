import Foundation
import Market
import Notices
import Regimes
import Testing

/// Notices for tests.
enum Steps {
    static let start = Timestamp(secondsSinceEpoch: 1_700_000_000) ?? .earliest

    static func series(_ name: String = "SPX") throws -> Series {
        Series(market: try #require(MarketName(name)), timeframe: .daily)
    }

    static func step(
        _ previous: Regime, _ regime: Regime, sequence: Int64 = 1, confidence: Double = 0.9,
        market: String = "SPX", isRestatement: Bool = false
    ) throws -> RegimeStep {
        RegimeStep(
            series: try series(market), previous: previous, regime: regime, confidence: confidence,
            isCalibrated: false, reasoning: "by volatility", sequence: sequence,
            isRestatement: isRestatement)
    }

    static func notice(_ step: RegimeStep, at timestamp: Timestamp = start) -> Notice {
        Notice(
            eventID: EventID("e\(step.sequence)"), timestamp: timestamp, matter: .change(step),
            event: "{}")
    }

    /// The database that the system has.
    static let clock = ZoneClock { zone, instant in
        TimeZone(identifier: zone)?.secondsFromGMT(
            for: Date(timeIntervalSince1970: Double(instant.nanoseconds) / 1e9))
    }

    static func instant(_ text: String) throws -> Timestamp {
        let date = try Date(text, strategy: .iso8601)
        return try #require(Timestamp(secondsSinceEpoch: Int64(date.timeIntervalSince1970)))
    }
}
