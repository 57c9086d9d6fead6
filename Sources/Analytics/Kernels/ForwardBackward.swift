/// The recursions of Baum–Welch over lanes, each lane a candidate.
///
/// Everything generic stays in this file, so that the three entry points are compiled for their
/// width even where the compiler sees one file at a time.
enum ForwardBackward {
    /// What a bar carries back to the one before is limited to this, far above all that matters, so
    /// that no product overflows.
    private static let carriedLimit = 0x1p900

    static func refineEight(
        _ fit: BaumWelch, _ group: [BaumWelch.Candidate], _ limit: (Int, Double)
    ) -> [BaumWelch.Candidate] {
        refine(fit, group, limit, SIMD8<Double>.self)
    }

    static func refineFour(
        _ fit: BaumWelch, _ group: [BaumWelch.Candidate], _ limit: (Int, Double)
    ) -> [BaumWelch.Candidate] {
        refine(fit, group, limit, SIMD4<Double>.self)
    }

    static func refineTwo(
        _ fit: BaumWelch, _ group: [BaumWelch.Candidate], _ limit: (Int, Double)
    ) -> [BaumWelch.Candidate] {
        refine(fit, group, limit, SIMD2<Double>.self)
    }

    @inline(__always)
    private static func refine<V: Lanes>(
        _ fit: BaumWelch, _ group: [BaumWelch.Candidate], _ limit: (Int, Double), _: V.Type
    ) -> [BaumWelch.Candidate] {
        var candidates = group
        for lane in group.indices { candidates[lane].reopen() }
        var running = Array(group.indices)
        let workspace = Workspace<V>(fit)
        let firstIterations = group.map(\.iterations)
        while !running.isEmpty {
            workspace.load(candidates, fit)
            forward(workspace, fit)
            backward(workspace, fit)
            running.removeAll { lane in
                let reached = workspace.logLikelihood[lane]
                let isDone = candidates[lane].record(
                    reached, tolerance: limit.1,
                    isLast: candidates[lane].iterations - firstIterations[lane] >= limit.0)
                if !isDone { candidates[lane].maximise(workspace.statistics(lane, fit), fit) }
                return isDone
            }
        }
        return candidates
    }

    /// α and the scaling factors, and the log-likelihood of each lane.
    @inline(__always)
    private static func forward<V: Lanes>(_ work: Workspace<V>, _ fit: BaumWelch) {
        let states = fit.stateCount
        let one = V(repeating: 1)
        var logSum = V.zero
        var mantissas = one
        var exponents = V.MaskStorage.zero
        for bar in 0..<fit.present.count {
            let alpha = work.alpha + bar * states
            let density = work.density + bar * states
            if fit.present[bar] {
                logSum += relativeDensities(work, fit, bar, density)
            } else {
                for state in 0..<states { density[state] = one }
            }
            var scale = V.zero
            for state in 0..<states {
                var predicted = work.start[state]
                if bar > 0 {
                    let before = alpha - states
                    predicted = before[0] * work.transition[state]
                    for i in 1..<max(states, 1) {
                        predicted += before[i] * work.transition[i * states + state]
                    }
                }
                let joint = predicted * density[state]
                alpha[state] = joint
                scale += joint
            }
            let inverse = one / scale
            work.inverseScale[bar] = inverse
            for state in 0..<states { alpha[state] *= inverse }
            guard fit.present[bar] else { continue }
            // ln of a product of scales: exponents are added, mantissas multiplied.
            let bits = unsafeBitCast(scale, to: V.MaskStorage.self)
            exponents &+= (bits & 0x7FF0_0000_0000_0000) &>> 52
            exponents &-= 1023
            mantissas *= unsafeBitCast(
                (bits & 0x000F_FFFF_FFFF_FFFF) | 0x3FF0_0000_0000_0000, to: V.self)
            if bar & 511 == 511 {
                logSum += V.log(mantissas)
                mantissas = one
            }
        }
        logSum += V.log(mantissas)
        for lane in 0..<V.scalarCount {
            logSum[lane] += Double(exponents[lane]) * 0.693_147_180_559_945_3
        }
        work.logLikelihood = logSum
    }

    /// Writes densities over the largest of them; gives that one's logarithm.
    @inline(__always)
    private static func relativeDensities<V: Lanes>(
        _ work: Workspace<V>, _ fit: BaumWelch, _ bar: Int, _ density: UnsafeMutablePointer<V>
    ) -> V {
        let features = fit.featureCount
        var largest = V.zero
        for state in 0..<fit.stateCount {
            let means = work.means + state * features
            let whitening = work.whitening + state * features * features
            var distance = V.zero
            for row in 0..<features {
                let first = fit.isDiagonal ? row : 0
                var whitened = V.zero
                for column in first...row {
                    let deviation = work.observations[bar * features + column] - means[column]
                    whitened += whitening[row * features + column] * deviation
                }
                distance += whitened * whitened
            }
            distance = V.capped(distance, at: HiddenMarkovChain.squaredDistanceLimit)
            let value = work.logNormalisers[state] - 0.5 * distance
            density[state] = value
            largest = state == 0 ? value : V.larger(largest, value)
        }
        for state in 0..<fit.stateCount { density[state] = V.exp(density[state] - largest) }
        return largest
    }

    /// β from the last bar to the first, and on the way the expected counts and moments.
    @inline(__always)
    private static func backward<V: Lanes>(_ work: Workspace<V>, _ fit: BaumWelch) {
        let states = fit.stateCount
        let features = fit.featureCount
        work.clearSums()
        for state in 0..<states { work.beta[state] = V(repeating: 1) }
        for bar in (0..<fit.present.count).reversed() {
            let alpha = work.alpha + bar * states
            for state in 0..<states {
                let weight = alpha[state] * work.beta[state]
                work.gamma[state] = weight
                guard fit.present[bar] else { continue }
                addMoments(work, fit, bar, state, weight, features)
            }
            guard bar > 0 else { break }
            let inverse = work.inverseScale[bar]
            let density = work.density + bar * states
            for next in 0..<states {
                let carried = density[next] * work.beta[next] * inverse
                work.carried[next] = V.capped(carried, at: carriedLimit)
            }
            let before = alpha - states
            for state in 0..<states {
                let row = state * states
                var sum = V.zero
                for next in 0..<states {
                    let carried = work.carried[next]
                    sum += work.transition[row + next] * carried
                    work.transitions[row + next] += before[state] * carried
                }
                work.beta[state] = sum
            }
        }
    }

    /// Weight, first and second moments about the present mean.
    @inline(__always)
    private static func addMoments<V: Lanes>(
        _ work: Workspace<V>, _ fit: BaumWelch, _ bar: Int, _ state: Int, _ weight: V,
        _ features: Int
    ) {
        work.weights[state] += weight
        for row in 0..<features {
            let index = state * features + row
            let deviation = work.observations[bar * features + row] - work.means[index]
            let weighted = weight * deviation
            work.firstMoments[index] += weighted
            let first = fit.isDiagonal ? row : 0
            for column in first...row {
                let other =
                    work.observations[bar * features + column]
                    - work.means[state * features + column]
                work.secondMoments[index * features + column] += weighted * other
            }
        }
    }
}

/// What one pass over the observations reads and writes, allocated once per group.
private final class Workspace<V: Lanes> {
    let start, transition, means, whitening, logNormalisers: UnsafeMutablePointer<V>
    let observations: UnsafeMutablePointer<V>
    let alpha, density, inverseScale, beta, gamma, carried: UnsafeMutablePointer<V>
    let weights, transitions, firstMoments, secondMoments: UnsafeMutablePointer<V>
    var logLikelihood = V.zero
    private let storage: UnsafeMutablePointer<V>
    private let sumCount: Int

    init(_ fit: BaumWelch) {
        let bars = fit.present.count
        let states = fit.stateCount
        let features = fit.featureCount
        let sizes = [
            states, states * states, states * features, states * features * features, states,
            bars * features, bars * states, bars * states, bars, states, states, states, states,
            states * states, states * features, states * features * features,
        ]
        let total = sizes.reduce(0, +)
        let memory = UnsafeMutablePointer<V>.allocate(capacity: total)
        memory.initialize(repeating: .zero, count: total)
        storage = memory
        var offset = 0
        let parts = sizes.map { size in
            defer { offset += size }
            return memory + offset
        }
        (start, transition, means) = (parts[0], parts[1], parts[2])
        (whitening, logNormalisers, observations) = (parts[3], parts[4], parts[5])
        (alpha, density, inverseScale) = (parts[6], parts[7], parts[8])
        (beta, gamma, carried) = (parts[9], parts[10], parts[11])
        (weights, transitions) = (parts[12], parts[13])
        (firstMoments, secondMoments) = (parts[14], parts[15])
        sumCount = sizes[12...].reduce(0, +)
        for index in fit.observations.indices {
            observations[index] = V(repeating: fit.observations[index])
        }
    }

    deinit {
        storage.deallocate()
    }

    func clearSums() {
        weights.update(repeating: .zero, count: sumCount)
    }

    /// Puts candidates into lanes; what lanes remain repeat the first candidate.
    func load(_ candidates: [BaumWelch.Candidate], _ fit: BaumWelch) {
        let states = fit.stateCount
        let features = fit.featureCount
        let size = features * features
        let floor = HiddenMarkovChain.probabilityFloor
        for lane in 0..<V.scalarCount {
            let candidate = candidates[lane < candidates.count ? lane : 0]
            for state in 0..<states {
                start[state][lane] = max(candidate.start[state], floor)
                let matrix = candidate.covariances[(state * size)..<((state + 1) * size)]
                let density = WhitenedGaussian(covariance: Array(matrix), size: features)
                logNormalisers[state][lane] = density.logNormaliser
                for k in 0..<size { whitening[state * size + k][lane] = density.whitening[k] }
            }
            for k in 0..<(states * states) {
                transition[k][lane] = max(candidate.transition[k], floor)
            }
            for k in 0..<(states * features) { means[k][lane] = candidate.means[k] }
        }
    }

    func statistics(_ lane: Int, _ fit: BaumWelch) -> ExpectedStatistics {
        let states = fit.stateCount
        let features = fit.featureCount
        func column(_ pointer: UnsafeMutablePointer<V>, _ count: Int) -> [Double] {
            (0..<count).map { pointer[$0][lane] }
        }
        let carried = column(transitions, states * states)
        let probabilities = column(transition, states * states)
        return ExpectedStatistics(
            start: column(gamma, states), transitions: zip(carried, probabilities).map { $0 * $1 },
            weights: column(weights, states), firstMoments: column(firstMoments, states * features),
            secondMoments: column(secondMoments, states * features * features))
    }
}
