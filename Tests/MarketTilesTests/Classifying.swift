import Market
import MarketTiles
import RegimeModels
import Synchronization
import Testing

/// Everything a classifier says, market by market.
func answers(
    _ classifier: FixedModelClassifier, _ chunks: [[BarColumns]], threads: Int = 1
) -> [[AnswerBits]] {
    let found = Mutex([[AnswerBits]](repeating: [], count: classifier.adoptions.count))
    for chunk in chunks {
        classifier.advance(chunk, threads: threads) { answers in
            for market in answers.counts.indices {
                let bits = (0..<answers.counts[market]).map { bar in
                    AnswerBits(answers, market, bar)
                }
                found.withLock { $0[answers.markets.lowerBound + market] += bits }
            }
        }
    }
    return found.withLock { $0 }
}

extension AnswerBits {
    init(_ answers: TileAnswers, _ market: Int, _ bar: Int) {
        let step = answers.step(market: market, bar: bar)
        let observation = answers.observation(market: market, bar: bar)
        let published = answers.publishedRegime(market: market, bar: bar)
        let before = answers.publishedRegimeBefore(market: market, bar: bar)
        self.init(observation, step, published, before)
        #expect(step?.rawRegime == answers.rawRegime(market: market, bar: bar))
        #expect(answers.isChange(market: market, bar: bar) == (published != before))
        // Copying a filter is not free.
        guard step != nil, bar % 7 == 0 else { return }
        var filter = answers.filter(before: bar, market: market)
        let again = filter.advance(with: observation)
        #expect(AnswerBits(observation, again, published, before) == self)
    }
}

/// Columns in chunks of each market's own lengths.
func chunked(
    _ markets: [BarColumns], _ length: (_ market: Int, _ chunk: Int) -> Int
) -> [[BarColumns]] {
    var taken = [Int](repeating: 0, count: markets.count)
    var chunks: [[BarColumns]] = []
    while zip(taken, markets).contains(where: { $0 < $1.count }) {
        chunks.append(
            markets.indices.map { market in
                let first = taken[market]
                let end = min(first + length(market, chunks.count), markets[market].count)
                taken[market] = end
                return BarColumns((first..<end).map { markets[market][$0] })
            })
    }
    return chunks
}
