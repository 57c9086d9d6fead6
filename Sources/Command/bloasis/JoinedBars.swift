import Hosting
import Market
import MarketFeeds
import MarketRegime

/// Bars with what was known outside the market; of one task.
final class JoinedBars {
    private var join: ExogenousJoin

    init(_ join: ExogenousJoin) { self.join = join }

    var remarks: [String] { join.remarks }
    var isEmpty: Bool { join.isEmpty }

    /// A bar from the future is a look ahead, and would keep every live bar from being classified.
    func bars(_ bars: [Bar], of source: String) throws -> [Bar] {
        let now = WallClock.now
        if let future = bars.first(where: { $0.isFromTheFuture(at: now) }) {
            throw CommandFailure(
                .failed,
                "\(source): the bar of \(future.timestamp) lies in the future: check the dates, "
                    + "--timezone and --stamp")
        }
        return bars.map { join.join($0) }
    }
}
