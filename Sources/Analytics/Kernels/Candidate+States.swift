extension BaumWelch.Candidate {
    package var stateCount: Int { start.count }

    /// The same model with its states in another order: the one at `order[k]` becomes state k.
    package func permuted(by order: [Int]) -> BaumWelch.Candidate {
        let features = means.count / stateCount
        let size = features * features
        var result = self
        result.start = order.map { start[$0] }
        result.transition = order.flatMap { row in
            order.map { transition[row * stateCount + $0] }
        }
        result.means = order.flatMap { means[($0 * features)..<(($0 + 1) * features)] }
        result.covariances = order.flatMap { covariances[($0 * size)..<(($0 + 1) * size)] }
        result.acceleration = nil
        return result
    }

    /// States sorted by their first variance, then by all else that is theirs alone.
    ///
    /// Sums over states take rounding from their order. A run that begins in canonical order gives
    /// the same bits however its start numbered them.
    package var inCanonicalOrder: BaumWelch.Candidate {
        let features = means.count / stateCount
        let size = features * features
        let keys = (0..<stateCount).map { state in
            Array(covariances[(state * size)..<((state + 1) * size)])
                + Array(means[(state * features)..<((state + 1) * features)])
                + [start[state], transition[state * stateCount + state]]
        }
        return permuted(
            by: (0..<stateCount).sorted { first, second in
                keys[first] == keys[second]
                    ? first < second : keys[first].lexicographicallyPrecedes(keys[second])
            })
    }
}

extension BaumWelch {
    /// How many states have a conditional variance on its floor, where the likelihood is held from
    /// growing without bound.
    package func statesAtFloor(_ candidate: Candidate) -> Int {
        let size = featureCount * featureCount
        return (0..<stateCount).count { state in
            let matrix = Array(candidate.covariances[(state * size)..<((state + 1) * size)])
            let slack = floors.map { $0 * (1 + BaumWelch.floorSlack) }
            return Cholesky.factor(matrix, floors: slack).raised
        }
    }

    /// What a variance on its floor may be off by, as a share, after a factor and its product.
    static let floorSlack = 1e-9
}
