/// One step between N points of a grid: `predicted[q]` = min over p of
/// `values[p]` + `prices[p·N + q]`.
package struct GridTask {
    package var count: Int
    /// N values.
    package var values: UnsafePointer<Double>
    /// N·N, by origin and then by destination.
    package var prices: UnsafePointer<Double>
    /// N values, other memory than `values`.
    package var predicted: UnsafeMutablePointer<Double>
    /// Lanes to compute in: 2, 4 or 8; anything else is the set's own width. The bits are the same.
    package var width: Int

    package init(
        count: Int, values: UnsafePointer<Double>, prices: UnsafePointer<Double>,
        predicted: UnsafeMutablePointer<Double>, width: Int = 0
    ) {
        self.count = count
        self.values = values
        self.prices = prices
        self.predicted = predicted
        self.width = width
    }
}
