/// Eight columns, to become rows of eight.
package struct InterleavingTask {
    /// Eight addresses of `count` values each.
    package var columns: UnsafePointer<UnsafePointer<Double>?>
    /// `count` × 8 values.
    package var rows: UnsafeMutablePointer<Double>
    /// A multiple of 8.
    package var count: Int

    package init(
        columns: UnsafePointer<UnsafePointer<Double>?>,
        rows: UnsafeMutablePointer<Double>, count: Int
    ) {
        self.columns = columns
        self.rows = rows
        self.count = count
    }
}
