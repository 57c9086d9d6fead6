import LaneTasks

extension VectorMath {
    /// eˣ of a column where it stands; allocates nothing.
    package static func exp(inPlace values: inout [Double]) {
        values.withUnsafeMutableBufferPointer { values in
            guard let address = values.baseAddress else { return }
            KernelSet.current.table.exponentials(
                ElementwiseTask(input: address, output: address, count: values.count))
        }
    }
}
