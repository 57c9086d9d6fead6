import Market
import TestSupport
import Testing

@testable import MarketFeeds

/// Spoilt tables give a typed error or bars in order, never a crash; and the size of the blocks
/// that they are read in changes neither the bars nor whether there is an error.
@Suite("Property: spoilt tables")
struct MutationTests {
    static let tokens = [
        ",", "\"", "\n", "\r\n", "\r", ";", "\t", "\u{0}", "\u{FEFF}", "nan", "inf", "-inf",
        "1e999",
        "-1", "0", "1e308", "5e-324", "99999999999999999999", "2008-02-30", "2008-03-09T02:30:00",
        "1/2/2008", "0001-01-01", "9999-12-31", "2262-04-12", "24:00", "+99:99", "Z",
        "\u{1F}\u{8B}",
        "date,close", "close", "日本", "\"\"", "   ",
    ]

    static let seeds: [[UInt8]] = {
        let daily =
            "date,open,high,low,close,volume\n2008-01-02,1,2,0.5,1.5,10\n"
            + "2008-01-03,1.5,2,1,1.75,20\n2008-01-04,1.75,2,1.5,1.6,30\n"
        let long =
            "Date,Ticker,Close,Adj Close\n2008-01-02,A,1,0.5\n2008-01-02,B,2,2\n"
            + "2008-01-03,A,1.1,0.55\n2008-01-03,B,2.1,2.1\n"
        let wide = "Date,SPY,QQQ\n2008-01-02,100,50\n2008-01-03,101,\n2008-01-04,102,52\n"
        let minute = "time,close\n2013-09-02T09:31:00-04:00,1\n2013-09-02T09:32:00-04:00,\"2\"\n"
        let epochs = "timestamp;close\n1199307600;1,5\n1199394000;1,6\n1199480400;1,7\n"
        let newest = "Date,Close\r\n01/04/2008,3\r\n01/03/2008,2\r\n01/02/2008,1"
        return [daily, long, wide, minute, epochs, newest].map { Array($0.utf8) }
    }()

    /// One to five edits: a bit flipped, bytes cut out, doubled, moved or replaced by a token.
    static func spoil(_ bytes: [UInt8], _ generator: inout SplitMix64) -> [UInt8] {
        var bytes = bytes
        for _ in 0...Int(generator.unit() * 5) where !bytes.isEmpty {
            let start = Int(generator.unit() * Double(bytes.count))
            let end = min(start + 1 + Int(generator.unit() * 30), bytes.count)
            let token = tokens[Int(generator.unit() * Double(tokens.count))]
            switch Int(generator.unit() * 7) {
            case 0: bytes[start] ^= 1 << UInt8(generator.unit() * 8)
            case 1: bytes.removeSubrange(start..<end)
            case 2: bytes.insert(contentsOf: bytes[start..<end], at: start)
            case 3: bytes.replaceSubrange(start..<end, with: token.utf8)
            case 4: bytes.insert(contentsOf: token.utf8, at: start)
            case 5: bytes += bytes[start..<end]
            default: bytes.removeSubrange(start...)
            }
        }
        return bytes
    }

    static func options(_ generator: inout SplitMix64) -> CSVReadOptions {
        var options = CSVReadOptions()
        options.onBadRow = generator.unit() < 0.5 ? .skip : .fail
        options.calendar = generator.unit() < 0.5 ? .nyse : .none
        options.stamp = generator.unit() < 0.5 ? .open : .close
        if generator.unit() < 0.2 { options.price = .adjusted }
        let markets = [nil, nil, "A", "SPY", "qqq", ""]
        options.market = markets[Int(generator.unit() * Double(markets.count))]
        return options
    }

    /// What reading comes to, in a form that compares.
    private func outcome(
        _ bytes: [UInt8], _ options: CSVReadOptions, blockBytes: Int
    ) throws -> (bars: [Bar], error: CSVError?) {
        do {
            return (try read(bytes, options, blockBytes: blockBytes).bars, nil)
        } catch let error as CSVError {
            #expect(error.description.hasPrefix("bars.csv"))
            return ([], error)
        }
    }

    @Test(arguments: MutationTests.seeds.indices, Sweep.seeds(5))
    func aSpoiltTableGivesBarsOrATypedError(table: Int, seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        var readable = 0
        for number in 0..<120 {
            let bytes = Self.spoil(Self.seeds[table], &generator)
            let options = Self.options(&generator)
            let whole = try outcome(bytes, options, blockBytes: 1 << 18)
            let pieces = try outcome(bytes, options, blockBytes: 1 + Int(generator.unit() * 20))
            let place: Comment = "table \(table), seed \(seed), number \(number)"
            #expect((whole.error == nil) == (pieces.error == nil), place)
            // Of several faults, the one that is come upon first is told.
            if whole.error?.problem != .binary { #expect(whole.error == pieces.error, place) }
            #expect(whole.bars.sayTheSame(as: pieces.bars))
            readable += whole.bars.isEmpty ? 0 : 1
            for bar in whole.bars { #expect(bar.close.isFinite || bar.close.isNaN) }
            _ = try? CSVInspection.inspect(.memory(bytes: bytes, name: "bars.csv"))
        }
        #expect(readable < 120)
    }

    @Test(arguments: Sweep.seeds(20))
    func aSpoiltGzipFileGivesBarsOrATypedError(seed: UInt64) throws {
        let packed = try Fixture.bytes("us_equities_20_close_1990_2022.csv.gz")
        var generator = SplitMix64(seed: seed)
        var bytes = Array(packed.prefix(2_000))
        bytes = Self.spoil(bytes, &generator)
        let result = try outcome(bytes, Self.options(&generator), blockBytes: 1 << 18)
        #expect(result.error != nil)
    }
}
