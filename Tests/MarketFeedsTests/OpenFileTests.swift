import Foundation
import Market
import Testing

@testable import MarketFeeds

@Suite("Files that somebody else names")
struct OpenFileTests {
    private static let text = Array("date,close\n2018-01-02,1\n2018-01-03,2\n".utf8)

    /// A folder that files may be named in, `data`, among others.
    private struct Place {
        let directory: TemporaryDirectory

        init() throws {
            directory = try TemporaryDirectory()
            for folder in ["data", "data/inner", "database"] {
                try FileManager.default.createDirectory(
                    atPath: path(folder), withIntermediateDirectories: true)
            }
            for name in ["data/bars.csv", "data/inner/bars.csv", "database/bars.csv", "bars.csv"] {
                _ = try directory.write(OpenFileTests.text, as: name)
            }
        }

        func path(_ name: String) -> String {
            directory.url.appending(path: name).path(percentEncoded: false)
        }

        func link(_ name: String, to target: String) throws {
            try FileManager.default.createSymbolicLink(
                atPath: path(name), withDestinationPath: path(target))
        }

        var roots: FileRoots { FileRoots([path("data")]) }
    }

    @Test(
        "what lies in a folder once links are followed is opened, and nothing else",
        arguments: [
            ("data/bars.csv", true), ("data/inner/bars.csv", true),
            ("data/inner/../bars.csv", true), ("database/../data/bars.csv", true),
            ("data/within.csv", true), ("elsewhere/bars.csv", true),
            ("data/out.csv", false), ("data/outer/bars.csv", false), ("bars.csv", false),
            ("data/../bars.csv", false), ("database/bars.csv", false), ("data/none.csv", false),
            ("data/inner", false), ("data", false), ("data/pipe", false), ("data/loop", false),
        ])
    func within(name: String, isOpened: Bool) throws {
        let place = try Place()
        try place.link("data/within.csv", to: "data/inner/bars.csv")
        try place.link("elsewhere", to: "data")
        try place.link("data/out.csv", to: "bars.csv")
        try place.link("data/outer", to: "database")
        try place.link("data/loop", to: "data/loop")
        #expect(mkfifo(place.path("data/pipe"), 0o600) == 0)
        let file = place.roots.open(place.path(name))
        #expect((file != nil) == isOpened)
        guard let file else { return }
        #expect(file.path == place.path(name))
        #expect(try CSVBarReader(file).readAll().count == 2)
    }

    @Test("a folder may be a link itself, or all there is; one that is not there holds nothing")
    func folders() throws {
        let place = try Place()
        try place.link("mounted", to: "data")
        let path = place.path("data/bars.csv")
        #expect(FileRoots([place.path("mounted")]).open(path) != nil)
        #expect(FileRoots([place.path("none"), place.path("data") + "/"]).open(path) != nil)
        #expect(FileRoots(["/"]).open(path) != nil)
        #expect(FileRoots([place.path("none"), ""]).open(path) == nil)
        #expect(FileRoots([]).open(path) == nil)
    }

    @Test("what is read is what was opened, whatever lies under the path by then")
    func swapped() throws {
        let place = try Place()
        let path = place.path("data/bars.csv")
        let file = try #require(place.roots.open(path))
        var before = SourceDigest("")
        try before.add(file: path)
        try FileManager.default.removeItem(atPath: path)
        try place.link("data/bars.csv", to: "bars.csv")
        _ = try place.directory.write(Array("date,close\n2018-01-02,9\n".utf8), as: "bars.csv")
        var after = SourceDigest("")
        try after.add(file)
        #expect(after.text == before.text)
        let reader = try CSVBarReader(file)
        #expect(try reader.nextChunk(limit: 9).closes == [1, 2])
        #expect(try reader.again().nextChunk(limit: 9).closes == [1, 2])
        #expect(place.roots.open(path) == nil)
    }

    @Test("gzip is read from what is open, as often as needed")
    func gzip() throws {
        let file = try OpenFile(path: Fixture.path("us_equities_20_close_1990_2022.csv.gz"))
        for _ in 1...2 {
            guard case .wide(let markets) = try CSVInspection.markets(file) else {
                Issue.record("no wide table")
                return
            }
            #expect(markets.count == 20)
        }
    }
}

@Suite("Shares of tables, for many that ask for one series each")
struct TableSharesTests {
    private static let markets = (0..<10).map { "M\($0)" }

    /// Closes that tell market and day; twelve rows.
    private static func wide(_ first: Int = 0) -> [UInt8] {
        var lines = ["date," + markets.joined(separator: ",")]
        for day in 10..<22 {
            lines.append(
                "2018-01-\(day),"
                    + markets.indices.map { "\(first + $0 + day * 100)" }
                    .joined(separator: ","))
        }
        return Array((lines.joined(separator: "\n") + "\n").utf8)
    }

    private static func long() -> [UInt8] {
        var text = "date,ticker,close\n"
        for day in 10..<22 {
            for (number, market) in markets.enumerated() {
                text += "2018-01-\(day),\(market),\(number + day * 100)\n"
            }
        }
        return Array(text.utf8)
    }

    private static let options = CSVReadOptions(calendar: .continuous)

    @Test(
        "each gets what a reader of it alone gets; many are read at a time",
        arguments: [false, true])
    func passes(isLong: Bool) throws {
        let text = isLong ? Self.long() : Self.wide()
        let directory = try TemporaryDirectory()
        let file = try OpenFile(path: try directory.write(text))
        let shares = TableShares(cellBudget: 12 * 4 * (isLong ? 16 : 1))
        // As workers ask: in the file's order, but for one another.
        for number in [1, 0, 2, 3, 5, 4, 7, 6, 9, 8] {
            var options = Self.options
            options.market = Self.markets[number]
            let expected = try read(text, options).bars
            let bars = try shares.bars(of: Self.markets[number], in: file, options: options)
            #expect(bars?.sayTheSame(as: expected) == true, "M\(number)")
        }
        // 0–3, 4–7, 8–9.
        #expect(shares.passes == 3)
        // Read otherwise it is another share.
        var adjusted = Self.options
        adjusted.onBadRow = .skip
        #expect(try shares.bars(of: "M9", in: file, options: adjusted)?.count == 12)
        #expect(shares.passes == 4)
        #expect(try shares.bars(of: "NONE", in: file, options: Self.options) == nil)
    }

    @Test("a file of one series has no shares; one that was written anew has others")
    func others() throws {
        let directory = try TemporaryDirectory()
        let shares = TableShares()
        let single = try directory.write(Array("date,close\n2018-01-02,1\n".utf8), as: "one.csv")
        let one = try OpenFile(path: single)
        #expect(try shares.bars(of: "M1", in: one, options: Self.options) == nil)
        let path = try directory.write(Self.wide())
        let before = try OpenFile(path: path)
        #expect(try shares.bars(of: "M1", in: before, options: Self.options)?.first?.close == 1_001)
        let after = try OpenFile(path: try directory.write(Self.wide(10_000)))
        #expect(try shares.bars(of: "M1", in: after, options: Self.options)?.first?.close == 11_001)
    }
}
