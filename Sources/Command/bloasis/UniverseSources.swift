import Hosting
import Market
import MarketFeeds
import MarketRegime
import Synchronization

/// Hands out the markets of a universe, those of a table as many at a time as it is read in.
final class UniverseSources: Sendable {
    /// How every file is read.
    struct Reading: Sendable {
        var timeframe: Timeframe
        /// The file's own calendar, or `nil`, in; how it is understood out.
        var options: @Sendable (Universe.Member) -> CSVReadOptions
        var exogenous: @Sendable (SessionCalendar) -> ExogenousJoin
        /// All that decides about what is written besides the bars.
        var description: String
    }

    private let reading: Reading
    private let state: Mutex<State>

    private struct State {
        var files: ArraySlice<Universe.File>
        var table: Table?
    }

    private struct Table {
        var reader: TableReader
        let options: CSVReadOptions
    }

    /// Files of one market each that are handed out at a time.
    private static let filesAtOnce = 64

    init(_ universe: Universe, _ reading: Reading) {
        self.reading = reading
        state = Mutex(State(files: universe.files[...]))
    }

    /// Some more markets; empty at the end.
    ///
    /// - Throws: `CSVError` when a table cannot be read at all.
    func next() throws -> [UniverseMember] {
        try state.withLock { state in
            while true {
                let series = try state.table?.reader.next() ?? []
                if let table = state.table, !series.isEmpty {
                    return series.compactMap { member(of: $0, table.options) }
                }
                state.table = nil
                guard let file = state.files.first else { return [] }
                if file.holding == .single { return takeFiles(&state) }
                state.files.removeFirst()
                guard let first = file.members.first else { continue }
                let options = reading.options(first)
                state.table = Table(
                    reader: try TableReader(path: file.path, file.holding, options: options),
                    options: options)
            }
        }
    }

    private func takeFiles(_ state: inout State) -> [UniverseMember] {
        let files = state.files.prefix { $0.holding == .single }
            .prefix(UniverseSources.filesAtOnce)
        state.files = state.files.dropFirst(files.count)
        return files.flatMap(\.members).map { member(inFile: $0) }
    }

    private func member(inFile member: Universe.Member) -> UniverseMember {
        let options = reading.options(member)
        let reading = reading
        return UniverseMember(
            series: Series(market: member.market, timeframe: reading.timeframe),
            calendar: options.calendar
        ) {
            var digest = SourceDigest(reading.description)
            try digest.add(file: member.path)
            let reader = try CSVBarReader(path: member.path, options: options)
            let join = JoinedBars(reading.exogenous(options.calendar))
            return MemberSource(digest: digest.text) { limit in
                try join.bars(reader.nextChunk(limit: limit), of: member.path)
            } remarks: {
                reader.report.remarks + join.remarks
            }
        }
    }

    private func member(
        of table: TableSeries, _ options: CSVReadOptions
    ) -> UniverseMember? {
        guard let market = MarketName(table.market) else { return nil }
        let reading = reading
        return UniverseMember(
            series: Series(market: market, timeframe: reading.timeframe),
            calendar: options.calendar
        ) {
            let (bars, report) = try table.bars()
            var digest = SourceDigest(reading.description)
            digest.add(bars)
            let join = JoinedBars(reading.exogenous(options.calendar))
            let pull = Backfill.source(of: bars)
            return MemberSource(digest: digest.text) { limit in
                try join.bars(pull(limit), of: table.market)
            } remarks: {
                report.remarks + join.remarks
            }
        }
    }
}
