import LaneTasks

/// Exponential and logarithm of the project's own: additions, multiplications, fused multiply-adds,
/// one division and bit moves only, so that a result has the same bits on every machine, in every
/// set of kernels and in every lane.
///
/// A libm picks its code by processor; these cannot. The formulas are the lane kernels', written
/// once over the lane width. Errors are tested in units in the last place.
package enum VectorMath {
    /// eˣ. 0 below −708, where the result would leave the normal range; +∞ above 709.78; NaN of
    /// NaN. Error below 1 ulp.
    package static func exp(_ x: Double) -> Double { KernelSet.current.table.exponential(x) }

    /// ln x. −∞ at 0; NaN below 0 and of NaN; +∞ of +∞; subnormals are arguments like any.
    /// Error below 1 ulp.
    package static func log(_ x: Double) -> Double { KernelSet.current.table.logarithm(x) }

    /// ln(later / earlier), finite for any two normal numbers above 0, whatever their ratio; NaN
    /// of anything else. Error below 2 ulp.
    package static func logRatio(_ later: Double, over earlier: Double) -> Double {
        KernelSet.current.table.logarithmOfRatio(later, earlier)
    }

    /// 1/√x of a normal number above 0, without a division; nothing to rely on of others. Error
    /// below 1.01 ulp.
    package static func reciprocalSquareRoot(_ x: Double) -> Double {
        KernelSet.current.table.reciprocalOfSquareRoot(x)
    }

    /// eˣ of a column.
    package static func exp(_ values: [Double]) -> [Double] {
        map(values, KernelSet.current.table.exponentials)
    }

    /// ln x of a column.
    package static func log(_ values: [Double]) -> [Double] {
        map(values, KernelSet.current.table.logarithms)
    }

    private static func map(_ values: [Double], _ entry: (ElementwiseTask) -> Void) -> [Double] {
        [Double](unsafeUninitializedCapacity: values.count) { output, count in
            values.withUnsafeBufferPointer { input in
                count = values.count
                guard let from = input.baseAddress, let to = output.baseAddress else { return }
                entry(ElementwiseTask(input: from, output: to, count: count))
            }
        }
    }
}
