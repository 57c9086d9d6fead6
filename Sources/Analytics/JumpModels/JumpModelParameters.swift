/// A jump model: all that its filter and its decoding depend on.
package struct JumpModelParameters: Codable, Equatable, Sendable {
    package let kind: JumpModelKind
    /// λ as it was asked for.
    package let penalty: Double
    /// K×D, in the units of the rows.
    package let centres: [[Double]]
    /// States that no row of the training window belongs to. The window does not say where their
    /// centres lie: their rows hold zeros, and nothing is ever assigned to them.
    /// Ascending.
    package let emptyStates: [Int]
    /// w, the weight of each feature in the squared distance; nil weighs all alike.
    package let featureWeights: [Double]?
    /// Continuous only: probabilities are multiples of 1 / `gridSteps`.
    package let gridSteps: Int?
    package let hasModeLoss: Bool?

    package var stateCount: Int { centres.count }
    package var featureCount: Int { centres.first?.count ?? 0 }

    /// The price of a jump that is paid: λ, or λ/√D in a sparse model.
    package var appliedPenalty: Double {
        kind == .sparse ? penalty / Double(featureCount).squareRoot() : penalty
    }

    /// - Parameters:
    ///   - penalty: λ as asked for, 0 or more.
    ///   - centres: K×D, in the units of the rows.
    ///   - emptyStates: indices that can never be assigned.
    ///   - featureWeights: D weights from 0 on, for a sparse model.
    ///   - gridSteps: for a continuous model.
    ///   - hasModeLoss: for a continuous model.
    package init(
        kind: JumpModelKind, penalty: Double, centres: [[Double]], emptyStates: Set<Int> = [],
        featureWeights: [Double]? = nil, gridSteps: Int? = nil, hasModeLoss: Bool? = nil
    ) {
        self.kind = kind
        self.penalty = penalty
        self.centres = centres
        self.emptyStates = emptyStates.sorted()
        self.featureWeights = featureWeights
        self.gridSteps = gridSteps
        self.hasModeLoss = hasModeLoss
    }

    /// The same model with its states in another order: state `order[k]` becomes state k.
    package func permuted(by order: [Int]) -> JumpModelParameters {
        precondition(order.sorted() == Array(0..<stateCount), "the order names each state once")
        return JumpModelParameters(
            kind: kind, penalty: penalty, centres: order.map { centres[$0] },
            emptyStates: Set(order.indices.filter { emptyStates.contains(order[$0]) }),
            featureWeights: featureWeights, gridSteps: gridSteps, hasModeLoss: hasModeLoss)
    }

    /// For parameters that were read and not fitted.
    ///
    /// - Throws: what is wrong with them, so that no filter is made of them.
    package func validate() throws(JumpSpecificationError) {
        func check(
            _ name: String, _ value: String, _ isValid: Bool, _ need: String
        ) throws(JumpSpecificationError) {
            guard isValid else {
                throw JumpSpecificationError(setting: name, value: value, need: need)
            }
        }
        try JumpSpecification(
            kind: kind, states: stateCount, penalty: penalty, gridSteps: gridSteps ?? 1
        ).validate()
        try check(
            "number of features", "\(featureCount)", JumpLimits.features.contains(featureCount),
            "\(JumpLimits.features.lowerBound) to \(JumpLimits.features.upperBound)")
        let sizes = centres.map(\.count)
        try check(
            "centres", "of sizes \(sizes)", sizes.allSatisfy { $0 == featureCount }, "equal sizes")
        let isBounded = centres.joined().allSatisfy { $0.magnitude <= JumpLimits.magnitude }
        try check("centres", "\(centres)", isBounded, "numbers up to \(JumpLimits.magnitude)")
        let empty = emptyStates
        try check(
            "emptyStates", "\(empty)",
            empty.allSatisfy(centres.indices.contains) && empty.count < stateCount
                && zip(empty, empty.dropFirst()).allSatisfy { $0 < $1 },
            "indices of states, ascending, not all of them")
        try check(
            "gridSteps", gridSteps.map { "\($0)" } ?? "missing",
            (gridSteps != nil) == (kind == .continuous)
                && (hasModeLoss != nil) == (kind == .continuous),
            "gridSteps and hasModeLoss to a continuous model and to no other")
        let isWeighted = featureWeights != nil
        try check(
            "featureWeights", isWeighted ? "present" : "missing",
            isWeighted == (kind == .sparse), "them to a sparse model and to no other")
        if let featureWeights {
            let isValid =
                featureWeights.count == featureCount
                && featureWeights.allSatisfy { $0 >= 0 && $0 <= 1 }
                && featureWeights.contains { $0 > 0 }
            try check(
                "featureWeights", "\(featureWeights)", isValid,
                "one from 0 to 1 for each feature, not all 0")
        }
    }
}
