import Market
import Ports
import Regimes

/// Values that stores keep as texts: labels by their names, sets of numbers as JSON objects.
enum StoredText {
    static func text(of probabilities: RegimeProbabilities) -> String {
        FlatJSON.text { append(probabilities, to: &$0) }
    }

    /// Appends labels with their probability, in wire order, zero ones left out.
    static func append(_ probabilities: RegimeProbabilities, to bytes: inout [UInt8]) {
        labelNames.append(probabilities.values[...], where: { $0 != 0 }, to: &bytes)
    }

    private static let labelNames = FlatJSONNames(Regime.allCases.map(\.label))

    static func probabilities(_ text: String) throws -> RegimeProbabilities {
        let masses = try FlatJSON.numbers(text, column: "probabilities").map { name, mass in
            (try label(name, column: "probabilities") as Regime, mass)
        }
        return RegimeProbabilities(summing: masses)
    }

    /// `nil` without any: such bars take no room for them.
    static func text(of exogenous: ExogenousValues) -> String? {
        guard !exogenous.isEmpty else { return nil }
        return FlatJSON.text(numbers: members(of: exogenous))
    }

    /// Appends what `text(of:)` gives where there are any, as UTF-8.
    static func append(_ exogenous: ExogenousValues, to bytes: inout [UInt8]) {
        FlatJSON.append(numbers: members(of: exogenous), to: &bytes)
    }

    private static func members(
        of exogenous: ExogenousValues
    ) -> some Sequence<(String, Double)> {
        exogenous.entries.lazy.map { ($0.name, $0.value) }
    }

    static func exogenous(_ text: String?) throws -> ExogenousValues {
        guard let text else { return ExogenousValues() }
        return ExogenousValues(try FlatJSON.numbers(text, column: "exogenous"))
    }

    static func text(of indicators: [IndicatorReading]) -> String {
        FlatJSON.text(numbers: indicators.lazy.map { ($0.name, $0.value) })
    }

    static func indicators(_ text: String) throws -> [IndicatorReading] {
        try FlatJSON.numbers(text, column: "indicators").map {
            IndicatorReading(name: $0.0, value: $0.1)
        }
    }

    /// Headers as a JSON object, by name.
    static func text(of headers: [String: String]) -> String {
        FlatJSON.text(strings: headers.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
    }

    static func headers(_ text: String) throws -> [String: String] {
        let pairs = try FlatJSON.strings(text, column: "headers")
        return Dictionary(pairs) { _, last in last }
    }

    static func label<Label: RawRepresentable<String>>(
        _ text: String, column: String
    ) throws -> Label {
        guard let label = Label(rawValue: text) else {
            throw UnreadableRow(column: column, value: text)
        }
        return label
    }

    static func toldBar(
        asOf: Timestamp, version: String, regime: String, probabilities: String, kind: String,
        calibratedConfidence: Double?, isRestated: Bool
    ) throws -> ToldBar {
        let regime: Regime = try label(regime, column: "regime")
        let probabilities = try self.probabilities(probabilities)
        let stated: ConfidenceKind = try label(kind, column: "confidence_kind")
        return ToldBar(
            asOf: asOf, regime: regime, probabilities: probabilities,
            confidence: probabilities.confidence(in: regime, calibrated: calibratedConfidence),
            confidenceKind: calibratedConfidence == nil ? stated : .calibrated,
            modelVersion: ModelVersion(version), isRestated: isRestated)
    }

    static func series(market: String, timeframe: String) throws -> Series {
        guard let name = MarketName(market) else {
            throw UnreadableRow(column: "market", value: market)
        }
        guard let frame = Timeframe(timeframe) else {
            throw UnreadableRow(column: "timeframe", value: timeframe)
        }
        return Series(market: name, timeframe: frame)
    }
}

/// A stored value that this program never writes.
struct UnreadableRow: Error, CustomStringConvertible {
    let column: String
    let value: String

    var description: String { "column \(column) holds «\(value)», which nothing can read" }
}
