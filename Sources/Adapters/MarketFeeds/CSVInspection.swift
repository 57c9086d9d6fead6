/// What series a CSV file holds.
package enum CSVInspection: Sendable, Equatable {
    /// One series, whatever its name.
    case single
    /// One column of closes for each market.
    case wide(markets: [String])
    /// Rows of several tickers.
    case long(tickers: [String])

    /// Looks at a file without reading its prices.
    package static func markets(path: String) throws(CSVError) -> CSVInspection {
        try inspect(CSVInput(path: path))
    }

    package static func markets(_ file: OpenFile) throws(CSVError) -> CSVInspection {
        try inspect(.open(file))
    }

    static func inspect(_ input: CSVInput) throws(CSVError) -> CSVInspection {
        var records = try RecordReader(input.open(), name: input.name)
        let header = try CSVHeader(&records)
        if let markets = header.wideMarkets { return .wide(markets: markets) }
        let tickers = try CSVSurvey.tickers(in: input, header)
        return tickers.count > 1 ? .long(tickers: tickers) : .single
    }

    /// Names that `CSVReadOptions.market` may take; empty when any will do.
    package var choices: [String] {
        switch self {
        case .single: []
        case .wide(let markets): markets
        case .long(let tickers): tickers
        }
    }
}
