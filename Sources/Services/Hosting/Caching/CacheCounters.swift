import Metrics

/// What became of a cache's questions, by tier.
struct CacheCounters: Sendable {
    enum Tier: Int, CaseIterable {
        /// This process's own memory, the shared cache, and what the cache stands before.
        case process, shared, store
    }

    enum Outcome: Int, CaseIterable {
        case hit, miss, error
    }

    private static let outcomes = Outcome.allCases.count
    /// By tier, then by outcome.
    private let counters: [Counter]

    init(cache: String) {
        counters = Tier.allCases.flatMap { tier in
            Outcome.allCases.map { outcome in
                Counter(
                    label: "cache_requests_total",
                    dimensions: [
                        ("cache", cache), ("tier", "\(tier)"), ("result", "\(outcome)"),
                    ])
            }
        }
    }

    func count(_ tier: Tier, _ outcome: Outcome) {
        counters[tier.rawValue * Self.outcomes + outcome.rawValue].increment()
    }
}
