import Market
import MarketRegime
import Ports
import TestSupport
import Testing

@Suite("A feed's prices are of one kind, as asked for")
struct FeedPriceTests {
    /// Three for one at day 2, a dividend of 1 at day 3.
    private static func answer(
        adjusted: [Double]? = nil, splits: Bool = false, dividends: Bool = false
    ) -> [FeedBar] {
        [300.0, 303, 102, 100, 101].enumerated().map { number, close in
            FeedBar(
                bar: Bar(
                    timestamp: Samples.day(number), open: close, high: close * 2, low: close / 2,
                    close: close, volume: 10),
                adjustedClose: adjusted?[number],
                splitFactor: splits ? (number == 2 ? 3 : 1) : nil,
                dividend: dividends ? (number == 3 ? 1 : 0) : nil)
        }
    }

    private static func offer(_ prices: FeedOffer.Prices = .asTraded) -> FeedOffer {
        FeedOffer(timeframes: [.daily], calendars: [.nyse], prices: prices)
    }

    private func priced(
        _ answer: [FeedBar], _ price: FeedPrice?, _ prices: FeedOffer.Prices = .asTraded,
        _ splits: SplitPolicy = .refuse
    ) throws -> PricedBars {
        try PricedBars(
            answer, price, offer: Self.offer(prices), splits: splits, market: World.series.market)
    }

    @Test("adjusted closes are taken where the vendor has them; other prices are scaled with them")
    func vendor() throws {
        let closes = [99.0, 99.99, 100.98, 100, 101]
        for price in [FeedPrice.adjusted, nil] {
            let priced = try priced(Self.answer(adjusted: closes), price)
            #expect(priced.origin == .vendor)
            #expect(priced.bars.map(\.close) == closes)
            #expect(priced.bars[0].high == 600 * (99.0 / 300))
            #expect(priced.bars[0].volume == 10)
        }
        let already = try priced(Self.answer(), nil, .adjusted)
        #expect(already.origin == .vendor)
        #expect(already.bars.map(\.close) == Self.answer().map(\.bar.close))
    }

    @Test("splits and dividends that the vendor tells adjust what lies before them")
    func factors() throws {
        let splits = try priced(Self.answer(splits: true), .adjusted)
        #expect(splits.origin == .splits)
        #expect(splits.bars.map(\.close) == [100, 101, 102, 100, 101])
        let both = try priced(Self.answer(splits: true, dividends: true), .adjusted)
        #expect(both.origin == .factors)
        let factor = 1 - 1 / 102.0
        #expect(
            both.bars.map(\.close) == [
                300 * (factor / 3), 303 * (factor / 3), 102 * factor, 100, 101,
            ])
    }

    @Test("what cannot be had is refused, never made up")
    func refused() throws {
        let unknown = #expect(throws: FeedPriceError.self) { try priced(Self.answer(), .adjusted) }
        #expect(unknown == .notAdjustable)
        let adjustedAlone = #expect(throws: FeedPriceError.self) {
            try priced(Self.answer(), .close, .adjusted)
        }
        #expect(adjustedAlone == .onlyAdjusted)
        let told = #expect(throws: FeedPriceError.self) {
            try priced(Self.answer(splits: true), .close)
        }
        #expect(told == .split(World.series.market, Samples.day(2), factor: 3))
        #expect(told?.description.contains("--price adjusted") == true)
        let accepted = try priced(Self.answer(splits: true), .close, .asTraded, .accept)
        #expect(accepted.origin == .asTraded)
        #expect(accepted.bars.map(\.close) == [300, 303, 102, 100, 101])
    }

    @Test("a split at the first bar concerns what came before; nothing told is as traded")
    func edges() throws {
        let after = Array(Self.answer(splits: true)[2...])
        #expect(try priced(after, .close).origin == .asTraded)
        #expect(try priced(Self.answer(), nil).origin == .asTraded)
        var gap = Self.answer(adjusted: [99.0, 99.99, 100.98, 100, 101])
        gap[1].bar.close = .nan
        gap[1].adjustedClose = nil
        #expect(try priced(gap, .adjusted).bars[1].close.isNaN)
    }
}
