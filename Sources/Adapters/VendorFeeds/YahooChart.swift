import Foundation
import Market
import Ports

/// One answer of Yahoo's chart.
struct YahooChart: Sendable {
    struct Row: Sendable {
        let stamp: Timestamp
        /// The exchange's.
        let date: CivilDate
        var open: Double
        var high: Double
        var low: Double
        var close: Double
        var volume: Double
        var adjustedClose: Double?
        /// From 1.
        let number: Int
        let saidAt: Timestamp
    }

    struct Event: Sendable, Hashable {
        let date: CivilDate
        /// A split's factor, or a dividend per share as of today's shares.
        let value: Double
    }

    let reading: AnswerReading
    /// Those that have a close.
    private(set) var rows: [Row] = []
    private(set) var splits: [Event] = []
    private(set) var dividends: [Event] = []

    init(of answer: VendorAnswer, _ reading: AnswerReading) throws(FeedError) {
        self.reading = reading
        let chart = try YahooChart.content(of: answer, reading)
        let zone = try YahooChart.zone(of: chart, reading)
        guard let stamps = chart["timestamp"] else {
            // A symbol that it merely knows of has never traded.
            guard case .number? = chart["meta"]?.object?["firstTradeDate"] else {
                throw reading.error(.noData)
            }
            return
        }
        guard let stamps = stamps.array else {
            throw reading.unreadable(field: "timestamp", "an array is expected")
        }
        let columns = try Columns(chart, count: stamps.count, reading)
        for (index, stamp) in stamps.enumerated() {
            let stamp = try YahooChart.instant(stamp, row: index + 1, "timestamp", reading)
            let row = try columns.row(
                index, stamp, zone.date(at: stamp), saidAt: answer.saidAt)
            if let row { rows.append(row) }
        }
        splits = try YahooChart.events("splits", of: chart, zone, reading)
        dividends = try YahooChart.events("dividends", of: chart, zone, reading)
    }

    // MARK: - The parts of an answer

    private static func content(
        of answer: VendorAnswer, _ reading: AnswerReading
    ) throws(FeedError) -> JSONObject {
        // What is wrong is told in the answer whatever the status; some of those are no JSON.
        let isObject = answer.start.first == "{"
        guard answer.status == 200 || isObject, answer.status != 429 else {
            try reading.requireSuccess(answer)
            throw reading.unreadable("it is no JSON object")
        }
        let chart = try reading.json(of: answer).object?["chart"]?.object
        if let error = chart?["error"]?.object {
            let code = error["code"]?.string ?? ""
            let words = error["description"]?.string ?? code
            switch code {
            case "Not Found": throw reading.error(.noData)
            case "Unauthorized": throw reading.error(.refused(detail: reading.words(words)))
            case "Too Many Requests":
                throw reading.error(
                    .rateLimited(retryAfterSeconds: answer.retryAfterSeconds))
            default: throw reading.error(.vendorMessage(reading.words(words)))
            }
        }
        try reading.requireSuccess(answer)
        guard let result = chart?["result"]?.array?.first?.object else {
            throw reading.unreadable(field: "chart.result", "it is missing")
        }
        return result
    }

    private static func zone(
        of chart: JSONObject, _ reading: AnswerReading
    ) throws(FeedError) -> ExchangeZone {
        let field = "exchangeTimezoneName"
        let name = chart["meta"]?.object?[field]?.string
        guard let name, let zone = TimeZone(identifier: name) else {
            throw reading.unreadable(field: field, "'\(name ?? "")' is no time zone")
        }
        return ExchangeZone(zone: zone)
    }

    private static func instant(
        _ value: JSONValue?, row: Int?, _ field: String, _ reading: AnswerReading
    ) throws(FeedError) -> Timestamp {
        guard case .number(let text)? = value, let seconds = Int64(text),
            let instant = Timestamp(secondsSinceEpoch: seconds)
        else {
            throw reading.unreadable(row: row, field: field, "seconds since 1970 are expected")
        }
        return instant
    }

    private static func events(
        _ kind: String, of chart: JSONObject, _ zone: ExchangeZone, _ reading: AnswerReading
    ) throws(FeedError) -> [Event] {
        let members = chart["events"]?.object?[kind]?.object?.members ?? []
        var events: [Event] = []
        for (index, member) in members.enumerated() {
            let row = index + 1
            let fields = member.value.object
            func positive(_ name: String) throws(FeedError) -> Double {
                let field = "\(kind).\(name)"
                let value = try reading.number(fields?[name], row: row, field: field)
                guard let value, value > 0 else {
                    throw reading.unreadable(row: row, field: field, "it is not above zero")
                }
                return value
            }
            let instant = try instant(fields?["date"], row: row, "\(kind).date", reading)
            let value =
                kind == "splits"
                ? try positive("numerator") / positive("denominator")
                : SinglePrecision.decimal(try positive("amount"))
            events.append(Event(date: zone.date(at: instant), value: value))
        }
        return events.sorted { $0.date < $1.date }
    }
}

extension YahooChart {
    /// The columns of an answer, which are all of one length.
    private struct Columns {
        private static let prices = ["open", "high", "low", "close", "volume"]
        private let reading: AnswerReading
        private var columns: [String: [JSONValue]] = [:]

        init(_ chart: JSONObject, count: Int, _ reading: AnswerReading) throws(FeedError) {
            self.reading = reading
            let indicators = chart["indicators"]?.object
            let quote = indicators?["quote"]?.array?.first?.object
            let adjusted = indicators?["adjclose"]?.array?.first?.object
            for name in Columns.prices + ["adjclose"] {
                let object = name == "adjclose" ? adjusted : quote
                guard let value = object?[name] else {
                    // Minutes and hours come without it.
                    if name == "adjclose" || count == 0 { continue }
                    throw reading.unreadable(field: name, "the column is missing")
                }
                guard let column = value.array, column.count == count else {
                    throw reading.unreadable(field: name, "an array of \(count) is expected")
                }
                columns[name] = column
            }
        }

        /// `nil` when the bar has no close.
        func row(
            _ index: Int, _ stamp: Timestamp, _ date: CivilDate, saidAt: Timestamp
        ) throws(FeedError) -> Row? {
            guard let close = try number("close", index) else { return nil }
            return Row(
                stamp: stamp, date: date, open: VendorNumber.price(try number("open", index)),
                high: VendorNumber.price(try number("high", index)),
                low: VendorNumber.price(try number("low", index)), close: close,
                volume: try number("volume", index) ?? .nan,
                adjustedClose: try number("adjclose", index), number: index + 1, saidAt: saidAt)
        }

        private func number(_ name: String, _ index: Int) throws(FeedError) -> Double? {
            guard let column = columns[name] else { return nil }
            return try reading.number(column[index], row: index + 1, field: name)
                .map(SinglePrecision.decimal)
        }
    }
}

/// An exchange's clock.
private struct ExchangeZone {
    let zone: TimeZone

    func date(at instant: Timestamp) -> CivilDate {
        let seconds = instant.nanoseconds / Timestamp.nanosecondsPerSecond
        let offset = zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(seconds)))
        return Timestamp(
            clamping: CivilDate(daysSinceEpoch: 0), secondsOfDay: Int(seconds) + offset
        )
        .utcDate
    }
}

/// Prices that went through single precision.
enum SinglePrecision {
    /// From here on such numbers are whole, and no longer all of those.
    private static let limit = 0x1p24

    /// The shortest decimal with the same single-precision number, if the value is such a one.
    /// Whole numbers, such as volumes, are what they are.
    static func decimal(_ value: Double) -> Double {
        let isSingle = Double(Float(value)) == value && value != value.rounded()
        return isSingle ? nearestDecimal(value) : value
    }

    /// The shortest decimal among those whose single-precision number is the nearest to the value.
    static func nearestDecimal(_ value: Double) -> Double {
        guard value.magnitude < limit else { return value }
        return Double("\(Float(value))") ?? value
    }
}
