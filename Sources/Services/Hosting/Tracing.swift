package import Ports
import Synchronization

/// Where spans get their names.
package enum Tracing {
    private static let generator = Mutex(NameGenerator())

    /// A span of one's own within the caller's trace, or of a new one.
    package static func span(within incoming: TraceContext?) -> TraceContext {
        generator.withLock { incoming?.child(using: &$0) ?? TraceContext(using: &$0) }
    }
}

/// xoshiro256** (Blackman and Vigna 2018), from a seed that the system gives: names must differ,
/// not be secret, and the system is slow to ask at every request.
private struct NameGenerator: RandomNumberGenerator {
    private var state: (UInt64, UInt64, UInt64, UInt64)

    init() {
        var system = SystemRandomNumberGenerator()
        // Not all of the state may be zero.
        state = (system.next(), system.next(), system.next(), system.next() | 1)
    }

    mutating func next() -> UInt64 {
        func rotated(_ value: UInt64, _ count: UInt64) -> UInt64 {
            value << count | value >> (64 - count)
        }
        let result = rotated(state.1 &* 5, 7) &* 9
        let shifted = state.1 << 17
        state.2 ^= state.0
        state.3 ^= state.1
        state.1 ^= state.2
        state.0 ^= state.3
        state.2 ^= shifted
        state.3 = rotated(state.3, 45)
        return result
    }
}
