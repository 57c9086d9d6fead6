package import Ports

/// What is known of a key.
package enum CacheAnswer<Value: Sendable>: Sendable {
    /// The store's value.
    case value(Value, CacheVersion)
    /// The store has none.
    case absent
    /// What is answered while the store cannot be asked; the value itself is marked as such.
    case fallback(Value)

    /// Nothing but the store's values have one.
    package var version: CacheVersion {
        if case .value(_, let version) = self { return version }
        return .none
    }
}

extension CacheAnswer: Equatable where Value: Equatable {}

/// How values of one kind are written: as canonical JSON, the same value always as the same bytes,
/// and none as the four bytes `null`.
package protocol CacheCodec: Sendable {
    associatedtype Value: Sendable

    func encode(_ value: Value) throws -> [UInt8]
    /// - Throws: for whatever `encode` does not write; it counts as a miss.
    func decode(_ bytes: [UInt8]) throws -> Value
}

extension CacheCodec {
    /// An absence.
    static var nothing: [UInt8] { Array("null".utf8) }

    func entry(of answer: CacheAnswer<Value>) throws -> CacheEntry {
        switch answer {
        case .value(let value, let version):
            CacheEntry(value: try encode(value), version: version)
        case .absent: CacheEntry(value: Self.nothing, version: .none)
        case .fallback(let value): CacheEntry(value: try encode(value), version: .none)
        }
    }

    func answer(in entry: CacheEntry) throws -> CacheAnswer<Value> {
        if entry.version != .none { return .value(try decode(entry.value), entry.version) }
        return entry.value == Self.nothing ? .absent : .fallback(try decode(entry.value))
    }
}

/// How long answers live, and how many are kept in the process.
package struct CacheLimits: Sendable {
    /// In the process, at the most.
    package var process = Duration.seconds(5)
    /// Of an absence, in the shared cache.
    package var absent = Duration.seconds(300)
    /// Of a fallback, in the shared cache, at the most.
    package var fallback = Duration.seconds(300)
    /// Entries and bytes in the process.
    package var entries = 4_096
    package var bytes = 32 << 20
    /// Newer values that the shared cache could not be told of; what is beyond is not remembered.
    package var unshared = 1_024
    /// How often the shared cache is told again what it could not be told.
    package var retryInterval = Duration.seconds(5)
    package var breaker = CircuitBreaker()

    package init() {}

    /// Lifetimes are spread over so much to either side, so that what was written together does
    /// not end together.
    package static let jitter = 0.1

    /// - Parameters:
    ///   - lifetime: of a value.
    ///   - chance: uniform in 0 ..< 1.
    package func lifetime<Value>(
        of answer: CacheAnswer<Value>, _ lifetime: Duration, chance: Double
    ) -> Duration {
        let spread = 1 + Self.jitter * (2 * chance - 1)
        return switch answer {
        case .value: lifetime * spread
        case .absent: absent * spread
        case .fallback: min(min(lifetime, fallback) * spread, fallback)
        }
    }
}

/// What a cache must be given, because it has no clock and no dice.
package struct CacheEnvironment: Sendable {
    let now: @Sendable () -> ContinuousClock.Instant
    /// Uniform in 0 ..< 1.
    let chance: @Sendable () -> Double

    package init(
        now: @escaping @Sendable () -> ContinuousClock.Instant,
        chance: @escaping @Sendable () -> Double
    ) {
        self.now = now
        self.chance = chance
    }
}
