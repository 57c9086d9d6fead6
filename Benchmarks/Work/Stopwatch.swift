import AllocationCounter
import Glibc

/// Processor seconds of this process: a busy machine does not count.
package enum Stopwatch {
    /// A piece of work is repeated until this much time has passed.
    package static let leastSeconds = 0.05

    package static func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }

    /// Seconds of one repetition, and how many there were.
    package static func mean(_ work: () -> Void) -> (seconds: Double, repetitions: Int) {
        let start = now()
        var repetitions = 0
        repeat {
            work()
            repetitions += 1
        } while now() - start < leastSeconds
        return ((now() - start) / Double(repetitions), repetitions)
    }
}

/// Allocations of the calling thread.
package enum Allocations {
    package static func during(_ work: () -> Void) -> Int {
        let before = allocation_count()
        work()
        return Int(allocation_count() - before)
    }
}
