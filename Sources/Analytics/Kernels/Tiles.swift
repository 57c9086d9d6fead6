import Dispatch
import Synchronization

/// Work in pieces that do not depend on each other, over several cores.
package enum Tiles {
    /// The results of a function at 0 ..< `count`, in order, computed by at most `threads` threads.
    /// They do not depend on how many there are.
    package static func map<Result: Sendable>(
        _ count: Int, threads: Int, _ function: @Sendable (Int) -> Result
    ) -> [Result] {
        guard count > 1, threads > 1 else { return (0..<count).map(function) }
        let next = Atomic<Int>(0)
        let results = Mutex<[Result?]>([Result?](repeating: nil, count: count))
        withoutActuallyEscaping(function) { function in
            DispatchQueue.concurrentPerform(iterations: min(threads, count)) { _ in
                while true {
                    let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
                    guard index < count else { return }
                    let result = function(index)
                    results.withLock { $0[index] = result }
                }
            }
        }
        return results.withLock { $0.compactMap { $0 } }
    }

    /// Does the pieces of work 0 ..< `count`, in any order, on at most `threads` threads, each with
    /// memory of its own that serves one piece after the other.
    package static func forEach<Memory>(
        _ count: Int, threads: Int, memory: @Sendable () -> Memory,
        _ work: @Sendable (Int, Memory) -> Void
    ) {
        let next = Atomic<Int>(0)
        let shares = min(max(threads, 1), count)
        _ = map(shares, threads: shares) { _ in
            let own = memory()
            while true {
                let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
                guard index < count else { return }
                work(index, own)
            }
        }
    }
}

/// A value that whoever works on a tile may change, one at a time.
package final class TileValue<Value: Sendable>: Sendable {
    private let value: Mutex<Value>

    package init(_ value: Value) {
        self.value = Mutex(value)
    }

    package func change(_ body: (inout Value) -> Void) {
        value.withLock { body(&$0) }
    }
}
