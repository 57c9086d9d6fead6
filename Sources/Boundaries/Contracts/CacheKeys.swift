package import Market
package import Ports
import Regimes

/// A part of a cache key that a user supplied and that does not belong into one.
package struct CacheKeyError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What it was to be: `sector`, `user_id`.
    package let part: String
    package let reason: String

    /// Repeats nothing of what was supplied.
    package var description: String { "\(part): \(reason)" }
}

/// The keys of the cache and how long their values live (contracts, section 4).
package enum CacheKeys {
    package static let regimeLifetime = Duration.seconds(21_600)
    package static let sectorLifetime = Duration.seconds(21_600)
    package static let portfolioLifetime = Duration.seconds(3_600)
    package static let otherLifetime = Duration.seconds(3_600)
    /// Of the knowledge that there is nothing.
    package static let absentLifetime = Duration.seconds(300)
    /// Of a fallback, at the most.
    package static let fallbackLifetime = Duration.seconds(300)

    /// Bytes of a part that a user supplied: those of any user's name.
    package static let partLimit = IdentifierRule.lengthLimit

    /// The current regime of a series.
    ///
    /// - Parameter standard: the series that is meant when none is asked for; its key is the short
    ///   one however it is asked for.
    package static func currentRegime(of series: Series, standard: Series) -> CacheKey {
        guard series != standard else { return CacheKey("market:regime:current") }
        return CacheKey("market:regime:current:\(series.market):\(series.timeframe)")
    }

    /// - Parameter adviser: who is asked what it thinks of strategies; `nil`: nobody.
    package static func sectorStrategies(
        _ sector: String, advisedBy adviser: String? = nil
    ) throws(CacheKeyError) -> CacheKey {
        let own = "sector:strategies:\(try checked(sector, "sector"))"
        return CacheKey(own + (adviser.map { ":\(EventID(hashing: $0))" } ?? ""))
    }

    /// What was asked, in few bytes: of 5,000 symbols too.
    package static func strategy(
        _ question: StrategyQuestion, advisedBy adviser: String? = nil
    ) throws -> CacheKey {
        let asked = try WireJSON.text(question.request) + (adviser ?? "")
        return CacheKey("strategy:\(EventID(hashing: asked))")
    }

    package static func portfolio(ofUser user: String) throws(CacheKeyError) -> CacheKey {
        CacheKey("user:\(try checked(user, "user_id")):portfolio")
    }

    /// Letters, digits and what identifiers and addresses are made of; nothing that divides keys,
    /// ends a line or is a pattern to Redis.
    private static func checked(
        _ text: String, _ part: String
    ) throws(CacheKeyError) -> String {
        guard !text.isEmpty, text.utf8.count <= partLimit else {
            throw CacheKeyError(part: part, reason: "must have 1 to \(partLimit) bytes")
        }
        guard text.utf8.allSatisfy(allows) else {
            throw CacheKeyError(
                part: part, reason: "may hold letters and digits of ASCII and . _ - @ + & ( )")
        }
        return text
    }

    private static func allows(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: Array("._-@+&()".utf8).contains(byte)
        }
    }
}
