import Foundation
import Market
import MarketFeeds
import RegimeModels

/// Work on the bundled S&P 500 history that goes through several modules.
enum WholeWork {
    private static let barsPerYear = 252.0
    /// Enough for the warm-up and a few refits.
    private static let walkedBars = 1000

    /// By name: what reads and lays out the data, and answers the work.
    static var all: [(name: String, prepare: () throws -> () throws -> Int)] {
        [
            ("CSV reading, the bundled S&P 500 history", prepareReading),
            ("walk-forward, \(walkedBars) bars of the S&P 500", prepareWalk),
        ]
    }

    private static var history: [UInt8] {
        get throws {
            let root = URL(filePath: #filePath).deletingLastPathComponent()
                .deletingLastPathComponent().deletingLastPathComponent()
            let file = root.appending(path: "Fixtures/spx_daily_1999_2018.csv")
            return [UInt8](try Data(contentsOf: file))
        }
    }

    private static func bars(_ bytes: [UInt8]) throws -> [Bar] {
        let reader = try CSVBarReader(bytes: bytes, name: "spx_daily_1999_2018.csv")
        var bars: [Bar] = []
        while let bar = try reader.next() { bars.append(bar) }
        return bars
    }

    private static func prepareReading() throws -> () throws -> Int {
        let bytes = try history
        return { try bars(bytes).count }
    }

    private static func prepareWalk() throws -> () throws -> Int {
        let bars = Array(try bars(history).prefix(walkedBars))
        return {
            var walk = WalkForward(specification: .standard, barsPerYear: barsPerYear)
            var fits = 0
            for bar in bars {
                let step = walk.advance(with: bar, sessionDate: bar.timestamp.utcDate)
                fits += step.fitted ? 1 : 0
            }
            return fits
        }
    }
}
