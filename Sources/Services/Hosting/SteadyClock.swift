/// Where services read the clock that never jumps, for deadlines and pauses.
package enum SteadyClock {
    package static var now: ContinuousClock.Instant { ContinuousClock.now }
}
