import Glibc
package import Market

/// The one place where a service reads the wall clock. Everything else takes time as an argument.
package enum WallClock {
    /// The present instant, to the nanosecond the system gives.
    package static var now: Timestamp {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(
            nanoseconds: Int64(time.tv_sec) * Timestamp.nanosecondsPerSecond
                + Int64(time.tv_nsec))
    }
}
