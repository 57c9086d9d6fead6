import Contracts
import Market
import Ports
import Testing

@Suite("Keys of the cache")
struct CacheKeyTests {
    private func series(_ market: String, _ timeframe: Timeframe = .daily) throws -> Series {
        Series(market: try #require(MarketName(market)), timeframe: timeframe)
    }

    @Test func keysAreTheContracts() throws {
        let standard = try series("SPX")
        func key(_ series: Series) -> String {
            CacheKeys.currentRegime(of: series, standard: standard).name
        }
        #expect(key(standard) == "market:regime:current")
        #expect(key(try series("SPX", .hourly)) == "market:regime:current:SPX:1h")
        #expect(key(try series("BTC-USD")) == "market:regime:current:BTC-USD:1d")
        #expect(try CacheKeys.sectorStrategies("energy").name == "sector:strategies:energy")
        let advised = try CacheKeys.sectorStrategies("energy", advisedBy: "anthropic/m").name
        #expect(advised.hasPrefix("sector:strategies:energy:") && !advised.contains("/"))
        #expect(try CacheKeys.portfolio(ofUser: "ann@x").name == "user:ann@x:portfolio")
    }

    @Test func lifetimesAreTheContracts() {
        #expect(CacheKeys.regimeLifetime == .seconds(21_600))
        #expect(CacheKeys.sectorLifetime == .seconds(21_600))
        #expect(CacheKeys.portfolioLifetime == .seconds(3_600))
        #expect(CacheKeys.otherLifetime == .seconds(3_600))
    }

    @Test(arguments: [
        "", "a:b", "a b", "a\r\nb", "a\0", "ünï", "a*", "a#version", "a/b", "{a}",
        String(repeating: "a", count: CacheKeys.partLimit + 1),
    ])
    func whatDoesNotBelongIntoAKeyIsRefusedAndNotRepeated(part: String) {
        let sector = #expect(throws: CacheKeyError.self) {
            try CacheKeys.sectorStrategies(part)
        }
        #expect(sector?.part == "sector")
        let user = #expect(throws: CacheKeyError.self) { try CacheKeys.portfolio(ofUser: part) }
        #expect(user?.part == "user_id")
        #expect(part.count < 3 || user?.description.contains(part) == false)
    }

    @Test func aPartHasAGreatestLength() throws {
        let part = String(repeating: "a", count: CacheKeys.partLimit)
        #expect(try CacheKeys.sectorStrategies(part).name.hasSuffix(part))
    }
}
