import Foundation
import Work

/// Does pieces of work for the driver, one for each line that it is sent.
///
/// | line | answer |
/// |---|---|
/// | `list`, `list-live` | the names of the workloads, of the live filters |
/// | `bars` | returns of a market |
/// | `instructions` | the instruction set that the kernels use |
/// | `run NAME FIRST COUNT` | seconds of a repetition, repetitions; the result is in a file |
/// | `live NAME` | nanoseconds of a bar |
/// | `universe MARKETS BARS THREADS lanes`, `… bars` | seconds by the wall, side by side or bar by bar |
/// | `allocations NAME` | allocations of a whole run of a live filter after its first bars |
///
/// An answer begins with `done` or with `failed` and the reason. `FOLDER` is where the data lie;
/// with `synthetic` in its place the program makes its own. `synthetic NAME REPETITIONS MARKETS`
/// does one piece of work that often and nothing else, for a counter of instructions.
@main
struct Main {
    static let countedMarkets = 8
    static let countedReturns = 2000

    let folder: URL
    let samples: Samples

    static func main() throws {
        let words = CommandLine.arguments.dropFirst()
        guard let place = words.first, words.count == 1 || words.count == 4 else {
            throw Refusal(
                reason: "usage: bloasis-workloads FOLDER | synthetic [NAME REPETITIONS MARKETS]")
        }
        let folder = URL(filePath: place)
        let isSynthetic = place == "synthetic"
        let main = Main(
            folder: folder,
            samples: isSynthetic
                ? .synthetic(markets: countedMarkets, returnCount: countedReturns)
                : try Samples(folder: folder))
        if words.count == 4 {
            try main.repeatForCounting(Array(words.dropFirst()))
            return
        }
        while let line = readLine() {
            do {
                answer("done " + (try main.answer(line.split(separator: " ").map(String.init))))
            } catch {
                answer("failed \(error)")
            }
        }
    }

    private static func answer(_ text: String) {
        var output = StandardOutput()
        output.write(text + "\n")
    }

    private func answer(_ words: [String]) throws -> String {
        switch (words.first, words.count) {
        case ("list", 1): return Catalogue.workloads.map(\.name).joined(separator: " ")
        case ("list-live", 1): return Catalogue.live.map(\.name).joined(separator: " ")
        case ("bars", 1): return "\(samples.returnCount)"
        case ("instructions", 1): return Catalogue.instructionSet
        case ("run", 4): return try run(words)
        case ("live", 2): return try live(words[1])
        case ("universe", 5): return try universe(words)
        case ("allocations", 2): return try allocations(words[1])
        default: throw Refusal(reason: "no such question")
        }
    }

    private func workload(_ name: String, _ first: Int, _ count: Int) throws -> any Workload {
        guard let kind = Catalogue.workloads.first(where: { $0.name == name })?.kind else {
            throw Refusal(reason: "no workload of that name")
        }
        guard first >= 0, count > 0, first + count <= samples.markets else {
            throw Refusal(reason: "markets 0 … \(samples.markets - 1) are there")
        }
        return kind.init(samples, markets: first..<(first + count))
    }

    private func run(_ words: [String]) throws -> String {
        var work = try workload(words[1], Int(words[2]) ?? -1, Int(words[3]) ?? 0)
        // The first touch of memory that is kept is no part of the work.
        work.run()
        let (seconds, repetitions) = Stopwatch.mean { work.run() }
        let data = work.result().map(\.bitPattern.littleEndian).withUnsafeBytes { Data($0) }
        try data.write(to: folder.appending(path: "result"))
        return "\(seconds) \(repetitions)"
    }

    private func liveWork(_ name: String) throws -> any LiveWork {
        guard let kind = Catalogue.live.first(where: { $0.name == name })?.kind else {
            throw Refusal(reason: "no live filter of that name")
        }
        return kind.init(samples)
    }

    private func live(_ name: String) throws -> String {
        var work = try liveWork(name)
        let bars = work.barCount
        let (seconds, _) = Stopwatch.mean { work.run(bars: bars) }
        return "\(seconds / Double(bars) * 1e9)"
    }

    private func universe(_ words: [String]) throws -> String {
        let counts = words[1...3].map { Int($0) ?? 0 }
        guard counts.allSatisfy({ $0 > 0 }), ["lanes", "bars"].contains(words[4]) else {
            throw Refusal(reason: "universe MARKETS BARS THREADS lanes|bars")
        }
        let work = Universe(markets: counts[0], bars: counts[1], threads: counts[2])
        let clock = ContinuousClock()
        let start = clock.now
        let seconds = work.seconds(samples, usesLanes: words[4] == "lanes") {
            start.duration(to: clock.now) / .seconds(1)
        }
        guard let seconds else { throw Refusal(reason: "no model from so few bars") }
        return "\(seconds)"
    }

    /// What the bars after the first half add: beginnings may allocate.
    private func allocations(_ name: String) throws -> String {
        var work = try liveWork(name)
        let bars = work.barCount
        work.run(bars: bars)
        let half = Allocations.during { work.run(bars: bars / 2) }
        let whole = Allocations.during { work.run(bars: bars) }
        return "\(whole - half) \(bars - bars / 2)"
    }

    /// Some work a given number of times and nothing else, for a counter of instructions.
    private func repeatForCounting(_ words: [String]) throws {
        var work = try workload(words[0], 0, Int(words[2]) ?? 0)
        for _ in 0..<(Int(words[1]) ?? 0) { work.run() }
    }
}

struct Refusal: Error, CustomStringConvertible {
    var reason: String
    var description: String { reason }
}

private struct StandardOutput: TextOutputStream {
    mutating func write(_ string: String) {
        try? FileHandle.standardOutput.write(contentsOf: Data(string.utf8))
    }
}
