import CLanes
import LaneKernelsV1
package import LaneTasks

#if arch(x86_64)
    import LaneKernelsV3
    import LaneKernelsV4
#endif

/// The lane kernels compiled for one level of the processor's instructions.
///
/// Every set gives the same bits; they differ in speed. The best one that the processor can run is
/// in use.
package struct KernelSet: Sendable {
    package let table: LaneTable

    package var name: String { table.name }

    /// The sets this processor can run, the plainest first.
    package static let available: [KernelSet] = {
        #if arch(x86_64)
            let level = lanes_cpu_level()
            var sets = [KernelSet(table: LaneKernelsV1.laneTable(name: "x86-64"))]
            if level >= 3 {
                sets.append(KernelSet(table: LaneKernelsV3.laneTable(name: "x86-64-v3")))
            }
            if level >= 4 {
                sets.append(KernelSet(table: LaneKernelsV4.laneTable(name: "x86-64-v4")))
            }
            return sets
        #elseif arch(arm64)
            return [KernelSet(table: LaneKernelsV1.laneTable(name: "arm64"))]
        #else
            return [KernelSet(table: LaneKernelsV1.laneTable(name: "portable"))]
        #endif
    }()

    /// The set in use: the best one.
    package static let current = available[available.count - 1]
}
