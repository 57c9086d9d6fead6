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
}
