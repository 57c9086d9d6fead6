import Foundation
import Market
import Testing

@testable import MarketFeeds

@Suite("Universes")
struct UniverseTests {
    private static let single = Array("date,close\n2015-01-02,1\n2015-01-05,2\n".utf8)

    private func names(_ universe: Universe) -> [String] { universe.members.map(\.market.text) }

    @Test("a wide table has a market a column, a long one a market a ticker")
    func tables() throws {
        let folder = try TemporaryDirectory()
        let wide = try folder.write(Array("date,B,A\n2015-01-02,1,2\n".utf8), as: "wide.csv")
        #expect(names(try Universe(wide)) == ["B", "A"])
        let rows = "date,ticker,close\n2015-01-02,X,1\n2015-01-02,Y,2\n"
        let long = try folder.write(Array(rows.utf8), as: "long.csv")
        #expect(names(try Universe(long)) == ["X", "Y"])
    }

    @Test("files are named after their markets and come in the order of their names")
    func pattern() throws {
        let folder = try TemporaryDirectory()
        for name in ["SPX.csv", "AAPL.CSV", "BRK.B.txt"] {
            _ = try folder.write(Self.single, as: name)
        }
        let pattern = folder.url.path(percentEncoded: false) + "/*"
        #expect(names(try Universe(pattern)) == ["AAPL", "BRK.B", "SPX"])
        #expect(Universe.stem(of: "data/^GSPC.csv.gz") == "^GSPC")
    }

    @Test("a list gives markets their files, beside itself, and their calendars")
    func list() throws {
        let folder = try TemporaryDirectory()
        let btc = try folder.write(Self.single, as: "coin.csv")
        let text = "market,file,calendar\nBTC,coin.csv,24x7\nSPX,\(btc),\n"
        let list = try folder.write(Array(text.utf8), as: "list.csv")
        let members = try Universe(list).members
        #expect(members.map(\.market.text) == ["BTC", "SPX"])
        #expect(members.map(\.calendar) == [.continuous, nil])
        #expect(members.allSatisfy { $0.path.hasSuffix("/coin.csv") })
    }

    @Test("what is no universe says why")
    func errors() throws {
        let folder = try TemporaryDirectory()
        let home = folder.url.path(percentEncoded: false) + "/"
        #expect(throws: UniverseError.nothingMatches(home + "*.csv")) {
            try Universe(home + "*.csv")
        }
        let odd = try folder.write(Self.single, as: "no name.csv")
        #expect(throws: UniverseError.notAName("no name", path: odd)) { try Universe(odd) }
        let lists: [(rows: String, line: Int, problem: String)] = [
            ("A,coin.csv,lunar\n", 2, "lunar"), ("A,,\n", 2, "no file"), ("A\n", 2, "1 fields"),
        ]
        for (rows, line, problem) in lists {
            let list = try folder.write(
                Array(("market,file,calendar\n" + rows).utf8), as: "list.csv")
            let error = try #require(throws: UniverseError.self) { try Universe(list) }
            #expect("\(error)".hasPrefix("\(list):\(line): "))
            #expect("\(error)".contains(problem))
        }
    }

    @Test("what is no market leaves the others be")
    func oddOnes() throws {
        let folder = try TemporaryDirectory()
        let home = folder.url.path(percentEncoded: false)
        _ = try folder.write(Self.single, as: "A.csv")
        _ = try folder.write([], as: "EMPTY.csv")
        _ = try folder.write(Self.single, as: "no name.csv")
        #expect(mkfifo(home + "/PIPE.csv", 0o600) == 0)
        let universe = try Universe(home + "/*.csv")
        #expect(names(universe) == ["A", "EMPTY", "PIPE"])
        #expect(universe.problems == [.notAName("no name", path: home + "/no name.csv")])
        let wide = try folder.write(Array("date,BRK/B,AAPL\n2015-01-02,1,2\n".utf8), as: "w.txt")
        let table = try Universe(wide)
        #expect(names(table) == ["AAPL"])
        #expect(table.problems == [.notAName("BRK/B", path: wide)])
        var digest = SourceDigest("")
        #expect(throws: CSVError.self) { try digest.add(file: home + "/PIPE.csv") }
        #expect(throws: CSVError.self) { try Universe(home + "/PIPE.csv") }
    }

    @Test("a market has one source")
    func twice() throws {
        let folder = try TemporaryDirectory()
        let one = try folder.write(Self.single, as: "SPX.csv")
        let other = try folder.write(Self.single, as: "SPX.txt")
        let name = try #require(MarketName("SPX"))
        #expect(throws: UniverseError.twice(name, one, other)) {
            try Universe(folder.url.path(percentEncoded: false) + "/SPX.*")
        }
    }

    @Test("a digest names bars and reading, and nothing else")
    func digest() throws {
        let folder = try TemporaryDirectory()
        let bars = try read(Self.single).bars
        func digest(_ reading: String, _ bars: [Bar]) -> String {
            var digest = SourceDigest(reading)
            digest.add(bars)
            return digest.text
        }
        #expect(digest("a", bars) == digest("a", bars))
        #expect(digest("a", bars) != digest("b", bars))
        var other = bars
        other[1].close = other[1].close.nextUp
        #expect(digest("a", bars) != digest("a", other))
        other = bars
        other[1].volume = -.nan
        #expect(digest("a", bars) == digest("a", other))
        var (one, two) = (SourceDigest(""), SourceDigest(""))
        try one.add(file: try folder.write(Self.single, as: "one.csv"))
        try two.add(file: try folder.write(Self.single, as: "two.csv"))
        #expect(one.text == two.text)
        #expect(one.text.count == 64)
    }
}
