import Market
import Ports

/// Charts that follow each other, as they were traded.
struct YahooHistory {
    private let parts: [YahooChart]
    private let splits: [YahooChart.Event]
    private let dividends: [YahooChart.Event]

    init(_ parts: [YahooChart]) {
        self.parts = parts
        // Charts may overlap.
        splits = Set(parts.flatMap(\.splits)).sorted { $0.date < $1.date }
        dividends = Set(parts.flatMap(\.dividends)).sorted { $0.date < $1.date }
    }

    func add(to collector: inout BarCollector, _ request: FeedRequest) throws(FeedError) {
        let isIntraday = request.series.timeframe.isIntraday
        let rows = isIntraday ? parts.flatMap(\.rows) : days
        var previous: CivilDate?
        for row in rows {
            guard let close = close(of: row, request) else { continue }
            let raw = traded(row, closing: close)
            let after = previous ?? row.date.advanced(byDays: -1)
            previous = row.date
            try collector.add(
                FeedBar(
                    bar: raw, adjustedClose: row.adjustedClose,
                    splitFactor: isIntraday ? nil : splitFactor(after: after, through: row.date),
                    dividend: isIntraday ? nil : dividend(after: after, through: row.date)),
                row: row.number, saidAt: row.saidAt)
        }
    }

    /// One row a day; of the last day's two the later.
    private var days: [YahooChart.Row] {
        var days: [YahooChart.Row] = []
        for part in parts {
            for (index, row) in part.rows.enumerated() {
                if index == part.rows.count - 1, days.last?.date == row.date { days.removeLast() }
                days.append(row)
            }
        }
        return days
    }

    private func close(of row: YahooChart.Row, _ request: FeedRequest) -> Timestamp? {
        request.series.timeframe.isIntraday
            ? IntradayBars.close(opening: row.stamp, request.series.timeframe, request.calendar)
            : request.calendar.close(on: row.date)
    }

    /// A row with the later splits taken out.
    private func traded(_ row: YahooChart.Row, closing close: Timestamp) -> Bar {
        let factor = splits.reduce(1) { $1.date > row.date ? $0 * $1.value : $0 }
        func price(_ value: Double) -> Double {
            factor == 1 ? value : SinglePrecision.nearestDecimal(value * factor)
        }
        return Bar(
            timestamp: close, open: price(row.open), high: price(row.high), low: price(row.low),
            close: price(row.close),
            volume: factor == 1 ? row.volume : (row.volume / factor).rounded())
    }

    private func splitFactor(after previous: CivilDate, through date: CivilDate) -> Double {
        splits.reduce(1) { previous < $1.date && $1.date <= date ? $0 * $1.value : $0 }
    }

    /// Per share of that day.
    private func dividend(after previous: CivilDate, through date: CivilDate) -> Double {
        dividends.reduce(0) { sum, event in
            guard previous < event.date, event.date <= date else { return sum }
            let factor = splits.reduce(1) { $1.date > event.date ? $0 * $1.value : $0 }
            return sum
                + (factor == 1 ? event.value : SinglePrecision.nearestDecimal(event.value * factor))
        }
    }
}
