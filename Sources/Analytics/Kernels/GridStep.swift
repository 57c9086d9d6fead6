import LaneTasks

/// The step of a dynamic programme whose states are many.
package enum GridStep {
    /// predicted[q] = min over p of values[p] + prices[p·N + q], the same bits in every set and
    /// width.
    ///
    /// - Parameters:
    ///   - values: N values.
    ///   - prices: N·N, by origin and then by destination.
    ///   - predicted: room for N values.
    package static func predict(
        _ values: [Double], prices: [Double], into predicted: inout [Double], width: Int = 0,
        set: KernelSet = .current
    ) {
        let count = values.count
        precondition(
            prices.count == count * count && predicted.count == count, "N, N·N and N values")
        values.withUnsafeBufferPointer { values in
            prices.withUnsafeBufferPointer { prices in
                predicted.withUnsafeMutableBufferPointer { predicted in
                    guard let values = values.baseAddress, let prices = prices.baseAddress,
                        let predicted = predicted.baseAddress
                    else { return }
                    set.table.gridPrediction(
                        GridTask(
                            count: count, values: values, prices: prices, predicted: predicted,
                            width: width))
                }
            }
        }
    }
}
