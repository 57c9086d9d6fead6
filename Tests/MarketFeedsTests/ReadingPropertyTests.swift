import Foundation
import Market
import TestSupport
import Testing

@testable import MarketFeeds

@Suite("Property: any dialect, any block size, the same bars")
struct ReadingPropertyTests {
    /// Random bars on successive days of a year range, some values missing.
    private func randomSeries(
        _ generator: inout SplitMix64, calendar: SessionCalendar
    ) -> (bars: [Bar], days: [CivilDate]) {
        var bars: [Bar] = []
        var days: [CivilDate] = []
        var day = CivilDate(daysSinceEpoch: 5000 + Int(generator.next() % 10_000))
        for _ in 0..<(1 + generator.next() % 60) {
            repeat {
                day = day.advanced(byDays: 1 + Int(generator.next() % 4))
            } while calendar.session(on: day) == nil
            let low = 1e-3 + 1e4 * generator.unit() * generator.unit()
            let high = low * (1 + generator.unit())
            func between() -> Double { min(high, max(low, low + (high - low) * generator.unit())) }
            func orMissing(_ value: Double) -> Double { generator.next() % 8 == 0 ? .nan : value }
            bars.append(
                Bar(
                    timestamp: calendar.close(on: day), open: orMissing(between()),
                    high: orMissing(high), low: orMissing(low), close: orMissing(between()),
                    volume: orMissing((1e9 * generator.unit()).rounded())))
            days.append(day)
        }
        return (bars, days)
    }

    @Test(arguments: Sweep.seeds(200))
    func anyDialectReadsBackEqual(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let (bars, days) = randomSeries(&generator, calendar: .nyse)
        var dialect = Dialect.random(using: &generator)
        // Unix midnights of one year have as many digits; the others may not cross 2001-09-09.
        if dialect.dates == .unixSeconds || dialect.dates == .unixMilliseconds {
            dialect.dates = (days.first?.year ?? 0) > 2001 ? dialect.dates : .iso
        }
        let (found, report) = try read(dialect.write(bars, days: days))
        #expect(found.sayTheSame(as: bars), "seed \(seed): \(dialect)")
        #expect(report.newestFirst == (dialect.isNewestFirst && bars.count > 1))
        #expect(report.warnings.allSatisfy { $0.kind == .noFinalNewline })
    }

    @Test(arguments: Sweep.seeds(40))
    func anyBlockSizeReadsTheSame(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed + 1000)
        let (bars, days) = randomSeries(&generator, calendar: .nyse)
        let bytes = Dialect.random(using: &generator).write(bars, days: days)
        let whole = try? read(bytes, blockBytes: 1 << 20)
        for size in [1, 2, 3, 7, 64, 1 + Int(generator.next() % 500)] {
            let parts = try? read(bytes, blockBytes: size)
            #expect((whole == nil) == (parts == nil), "seed \(seed), blocks of \(size)")
            #expect(parts?.bars.sayTheSame(as: whole?.bars ?? []) ?? true)
            #expect(parts?.report.warnings == whole?.report.warnings)
        }
    }

    @Test func aFixtureReadsTheSameInAnyBlocksAndChunks() throws {
        let input = try CSVInput(path: Fixture.path("spx_daily_1999_2018.csv"))
        let whole = try CSVBarReader(input, CSVReadOptions(), blockBytes: 1 << 22).readAll()
        for size in [13, 4096, 65_537] {
            let reader = try CSVBarReader(input, CSVReadOptions(), blockBytes: size)
            var bars: [Bar] = []
            while true {
                let chunk = try reader.nextChunk(limit: size % 100)
                guard !chunk.isEmpty else { break }
                #expect(chunk.count <= size % 100)
                bars += chunk
            }
            #expect(bars.sayTheSame(as: (0..<whole.count).map { whole[$0] }))
        }
    }

    @Test(arguments: Sweep.seeds(20))
    func shuffledRowsReadLikeSortedOnes(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed + 2000)
        let (bars, days) = randomSeries(&generator, calendar: .continuous)
        let order = Array(bars.indices).shuffled(using: &generator)
        let bytes = Dialect().write(order.map { bars[$0] }, days: order.map { days[$0] })
        let found = try read(bytes, CSVReadOptions(calendar: .continuous)).bars
        #expect(found.sayTheSame(as: bars))
    }

    /// Whatever the bytes, reading ends with bars or with an error that names the file.
    @Test(arguments: Sweep.seeds(300))
    func randomBytesNeverCrash(seed: UInt64) {
        var generator = SplitMix64(seed: seed + 3000)
        let alphabet = Array("date,close\n\r\";\t0123456789-/: TZAPMe+.NaN\u{feff}".utf8)
        let head = ["", "date,close\n", "Date;Time;Close\r\n", "ticker,date,open,close\n"]
        var bytes = Array((head.randomElement(using: &generator) ?? "").utf8)
        for _ in 0..<(generator.next() % 400) {
            bytes.append(
                generator.next() % 20 == 0
                    ? UInt8(truncatingIfNeeded: generator.next())
                    : alphabet[Int(generator.next() % UInt64(alphabet.count))])
        }
        if generator.next() % 4 == 0 { bytes = storedGzip(bytes) }
        expectOrderlyEnd(bytes, &generator)
    }

    /// Real files with a few bytes changed, cut out or doubled.
    @Test(arguments: Sweep.seeds(200))
    func damagedFixturesNeverCrash(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed + 4000)
        let name = try #require(
            [
                "spx_daily_1999_2018.csv", "vix_daily_2014_2019.csv",
                "spx_padded_weekends_2015_2020.csv",
                "us_equities_5_ohlcv_unadjusted_2000_2013.csv.gz",
            ].randomElement(using: &generator))
        var bytes = try Fixture.bytes(name)
        if !name.hasSuffix(".gz") { bytes = Array(bytes.prefix(6000)) }
        for _ in 0...(generator.next() % 4) {
            let at = Int(generator.next() % UInt64(bytes.count))
            let end = min(bytes.count, at + Int(generator.next() % 50))
            switch generator.next() % 3 {
            case 0: bytes[at] = UInt8(truncatingIfNeeded: generator.next())
            case 1: bytes.removeSubrange(at..<end)
            default: bytes.insert(contentsOf: bytes[at..<end], at: at)
            }
        }
        expectOrderlyEnd(bytes, &generator)
    }

    private func expectOrderlyEnd(_ bytes: [UInt8], _ generator: inout SplitMix64) {
        let options = CSVReadOptions(
            timeframe: [.daily, .hourly, .minutely].randomElement(using: &generator) ?? .daily,
            calendar: SessionCalendar.allCases.randomElement(using: &generator) ?? .nyse,
            price: PriceColumn.allCases.randomElement(using: &generator) ?? .close,
            stamp: BarStamp.allCases.randomElement(using: &generator) ?? .close,
            onBadRow: BadRowPolicy.allCases.randomElement(using: &generator) ?? .fail,
            market: "AAPL")
        do {
            let bars = try read(bytes, options).bars
            #expect(bars.allSatisfy { $0.fault == nil })
        } catch let error as CSVError {
            #expect("\(error)".hasPrefix("bars.csv"))
        } catch {
            Issue.record("not an error of this reader: \(error)")
        }
    }

    /// The parser's fast path against the standard library, digit by digit.
    @Test(arguments: Sweep.seeds(20))
    func numbersAreCorrectlyRounded(seed: UInt64) {
        var generator = SplitMix64(seed: seed + 5000)
        for _ in 0..<2000 {
            let digits = (0..<(1 + generator.next() % 22)).map { _ in "\(generator.next() % 10)" }
            let point = Int(generator.next() % UInt64(digits.count + 1))
            var text = digits[..<point].joined() + "." + digits[point...].joined()
            if generator.next() % 3 == 0 { text += "e\(Int(generator.next() % 80) - 40)" }
            if generator.next() % 5 == 0 { text = "-" + text }
            let bytes = Array(text.utf8)
            let parsed = NumberParser.parse(bytes.span, bytes.indices, commaIsThousands: false)
            guard case .value(let value) = parsed else {
                Issue.record("\(text) was not read")
                continue
            }
            #expect(value.bitPattern == Double(text)?.bitPattern, "\(text)")
        }
    }
}
