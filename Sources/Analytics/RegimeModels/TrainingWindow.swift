import Crypto
import Market

/// The observations a fit may learn from: the latest `windowBars`, or all.
package struct TrainingWindow: Sendable {
    package let plan: TrainingPlan
    package let barsPerYear: Double
    private var storage: [Observation] = []
    private var head = 0
    /// Complete observations in the window.
    package private(set) var completeCount = 0

    /// - Parameter barsPerYear: annualises the statistics of a model's states.
    package init(_ plan: TrainingPlan, barsPerYear: Double) {
        self.plan = plan
        self.barsPerYear = barsPerYear
    }

    package var count: Int { storage.count - head }

    /// Oldest first.
    package var observations: ArraySlice<Observation> { storage[head...] }

    package mutating func append(_ observation: Observation) {
        storage.append(observation)
        if observation.isComplete { completeCount += 1 }
        guard let limit = plan.windowBars, count > limit else { return }
        if storage[head].isComplete { completeCount -= 1 }
        head += 1
        // Moved rarely, so that appending stays constant on average and memory bounded.
        if head > limit {
            storage.removeFirst(head)
            head = 0
        }
    }

    /// Of these features, in the order of the observations' values, those that no bar has.
    func missingThroughout(_ features: [String]) -> [String] {
        features.indices.filter { index in
            observations.allSatisfy { !$0.features[index].isFinite }
        }.map { features[$0] }
    }

    /// Hash of every bit that a fit can see.
    package var dataHash: String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count * 8 * 5)
        func addBits(_ bits: UInt64) {
            for shift in stride(from: UInt64(0), to: 64, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: bits >> shift))
            }
        }
        func add(_ value: Double) {
            // Every missing value says the same, whatever its payload.
            addBits(value.isNaN ? 0x7FF8_0000_0000_0000 : value.bitPattern)
        }
        add(barsPerYear)
        for observation in observations {
            addBits(UInt64(bitPattern: observation.timestamp.nanoseconds))
            for feature in observation.features { add(feature) }
            add(observation.context.logReturn)
            add(observation.context.drawdown)
            addBits(observation.isComplete ? 1 : 0)
        }
        return Hexadecimal.text(SHA256.hash(data: bytes))
    }
}
