/// Eight windows in a row are summed at once: each value is loaded for all of them, and eight sums
/// are under way, so that none waits for its own last addition. Every one is added up from its
/// oldest value to its newest.
///
/// - Parameters:
///   - oldest: the row with the first window's oldest value.
///   - term: what a value adds to the sum of window 0 ..< 8.
@inline(__always)
func sumWindows<V: Lanes>(
    from oldest: UnsafePointer<Double>, length: Int, into sums: UnsafeMutablePointer<V>,
    _ term: (_ value: V, _ window: Int) -> V
) {
    for window in 0..<8 { sums[window] = V(0) }
    for age in 0..<7 {
        let value = V(at: oldest + age * 8)
        for window in 0...age { sums[window] = sums[window] + term(value, window) }
    }
    var row = oldest + 7 * 8
    for _ in 7..<length {
        let value = V(at: row)
        for window in 0..<8 { sums[window] = sums[window] + term(value, window) }
        row += 8
    }
    for age in 1..<8 {
        let value = V(at: row)
        for window in age..<8 { sums[window] = sums[window] + term(value, window) }
        row += 8
    }
}

extension Lanes {
    /// All ones in the lanes with a number that is neither infinite nor missing.
    @inline(__always)
    var isFinite: Bits { (Self(-.infinity) < self) & (self < Self(.infinity)) }

    /// A result that is not a finite number is missing.
    @inline(__always)
    var finite: Self { Self.select(isFinite, self, Self(.nan)) }
}

/// Runs over the eight lanes of a row, as many at a time as are computed at once.
@inline(__always)
func forEachPart<V: Lanes>(_: V.Type, _ body: (_ firstLane: Int) -> Void) {
    var firstLane = 0
    while firstLane < 8 {
        body(firstLane)
        firstLane += V.count
    }
}
