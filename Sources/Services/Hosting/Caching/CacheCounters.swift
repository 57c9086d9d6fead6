import Metrics

/// What became of a cache's questions, by tier.
struct CacheCounters: Sendable {
    enum Tier: String, CaseIterable {
        /// This process's own memory, the shared cache, and what the cache stands before.
        case process, shared, store
    }

    enum Outcome: String, CaseIterable {
        case hit, miss, error
    }

    /// By tier, then by outcome.
    private let counters: [Counter]

    init(cache: String) {
        counters = Tier.allCases.flatMap { tier in
            Outcome.allCases.map { outcome in
                Counter(
                    label: "cache_requests_total",
                    dimensions: [
                        ("cache", cache), ("tier", tier.rawValue), ("result", outcome.rawValue),
                    ])
            }
        }
    }

    func count(_ tier: Tier, _ outcome: Outcome) {
        let row = Tier.allCases.firstIndex(of: tier) ?? 0
        let column = Outcome.allCases.firstIndex(of: outcome) ?? 0
        counters[row * Outcome.allCases.count + column].increment()
    }
}
