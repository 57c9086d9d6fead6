import CLanes
import LaneKernelsV1
package import LaneTasks
import Synchronization

#if arch(x86_64)
    import LaneKernelsV3
    import LaneKernelsV4
#endif

/// The lane kernels compiled for one level of the processor's instructions.
///
/// Every set gives the same bits; they differ in speed. The best one that the processor can run is
/// chosen when first asked for; `choose(_:)` may put a lower one in its place.
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

    /// One more than the index of the chosen set; 0 for the best.
    private static let choice = Atomic<Int>(0)

    /// The set in use.
    package static var current: KernelSet {
        let chosen = choice.load(ordering: .relaxed)
        return available[(chosen == 0 ? available.count : chosen) - 1]
    }

    /// Puts another set in use from now on: for comparing sets, never for other results.
    ///
    /// - Returns: whether the processor can run a set of that name.
    package static func choose(_ name: String) -> Bool {
        guard let index = available.firstIndex(where: { $0.name == name }) else { return false }
        choice.store(index + 1, ordering: .relaxed)
        return true
    }
}
