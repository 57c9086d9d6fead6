import Crypto
import Evaluation
import Foundation
import Market
import MarketFeeds

/// The markets to evaluate on, from files that are all understood the same way.
struct EvaluationFiles {
    let paths: [String]
    let options: CSVFormatOptions
    let timeframe: Timeframe
    /// Columns or tickers; all when empty.
    let markets: [String]
    let range: Range<Timestamp>?

    func histories() throws -> [MarketHistory] {
        var histories: [MarketHistory] = []
        var missing = Set(paths.count > 1 ? markets : [])
        for path in paths {
            for name in try names(in: path) {
                histories.append(try history(path, name))
                if let name { missing.remove(name) }
            }
        }
        if let name = missing.min() {
            throw CommandFailure(.nothingFound, "--market \(name): is in none of the files")
        }
        guard Set(histories.map(\.name)).count == histories.count else {
            throw CommandFailure(
                .wrongUsage,
                "--csv: two markets have one name: rename a file, or choose with --market")
        }
        return histories
    }

    /// Of one file: what was asked for, or all; `nil` is the only market of a file without names.
    private func names(in path: String) throws -> [String?] {
        let choices = try CSVInspection.markets(path: path).choices
        guard !choices.isEmpty else { return markets.isEmpty || paths.count > 1 ? [nil] : markets }
        guard !markets.isEmpty else { return choices }
        // One file says itself that it lacks a market.
        return paths.count > 1 ? markets.filter(choices.contains) : markets
    }

    private func history(_ path: String, _ name: String?) throws -> MarketHistory {
        let reading = options.options(timeframe: timeframe, market: name)
        let reader = try CSVBarReader(path: path, options: reading)
        var bars = BarColumns()
        while let bar = try reader.next() {
            // What comes before the range is walked through, only not summed up.
            if range.map({ bar.timestamp < $0.upperBound }) ?? true { bars.append(bar) }
        }
        for remark in reader.report.remarks {
            StandardError.note((name.map { "\($0): " } ?? "") + remark)
        }
        let last = bars.isEmpty ? nil : bars[bars.count - 1].timestamp
        guard let last, range.map({ last >= $0.lowerBound }) ?? true else {
            throw CommandFailure(.nothingFound, "\(path): no bars in the range asked for")
        }
        return MarketHistory(
            name: name ?? EvaluationFiles.baseName(path), bars: bars, calendar: reading.calendar,
            barsPerYear: options.barsPerYear(timeframe))
    }

    /// A file's name without folders and endings: what a market is called that has no name.
    private static func baseName(_ path: String) -> String {
        let file = path.split(separator: "/").last.map(String.init) ?? path
        return file.split(separator: ".").first.map(String.init) ?? file
    }

    private static let chunkBytes = 1 << 20

    /// SHA-256 of a file's bytes, hexadecimal: what `sha256sum` prints.
    static func digest(of path: String) throws -> String {
        var hash = SHA256()
        do {
            let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            while let chunk = try file.read(upToCount: chunkBytes), !chunk.isEmpty {
                hash.update(data: chunk)
            }
        } catch {
            throw CommandFailure(.failed, "--csv \(path): cannot be read: \(error)")
        }
        return Hexadecimal.text(hash.finalize())
    }
}
