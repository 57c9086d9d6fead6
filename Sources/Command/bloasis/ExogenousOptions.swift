import ArgumentParser
import Foundation
import Market
import MarketFeeds
import RegimeModels

/// Values from outside the market that are joined to the bars of a file.
struct ExogenousOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A dated column to join to the bars as of when it was known; may be repeated.",
            discussion: """
                A date is known at its session's end. Where the file has a column available_at,
                that says when each value was known, and rows about the same date are its vintages:
                the one that was known counts. Names that features and rules read: vix,
                term_spread, credit_spread.
                """, valueName: "NAME=FILE.csv[:COLUMN]"))
    var exogenous: [ExogenousFile] = []

    @Option(
        help: ArgumentHelp(
            "How much later than its stamp a column was known, as 15m or 1d; may be repeated.",
            valueName: "NAME=TIME"))
    var exogenousDelay: [ExogenousTime] = []

    @Option(
        help: ArgumentHelp(
            "How long a value that is not replaced goes on counting, as 120d; may be repeated.",
            discussion: "\(ExogenousHistory.daysKept)d when left out.", valueName: "NAME=TIME"))
    var exogenousKept: [ExogenousTime] = []

    func validate() throws {
        let names = exogenous.map(\.name)
        if let twice = names.first(where: { name in names.count { $0 == name } > 1 }) {
            throw ValidationError("--exogenous \(twice) is given twice")
        }
        if names.count > ExogenousValues.countLimit {
            throw ValidationError(
                "--exogenous: \(names.count) columns: join at most \(ExogenousValues.countLimit)")
        }
        for (flag, times) in [
            ("--exogenous-delay", exogenousDelay), ("--exogenous-kept", exogenousKept),
        ] {
            for time in times where !names.contains(time.name) {
                throw ValidationError(
                    "\(flag) \(time.name): there is no --exogenous of that name")
            }
        }
    }

    /// Says which columns decide nothing, as a misspelt one does.
    ///
    /// - Parameter read: the names that the model's features and rules take.
    func warn(reads read: Set<String>, _ model: ModelKind) {
        for file in exogenous where !read.contains(file.name) {
            let reads =
                read.isEmpty ? "no column" : "only " + read.sorted().joined(separator: ", ")
            StandardError.warning(
                "--exogenous \(file.name) decides nothing: the features and rules of "
                    + "this model (\(model.rawValue)) read \(reads)")
        }
    }

    /// Reads the files; what a person should know about them goes to standard error.
    ///
    /// - Throws: `CSVError`.
    func join(
        _ csv: CSVFormatOptions, timeframe: Timeframe, calendar: SessionCalendar
    ) throws
        -> ExogenousJoin
    {
        let options = CSVReadOptions(
            calendar: calendar, timeZone: csv.timezone, onBadRow: csv.onBadRow)
        return ExogenousJoin(
            try exogenous.map { file in
                let (readings, report) = try CSVExogenousReader.readings(
                    path: file.path, column: file.column, timeframe: timeframe, options: options)
                for remark in report.remarks(about: "blank values") {
                    StandardError.note("\(file.path): \(remark)")
                }
                func nanoseconds(_ times: [ExogenousTime]) -> Int64? {
                    times.last { $0.name == file.name }?.timeframe.nanoseconds
                }
                return ExogenousHistory(
                    name: file.name, readings, delayNanoseconds: nanoseconds(exogenousDelay) ?? 0,
                    keptNanoseconds: nanoseconds(exogenousKept)
                        ?? ExogenousHistory.nanosecondsKept)
            })
    }
}

extension ExogenousJoin {
    /// How many bars found no value, a line each.
    var remarks: [String] {
        missing.sorted { $0.key < $1.key }.map { name, count in
            "\(Format.count(count)) bars without \(name): none was known yet, or the latest for "
                + "longer than --exogenous-kept, \(ExogenousHistory.daysKept) days if not said"
        }
    }
}

/// `NAME=FILE.csv[:COLUMN]`.
struct ExogenousFile: ExpressibleByArgument {
    let name: String
    let path: String
    let column: String?

    init?(argument: String) {
        guard let equals = argument.firstIndex(of: "=") else { return nil }
        name = String(argument[..<equals])
        let rest = argument[argument.index(after: equals)...]
        guard ExogenousValues.allows(name: name), !rest.isEmpty else { return nil }
        // A colon may be part of the path.
        if let colon = rest.lastIndex(of: ":"), !rest[colon...].contains("/"),
            !FileManager.default.fileExists(atPath: String(rest))
        {
            path = String(rest[..<colon])
            column = String(rest[rest.index(after: colon)...])
            if path.isEmpty || column?.isEmpty == true { return nil }
        } else {
            path = String(rest)
            column = nil
        }
    }
}

/// `NAME=TIME`.
struct ExogenousTime: ExpressibleByArgument {
    let name: String
    let timeframe: Timeframe

    init?(argument: String) {
        let parts = argument.split(separator: "=", omittingEmptySubsequences: false)
        guard parts.count == 2, let timeframe = Timeframe(parts[1]) else { return nil }
        name = String(parts[0])
        self.timeframe = timeframe
    }
}
