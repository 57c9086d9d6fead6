import ArgumentParser
import Market
import MarketFeeds
import MarketRegime

/// What is done with bars that look like a split which the prices are not adjusted for.
struct SplitOptions: ParsableArguments {
    @Option(help: "A step that looks like an unadjusted split: refuse, accept (it was the market).")
    var onSplit: SplitPolicy = .refuse

    /// Looks at a whole file before the first bar of it is written.
    ///
    /// - Throws: `BackfillError.suspectedSplit`, `CSVError`.
    func check(_ reader: CSVBarReader, of series: Series) throws {
        guard onSplit == .refuse else { return }
        let scan = try reader.again()
        var splits = SplitGuard(series, onSplit)
        while let bar = try scan.next() { try splits.check([bar]) }
    }
}

extension SplitPolicy: ExpressibleByArgument {}
