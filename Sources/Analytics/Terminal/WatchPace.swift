/// How long a live view waits between two looks at a store that is written to.
///
/// After news the next look comes soon; while looks find none, each wait is twice the one before.
/// Looks that take long take no more than a part of the time, however much there is to read.
package struct WatchPace: Sendable {
    /// After a look that found news.
    package static let shortest: Duration = .milliseconds(250)
    /// After many that found none.
    package static let longest: Duration = .seconds(2)
    /// A wait is so many times as long as the look before it, at the least …
    package static let waitsPerLook = 9
    /// … and up to this long.
    package static let longestAfterSlowLook: Duration = .seconds(20)

    private var wait = shortest

    package init() {}

    /// - Parameter elapsed: what the look took.
    package mutating func wait(afterLookOf elapsed: Duration, foundNews: Bool) -> Duration {
        wait = foundNews ? WatchPace.shortest : min(wait * 2, WatchPace.longest)
        let fair = min(elapsed * WatchPace.waitsPerLook, WatchPace.longestAfterSlowLook)
        return max(wait, fair)
    }
}
