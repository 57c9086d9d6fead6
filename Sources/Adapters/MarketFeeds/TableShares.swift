package import Market
import Synchronization

/// Series of tables, for many that ask for one each: a pass over the file reads a share of them,
/// which is kept for those that ask next.
package final class TableShares: Sendable {
    /// Shares that are kept, each of up to `TableReader.cellBudget`: those who ask go through a
    /// file in its order, but for one another.
    static let keptLimit = 2

    fileprivate struct Share {
        let stamp: OpenFile.Stamp
        let options: CSVReadOptions
        let reader: TableReader
        let series: [String: TableSeries]
    }

    fileprivate struct State {
        /// The one that was asked for last is last.
        var shares: [Share] = []
        var passes = 0
    }

    private let cellBudget: Int
    private let state = Mutex(State())

    package init(cellBudget: Int = TableReader.cellBudget) {
        self.cellBudget = cellBudget
    }

    /// Passes over files that shares took.
    var passes: Int { state.withLock { $0.passes } }

    /// The bars of a series; `nil` where the file has no other, or none of that very name.
    ///
    /// - Parameter file: a regular one; written since it was opened, it is an error.
    /// - Throws: `CSVError`.
    package func bars(
        of market: String, in file: OpenFile, options: CSVReadOptions
    ) throws(CSVError) -> [Bar]? {
        var options = options
        options.market = nil
        let stamp = try file.stamp()
        // A closure would lose the typed error.
        let found: Result<TableSeries?, CSVError> = state.withLock { state in
            do throws(CSVError) {
                return .success(try state.series(market, file, stamp, options, cellBudget))
            } catch {
                return .failure(error)
            }
        }
        return try found.get()?.bars().bars
    }
}

extension TableShares.State {
    fileprivate mutating func series(
        _ market: String, _ file: OpenFile, _ stamp: OpenFile.Stamp, _ options: CSVReadOptions,
        _ cellBudget: Int
    ) throws(CSVError) -> TableSeries? {
        let mine = shares.indices.filter {
            shares[$0].stamp == stamp && shares[$0].options == options
        }
        if let place = mine.first(where: { shares[$0].series[market] != nil }) {
            shares.append(shares.remove(at: place))
            return shares.last?.series[market]
        }
        var reader: TableReader
        if let known = mine.last {
            reader = shares[known].reader
        } else {
            let inspection = try CSVInspection.markets(file)
            guard inspection.choices.contains(market) else { return nil }
            reader = try TableReader(file, inspection, options: options, cellBudget: cellBudget)
        }
        guard reader.seek(market) else { return nil }
        // Before the next is read: both would not fit what is kept.
        if shares.count == TableShares.keptLimit { shares.removeFirst() }
        let series = try reader.next()
        passes += 1
        guard try file.stamp() == stamp else {
            throw CSVError(file: file.path, .changedWhileReading)
        }
        shares.append(
            TableShares.Share(
                stamp: stamp, options: options, reader: reader,
                series: Dictionary(
                    series.map { ($0.market, $0) }, uniquingKeysWith: { first, _ in first })))
        return shares.last?.series[market]
    }
}
