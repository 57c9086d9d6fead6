import Foundation
import Market
package import MarketFeeds
import Ports

/// Where a feed's CSV files are, and how their stamps are to be understood.
package struct CSVFeedSettings: Sendable {
    /// A directory with one file a symbol, `SYMBOL.csv` or `SYMBOL.csv.gz`; or a file of several
    /// markets, whose column or ticker the symbol names, or of one.
    package var path: String
    package var stamp: BarStamp
    /// IANA name; `nil` as `CSVReadOptions.timeZone` says.
    package var timeZone: String?

    package init(path: String, stamp: BarStamp = .close, timeZone: String? = nil) {
        self.path = path
        self.stamp = stamp
        self.timeZone = timeZone
    }
}

/// CSV files as a feed. Prices are what the files say; the adjusted close is their column of that
/// name, if they have one.
struct CSVFeed: MarketFeed {
    private static let timeframes = ["1m", "5m", "15m", "30m", "1h", "4h", "1d", "1w"]
    static let offer = FeedOffer(
        timeframes: Set(timeframes.compactMap { Timeframe($0) }),
        calendars: Set(SessionCalendar.allCases), adjustsCloses: true)

    let settings: CSVFeedSettings

    var name: String { FeedKind.csv.rawValue }
    var offer: FeedOffer { CSVFeed.offer }

    func bars(_ request: FeedRequest, at now: Timestamp) async throws -> [FeedBar] {
        try offer.require(request, of: name)
        try Task.checkCancellation()
        return try await read(request, at: now)
    }

    /// Reading blocks, so it is done where others need not wait for it.
    @concurrent
    private func read(_ request: FeedRequest, at now: Timestamp) async throws -> [FeedBar] {
        let path = try path(of: request.symbol)
        do {
            var bars: [FeedBar] = []
            let reader = try CSVBarReader(path: path, options: options(request, .close))
            while let bar = try reader.next() {
                guard !bar.close.isNaN, offer.grants(bar, to: request, at: now) else { continue }
                guard bars.count < FeedOffer.barLimit else {
                    throw error(request.symbol, .tooManyBars(limit: FeedOffer.barLimit))
                }
                bars.append(FeedBar(bar: bar))
            }
            try adjust(&bars, path, options(request, .adjusted))
            return bars
        } catch let error as CSVError {
            let hasNone: Bool
            switch error.problem {
            case .missing, .noRows, .marketNotFound: hasNone = true
            default: hasNone = false
            }
            throw self.error(
                request.symbol,
                hasNone
                    ? .noData
                    : .unreadable(
                        row: error.line.map { $0 - 1 }, field: error.column?.name,
                        problem: "\(error.file): \(error.problem.withoutHint)"))
        }
    }

    /// Sets the adjusted closes of a file that has such a column.
    private func adjust(
        _ bars: inout [FeedBar], _ path: String, _ options: CSVReadOptions
    ) throws(CSVError) {
        let reader: CSVBarReader
        do throws(CSVError) {
            reader = try CSVBarReader(path: path, options: options)
        } catch {
            guard error.problem == .noAdjustedClose else { throw error }
            return
        }
        var index = 0
        while index < bars.count, let bar = try reader.next() {
            while index < bars.count, bars[index].bar.timestamp < bar.timestamp { index += 1 }
            if index < bars.count, bars[index].bar.timestamp == bar.timestamp, !bar.close.isNaN {
                bars[index].adjustedClose = bar.close
            }
        }
    }

    private func options(_ request: FeedRequest, _ price: PriceColumn) -> CSVReadOptions {
        CSVReadOptions(
            timeframe: request.series.timeframe, calendar: request.calendar, price: price,
            stamp: settings.stamp, timeZone: settings.timeZone, market: request.symbol.text)
    }

    private func path(of symbol: FeedSymbol) throws(FeedError) -> String {
        let place = URL(filePath: settings.path).resolvingSymlinksInPath()
        let facts = try? place.resourceValues(forKeys: [.isDirectoryKey, .isRegularFileKey])
        // Anything else could not be read twice.
        if facts?.isRegularFile == true { return settings.path }
        guard facts?.isDirectory == true else {
            throw error(symbol, .unreachable("\(settings.path) is neither a file nor a directory"))
        }
        let paths = ["csv", "csv.gz"].map { "\(settings.path)/\(symbol).\($0)" }
        guard let path = paths.first(where: FileManager.default.fileExists) else {
            throw error(symbol, .noData)
        }
        return path
    }

    private func error(_ symbol: FeedSymbol, _ reason: FeedError.Reason) -> FeedError {
        FeedError(name, symbol, reason)
    }
}
