import Market
import MarketFeeds
import Ports

/// What one vendor's tables of daily bars have of their own.
protocol VendorTable: Sendable {
    var offer: FeedOffer { get }
    /// After its close a bar is known.
    var availableAfterSeconds: Int64 { get }

    func query(_ request: FeedRequest, at now: Timestamp) -> VendorQuery

    /// - Throws: what the vendor means by an answer that is no table.
    func requireTable(_ answer: VendorAnswer, _ reading: AnswerReading) throws(FeedError)
}

/// A vendor that tells a symbol's daily bars as one table of comma-separated values.
struct TableFeed: MarketFeed {
    let table: any VendorTable
    let fetcher: VendorFetcher

    var name: String { fetcher.vendor.kind.rawValue }
    var offer: FeedOffer { table.offer }

    func bars(_ request: FeedRequest, at now: Timestamp) async throws -> [FeedBar] {
        try offer.require(request, of: name)
        let reading = AnswerReading(fetcher.vendor, request.symbol)
        return try await fetcher.fetch(
            table.query(request, at: now), at: now, reading,
            keeping: .newest(of: request, offer, at: now)
        ) { answer in
            try TableFeed.bars(of: answer, from: table, reading, request, at: now)
        }
    }

    static func bars(
        of answer: VendorAnswer, from table: any VendorTable, _ reading: AnswerReading,
        _ request: FeedRequest, at now: Timestamp
    ) throws(FeedError) -> [FeedBar] {
        try table.requireTable(answer, reading)
        let columns: BarColumns
        do throws(CSVError) {
            columns = try CSVBarReader(
                bytes: answer.body, name: reading.vendor.kind.rawValue,
                options: CSVReadOptions(
                    timeframe: request.series.timeframe, calendar: request.calendar)
            ).readAll()
        } catch {
            throw told(error, reading)
        }
        var collector = BarCollector(reading, request, table.offer, at: now)
        for index in 0..<columns.count {
            var bar = columns[index]
            // Blank rows say nothing.
            guard !bar.close.isNaN else { continue }
            bar.availableAt = bar.availableAt.advanced(bySeconds: table.availableAfterSeconds)
            let adjusted = table.offer.adjustsCloses ? bar.close : nil
            try collector.add(
                FeedBar(bar: bar, adjustedClose: adjusted), row: index + 1, saidAt: answer.saidAt)
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
