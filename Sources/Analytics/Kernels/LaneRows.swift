/// Memory for rows of eight doubles, each a line of the cache; it holds anything until written.
package final class LaneRows {
    package static let lanes = 8

    package let count: Int
    /// `count` × 8 doubles.
    package let values: UnsafeMutablePointer<Double>

    /// - Parameter count: rows, none or more.
    package init(count: Int) {
        precondition(count >= 0, "no rows, or some")
        self.count = count
        let total = max(count, 1) * LaneRows.lanes
        values = UnsafeMutableRawPointer.allocate(
            byteCount: total * MemoryLayout<Double>.stride, alignment: 64
        ).bindMemory(to: Double.self, capacity: total)
    }

    deinit { values.deallocate() }

    /// A value that has been written.
    package subscript(row: Int, lane: Int) -> Double {
        precondition(row >= 0 && row < count && lane >= 0 && lane < LaneRows.lanes)
        return values[row * LaneRows.lanes + lane]
    }
}
