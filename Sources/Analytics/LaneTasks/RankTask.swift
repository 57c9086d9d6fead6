/// The share of its own recent history that each value of one column is not below.
package struct RankTask {
    /// Values of a window at the most, and at the least for an answer.
    package static let length = 2520
    package static let minimum = 63
    /// Values are counted in bins of neighbours: `blocks` times `blocks` of them.
    package static let blocks = 64
    package static let bins = blocks * blocks

    /// `before` values of history, then `count` new ones: 61,439 at the most, finite, none below 0.
    package var values: UnsafePointer<Double>
    package var before: Int
    package var count: Int
    /// Where the shares go, each `stride` behind the one before; NaN with too short a history.
    package var ranks: UnsafeMutablePointer<Double>
    package var stride: Int
    /// Room for `scratchCount(values)` integers.
    package var scratch: UnsafeMutablePointer<UInt16>

    /// - Parameter values: history and new ones.
    package static func scratchCount(_ values: Int) -> Int { blocks + 3 * bins + 2 * values }

    package init(
        values: UnsafePointer<Double>, before: Int, count: Int,
        ranks: UnsafeMutablePointer<Double>, stride: Int, scratch: UnsafeMutablePointer<UInt16>
    ) {
        self.values = values
        self.before = before
        self.count = count
        self.ranks = ranks
        self.stride = stride
        self.scratch = scratch
    }
}
