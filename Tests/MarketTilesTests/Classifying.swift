import Market
import MarketTiles
import RegimeModels
import Synchronization

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
        precondition(step?.rawRegime == answers.rawRegime(market: market, bar: bar))
        self.init(
            answers.observation(market: market, bar: bar), step,
            answers.publishedRegime(market: market, bar: bar),
            answers.publishedRegimeBefore(market: market, bar: bar))
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
