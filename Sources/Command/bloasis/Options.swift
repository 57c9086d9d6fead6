import ArgumentParser
import Contracts
import Foundation
import Hosting
import Market

/// What every verb takes.
struct CommonOptions: ParsableArguments {
    @Option(help: "Directory of the embedded store (BLOASIS_HOME).", completion: .directory)
    var home: String?

    @Option(help: "A JSON file of variables (BLOASIS_CONFIG).", completion: Offered.documents)
    var config: String?

    @Option(help: "sqlite:PATH or postgresql://… (DATABASE_URL).")
    var databaseUrl: String?

    @Option(
        help: "The least severe level that is logged (LOG_LEVEL).", completion: Offered.logLevels)
    var logLevel: String?

    @Option(help: "json, text or auto (BLOASIS_LOG_FORMAT).", completion: Offered.logFormats)
    var logFormat: String?

    @OptionGroup var display: DisplayOptions

    func configuration(
        _ more: [String: String] = [:], service: ServiceName? = nil
    ) throws -> BloasisConfiguration {
        var flags = more
        flags["BLOASIS_HOME"] = home
        flags["DATABASE_URL"] = databaseUrl
        // Who wants no notes wants no log either, unless it is asked for.
        let environment = ProcessInfo.processInfo.environment
        let isAsked = environment["LOG_LEVEL"]?.isEmpty == false
        flags["LOG_LEVEL"] = logLevel ?? (display.quiet && !isAsked ? "ERROR" : nil)
        flags["BLOASIS_LOG_FORMAT"] = logFormat
        return try BloasisConfiguration.load(
            service: service, table: try Catalogue.byName.get().table(), flags: flags,
            environment: environment, configPath: config)
    }
}

/// Which series a verb speaks of.
struct SeriesOptions: ParsableArguments {
    @Option(help: "The market, for example SPX (DEFAULT_MARKET).", completion: Offered.markets)
    var market: String?

    @Option(help: "How much time one bar covers: 1d, 4h, 15m.")
    var timeframe: Timeframe = .daily

    func series(_ configuration: BloasisConfiguration) throws -> Series {
        guard let market else {
            return Series(market: configuration.defaultMarket, timeframe: timeframe)
        }
        return Series(market: try MarketName(argument: market), timeframe: timeframe)
    }
}

/// A half-open range of time.
struct RangeOptions: ParsableArguments {
    @Option(help: "From this day (YYYY-MM-DD, midnight UTC) or instant (RFC 3339) on.")
    var from: Instant?

    @Option(help: "Up to, not including, this day or instant.")
    var to: Instant?

    /// `nil` when neither end is given.
    var range: Range<Timestamp>? {
        if from == nil, to == nil { return nil }
        let start = from?.timestamp ?? RangeOptions.whole.lowerBound
        let end = to?.timestamp ?? RangeOptions.whole.upperBound
        return start..<max(start, end)
    }

    /// All of time.
    static let whole = Timestamp.earliest..<Timestamp.latest

    func validate() throws {
        if let from, let to, from.timestamp >= to.timestamp {
            throw ValidationError("--from \(from.text) is not before --to \(to.text)")
        }
    }
}

/// The instant whose knowledge a verb speaks of.
struct KnownAtOptions: ParsableArguments {
    @Option(
        help: """
            As it was known on this day (YYYY-MM-DD, midnight UTC) or at this instant \
            (RFC 3339), as if nothing had been brought since.
            """)
    var knownAt: Instant?

    /// - Throws: `ValidationError` for an instant in the future.
    func instant(now: Timestamp) throws -> Timestamp? {
        guard let knownAt else { return nil }
        guard knownAt.timestamp <= now else {
            throw ValidationError(
                "--known-at \(knownAt.text) is in the future, nobody knows what will be said "
                    + "then: use an instant that has passed")
        }
        return knownAt.timestamp
    }
}

extension Bloasis_MarketRegime_TimeRange {
    init(_ range: Range<Timestamp>) {
        self.init()
        startDate = range.lowerBound.rfc3339
        endDate = range.upperBound.rfc3339
    }
}

/// An instant given as a day or in RFC 3339.
struct Instant: ExpressibleByArgument {
    let timestamp: Timestamp
    let text: String

    init?(argument: String) {
        text = argument
        if let date = CivilDate(iso: argument), let midnight = Timestamp(date) {
            timestamp = midnight
        } else if let instant = Timestamp(rfc3339: argument) {
            timestamp = instant
        } else {
            return nil
        }
    }
}

extension Timeframe: ExpressibleByArgument {
    init?(argument: String) {
        self.init(argument)
    }

    static var defaultCompletionKind: CompletionKind { Offered.timeframes }
}

extension SessionCalendar: ExpressibleByArgument {}

extension MarketName {
    init(argument: String) throws {
        guard let name = MarketName(argument) else {
            throw ValidationError(
                "--market \(argument): a market name has 1 to \(MarketName.lengthLimit) of "
                    + "A–Z a–z 0–9 . _ ^ = - and does not begin with . or -")
        }
        self = name
    }
}
