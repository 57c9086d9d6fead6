import Market
import MarketFeeds
import TestSupport
import Testing

@Suite("Bars written as CSV are read back, bit for bit")
struct BarWritingTests {
    private func readBack(
        _ bars: [Bar], _ timeframe: Timeframe, _ calendar: SessionCalendar
    ) throws -> [Bar] {
        let text = CSVBarWriter.text(of: bars, timeframe: timeframe, calendar: calendar)
        return try read(text, CSVReadOptions(timeframe: timeframe, calendar: calendar)).bars
    }

    /// Any prices: of all magnitudes, with all digits, some missing.
    private func prices(at close: Timestamp, _ generator: inout SplitMix64) -> Bar {
        func price(_ missing: Double) -> Double {
            if generator.unit() < missing { return .nan }
            return (1 + generator.unit()) * [1e-9, 0.01, 1, 3e4, 1e18][Int(generator.unit() * 5)]
        }
        var bar = Bar(timestamp: close, close: price(0.02), volume: price(0.3))
        if generator.unit() < 0.5 {
            bar.open = bar.close * (0.9 + 0.2 * generator.unit())
            bar.high = max(bar.open, bar.close) * (1 + generator.unit())
            bar.low = min(bar.open, bar.close) * (1 - 0.9 * generator.unit())
        }
        return bar
    }

    @Test("daily, of every calendar", arguments: Sweep.seeds(3), SessionCalendar.allCases)
    func daily(seed: UInt64, calendar: SessionCalendar) throws {
        var generator = SplitMix64(seed: seed)
        let start = day("1999-11-20")
        let bars = (0..<400).compactMap { number in
            calendar.session(on: start.advanced(byDays: number)).map {
                prices(at: $0.close, &generator)
            }
        }
        #expect(try readBack(bars, .daily, calendar).sayTheSame(as: bars))
    }

    @Test("by the hour and the minute", arguments: Sweep.seeds(3), [Timeframe.hourly, .minutely])
    func intraday(seed: UInt64, timeframe: Timeframe) throws {
        var generator = SplitMix64(seed: seed)
        let start = time("2018-11-02T14:30:00Z")
        for calendar in [SessionCalendar.nyse, .continuous] {
            let bars = (1...300).map { number in
                prices(
                    at: start.advanced(byNanoseconds: Int64(number) * timeframe.nanoseconds),
                    &generator)
            }
            #expect(try readBack(bars, timeframe, calendar).sayTheSame(as: bars))
        }
    }

    @Test("what a daily bar's stamp can say of when it was known, it says")
    func availability() throws {
        let close = SessionCalendar.nyse.close(on: day("2018-12-31"))
        for (later, kept) in [(900, true), (2 * 3_600, true), (6 * 3_600, false)] {
            let bar = Bar(
                timestamp: close, close: 25.42, availableAt: close.advanced(bySeconds: Int64(later))
            )
            let back = try readBack([bar], .daily, .nyse)
            #expect(back[0].timestamp == close)
            #expect((back[0].availableAt == bar.availableAt) == kept)
        }
    }
}
