/// A function of one variable over a column: `output[i]` = f(`input[i]`), i = 0 ..< `count`.
///
/// The two may be the same column.
package struct ElementwiseTask {
    package var input: UnsafePointer<Double>
    package var output: UnsafeMutablePointer<Double>
    package var count: Int
    /// Lanes to compute in: 2, 4 or 8; anything else is the set's own width. The bits are the same.
    package var width: Int

    package init(
        input: UnsafePointer<Double>, output: UnsafeMutablePointer<Double>, count: Int,
        width: Int = 0
    ) {
        self.input = input
        self.output = output
        self.count = count
        self.width = width
    }
}
