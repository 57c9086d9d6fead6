package import Market
package import Ports

/// Which of a feed's prices are wanted.
package enum FeedPrice: String, Sendable, CaseIterable {
    /// As they were traded.
    case close
    /// Adjusted for splits and, where the feed tells them, dividends.
    case adjusted
}

/// A feed's bars with one kind of prices throughout.
package struct PricedBars: Sendable {
    /// Where adjusted prices come from.
    package enum Origin: String, Sendable {
        case asTraded = "as traded"
        case vendor = "adjusted by the vendor"
        case factors = "adjusted by the splits and dividends that the vendor tells"
        case splits = "adjusted by the splits that the vendor tells, not for dividends"
    }

    package let bars: [Bar]
    package let origin: Origin

    /// - Parameters:
    ///   - price: `nil`: adjusted where the feed can tell, else as traded.
    ///   - splits: what becomes of prices as traded over a split that the feed tells of.
    /// - Throws: `FeedPriceError`; what cannot be had is never made up.
    package init(
        _ answer: [FeedBar], _ price: FeedPrice?, offer: FeedOffer, splits: SplitPolicy,
        market: MarketName
    ) throws(FeedPriceError) {
        switch price {
        case .close:
            guard offer.prices == .asTraded else { throw .onlyAdjusted }
            try PricedBars.refuseSplits(in: answer, of: market, splits)
            self.init(bars: answer.map(\.bar), origin: .asTraded)
        case .adjusted:
            guard let adjusted = PricedBars.adjusted(answer, offer) else { throw .notAdjustable }
            self = adjusted
        case nil:
            if let adjusted = PricedBars.adjusted(answer, offer) {
                self = adjusted
            } else {
                try PricedBars.refuseSplits(in: answer, of: market, splits)
                self.init(bars: answer.map(\.bar), origin: .asTraded)
            }
        }
    }

    private init(bars: [Bar], origin: Origin) {
        self.bars = bars
        self.origin = origin
    }

    private static func refuseSplits(
        in answer: [FeedBar], of market: MarketName, _ policy: SplitPolicy
    ) throws(FeedPriceError) {
        // What happened at the first bar's open concerns what came before.
        for bar in answer.dropFirst() {
            if let factor = bar.splitFactor, factor != 1,
                !policy.takes(market, at: bar.bar.timestamp)
            {
                throw .split(market, bar.bar.timestamp, factor: factor)
            }
        }
    }

    private static func adjusted(_ answer: [FeedBar], _ offer: FeedOffer) -> PricedBars? {
        if offer.prices == .adjusted {
            return PricedBars(bars: answer.map(\.bar), origin: .vendor)
        }
        if answer.allSatisfy({ $0.adjustedClose != nil || $0.bar.close.isNaN }) {
            return PricedBars(bars: answer.map(byAdjustedClose), origin: .vendor)
        }
        guard answer.allSatisfy({ $0.splitFactor != nil }) else { return nil }
        let areDividendsKnown = answer.allSatisfy { $0.dividend != nil }
        return PricedBars(
            bars: byFactors(answer), origin: areDividendsKnown ? .factors : .splits)
    }

    /// The same arithmetic as of a CSV file's adjusted closes.
    private static func byAdjustedClose(_ told: FeedBar) -> Bar {
        guard let adjusted = told.adjustedClose, !told.bar.close.isNaN else { return told.bar }
        var bar = told.bar
        let ratio = adjusted / bar.close
        bar.open *= ratio
        bar.high *= ratio
        bar.low *= ratio
        bar.close = adjusted
        return bar
    }

    /// Every bar is put on the footing of the last one. A dividend of D at an ex-date takes
    /// 1 − D ÷ (the close before, on the ex-date's footing of shares) off what lies before.
    private static func byFactors(_ answer: [FeedBar]) -> [Bar] {
        var bars = answer.map(\.bar)
        var factor = 1.0
        for index in answer.indices.reversed() {
            bars[index].open *= factor
            bars[index].high *= factor
            bars[index].low *= factor
            bars[index].close *= factor
            guard index > answer.startIndex else { break }
            let split = answer[index].splitFactor ?? 1
            factor /= split
            let before = answer[index - 1].bar.close / split
            if let dividend = answer[index].dividend, dividend > 0, dividend < before {
                factor *= 1 - dividend / before
            }
        }
        return bars
    }
}

/// Why a feed's prices cannot be had as they were asked for.
package enum FeedPriceError: Error, Equatable, Sendable {
    case onlyAdjusted
    case notAdjustable
    case split(MarketName, Timestamp, factor: Double)
}

extension FeedPriceError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .onlyAdjusted:
            "the feed has adjusted prices alone: --price adjusted"
        case .notAdjustable:
            "the feed tells neither adjusted closes nor splits of every bar: --price close, or "
                + "another feed"
        case .split(let market, let timestamp, let factor):
            "the feed tells of a split at \(timestamp), \(factor) shares for one: classified as "
                + "traded, it would be a crash that never was. Take --price adjusted, or a range "
                + "without it; or --accept-split \(AcceptedSplit(market, at: timestamp))"
        }
    }
}
