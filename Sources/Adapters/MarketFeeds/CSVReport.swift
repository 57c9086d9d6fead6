package import Market

/// Something odd that did not stop the reading.
package struct CSVWarning: Sendable, Equatable {
    package enum Kind: String, Sendable {
        /// A row on a day without a session that does not repeat the bar before it; kept.
        case offSession
        /// A row that stands out of the file's order; put in its place.
        case outOfPlace
        /// A row left out under `BadRowPolicy.skip`.
        case skipped
        /// The last line has no newline: if the file was cut, its last value may be too short.
        case noFinalNewline
        /// No date of the file tells whether its first number is the month; taken for it.
        case ambiguousDates
    }

    package let kind: Kind
    /// 1-based line of the file.
    package let line: Int
    package let message: String
}

extension CSVWarning: CustomStringConvertible {
    package var description: String { "line \(line): \(message)" }
}

/// What a reading came to; `rows` = `bars` + `identicalDuplicates` + `paddedRows` + `skippedRows`.
package struct CSVReport: Sendable {
    /// Data rows of the chosen series read so far.
    package internal(set) var rows = 0
    /// Bars handed out.
    package internal(set) var bars = 0
    /// Bars handed out whose close is missing.
    package internal(set) var missingCloses = 0
    /// Rows dropped because they say again what an earlier row of the same stamp said.
    package internal(set) var identicalDuplicates = 0
    /// Rows dropped because they repeat the last bar on a day without a session.
    package internal(set) var paddedRows = 0
    /// Rows kept, with a warning, although their day had no session.
    package internal(set) var offSessionRows = 0
    /// Rows that stood against the file's order and were put in their place.
    package internal(set) var outOfPlaceRows = 0
    /// Bad rows left out under `BadRowPolicy.skip`.
    package internal(set) var skippedRows = 0
    /// Whether the file runs from the newest row to the oldest.
    package internal(set) var newestFirst = false
    /// Close of the first and the last bar handed out.
    package internal(set) var firstBar: Timestamp?
    package internal(set) var lastBar: Timestamp?
    /// The first warnings, at most `warningsKept` of each kind, in the order they arose.
    package internal(set) var warnings: [CSVWarning] = []
    /// All warnings, kept or not.
    package internal(set) var warningCount = 0

    private var warningsOfKind: [CSVWarning.Kind: Int] = [:]

    package static let warningsKept = 10

    /// `message` is made only for a warning that is kept.
    mutating func warn(_ kind: CSVWarning.Kind, line: Int, _ message: @autoclosure () -> String) {
        warningCount += 1
        let already = warningsOfKind[kind, default: 0]
        warningsOfKind[kind] = already + 1
        guard already < CSVReport.warningsKept else { return }
        warnings.append(CSVWarning(kind: kind, line: line, message: message()))
    }
}
