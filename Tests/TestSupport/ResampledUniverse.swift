import Foundation

/// Markets resampled from the bundled returns of an index, with a seed: blocks of days that
/// followed each other, which keep clusters of volatility. Dates are those of sessions from 2000
/// on, so that a model fitted on bars until the end of 1999 knows only the past.
package struct ResampledUniverse: Sendable {
    private static let blockBars = 21
    private static let firstClose = 1_000.0
    private static let firstDay = "2000-01-01"

    /// Session dates, oldest first.
    package let days: [String]
    /// As written in the table, a column a market.
    private let closes: [[String]]

    /// The same seed gives the same markets; a larger universe begins with the smaller one.
    package init(markets: Int, bars: Int, seed: UInt64 = 20_260_101) throws {
        let path = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Fixtures/spx_daily_1999_2018.csv").standardizedFileURL
        let rows = try String(contentsOf: path, encoding: .utf8).split(separator: "\n")
            .map { $0.split(separator: ",").map(String.init) }
        let names = rows.first?.map { $0.lowercased() } ?? []
        guard let date = names.firstIndex(of: "date"), let close = names.firstIndex(of: "close")
        else { throw CocoaError(.fileReadCorruptFile) }
        let history = rows.dropFirst().compactMap { Double($0[close]) }
        let growth = zip(history, history.dropFirst()).map { $1 / $0 }
        let days = rows.dropFirst().map { $0[date] }.filter { $0 >= Self.firstDay }
            .prefix(bars)
        self.days = Array(days)
        closes = (0..<markets).map { market in
            Self.path(days.count, growth, seed: seed &+ UInt64(market))
        }
    }

    private static func path(_ bars: Int, _ growth: [Double], seed: UInt64) -> [String] {
        var generator = SplitMix64(seed: seed)
        var close = firstClose
        var place = 0
        return (0..<bars).map { bar in
            if bar % blockBars == 0 { place = Int(generator.unit() * Double(growth.count)) }
            close *= growth[place % growth.count]
            place += 1
            return String(format: "%.4f", close)
        }
    }

    package var names: [String] { closes.indices.map { String(format: "M%03d", $0) } }

    package func close(of market: Int, bar: Int) -> String { closes[market][bar] }

    /// A table with a column for each market.
    ///
    /// - Parameter bars: the first ones; `nil`: all.
    package func csv(bars: Int? = nil) -> String {
        let rows = days.indices.prefix(bars ?? days.count).map { bar in
            ([days[bar]] + closes.map { $0[bar] }).joined(separator: ",")
        }
        return (["date," + names.joined(separator: ",")] + rows).joined(separator: "\n") + "\n"
    }
}
