import Market
import MarketFeeds
import Ports

/// Reads a vendor's table of daily bars.
enum TableReading {
    /// - Parameter availableAfterSeconds: after the close.
    static func bars(
        of answer: VendorAnswer, _ reading: AnswerReading, _ request: FeedRequest,
        _ offer: FeedOffer, availableAfterSeconds delay: Int64 = 0, at now: Timestamp
    ) throws(FeedError) -> [FeedBar] {
        var collector = BarCollector(reading, request, offer, at: now)
        let options = CSVReadOptions(
            timeframe: request.series.timeframe, calendar: request.calendar)
        let columns: BarColumns
        do throws(CSVError) {
            columns = try CSVBarReader(
                bytes: answer.body, name: reading.vendor.kind.rawValue, options: options
            ).readAll()
        } catch {
            throw told(error, reading)
        }
        for index in 0..<columns.count {
            var bar = columns[index]
            // Blank rows say nothing.
            guard !bar.close.isNaN else { continue }
            bar.availableAt = bar.availableAt.advanced(bySeconds: delay)
            let adjusted = offer.adjustsCloses ? bar.close : nil
            try collector.add(FeedBar(bar: bar, adjustedClose: adjusted), row: index + 1)
        }
        return try collector.bars()
    }

    private static func told(_ error: CSVError, _ reading: AnswerReading) -> FeedError {
        guard error.problem != .noRows else { return reading.error(.noData) }
        // The first line names the columns.
        return reading.unreadable(
            row: error.line.map { $0 - 1 }, field: error.column?.name, error.problem.withoutHint)
    }
}
