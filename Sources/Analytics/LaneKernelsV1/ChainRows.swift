import LaneTasks

/// What a kernel is specialised for: constants once it is inlined, so that its loops unroll.
enum DensityForm {
    case oneFeature, manyFeatures
}

/// A task's memory as rows of lanes.
struct ChainRows<V: Lanes> {
    let task: ChainTask
    let states: Int
    let form: DensityForm

    @inline(__always)
    init(_ task: ChainTask, states: Int, form: DensityForm) {
        self.task = task
        self.states = states
        self.form = form
    }

    /// Whatever the task is.
    @inline(__always)
    init(_ task: ChainTask) {
        self.init(task, states: task.shape.states, form: .manyFeatures)
    }

    @inline(__always) var features: Int { form == .oneFeature ? 1 : task.shape.features }

    @inline(__always) var isDiagonal: Bool { form == .oneFeature || task.shape.isDiagonal }

    /// Whitening factors, or second moments, of one state.
    @inline(__always) var factorCount: Int {
        isDiagonal ? features : features * (features + 1) / 2
    }

    @inline(__always)
    func parameter(_ offset: Int) -> V { V(at: task.model + offset * V.count) }

    @inline(__always)
    func transition(_ from: Int, _ to: Int) -> V { parameter(states + from * states + to) }

    @inline(__always)
    func observation(_ bar: Int, _ feature: Int) -> V {
        let index = bar * features + feature
        return task.isShared
            ? V(task.observations[index]) : V(at: task.observations + index * V.count)
    }

    /// Lanes with an observation.
    @inline(__always)
    func present(_ bar: Int) -> UInt8 { task.present.map { $0[bar] } ?? ChainRows.everyLane }

    @inline(__always)
    static var everyLane: UInt8 { UInt8(truncatingIfNeeded: (1 << V.count) - 1) }

    /// The logarithm of a state's density, limited below so that it is finite whatever arrives.
    @inline(__always)
    func logDensity(_ state: Int, _ bar: Int) -> V {
        let means = states + states * states
        let normalisers = means + states * features
        let whitening = normalisers + states
        var value = parameter(normalisers + state)
        switch form {
        case .oneFeature:
            let deviation = observation(bar, 0) - parameter(means + state)
            let whitened = deviation * parameter(whitening + state)
            value = value.subtractingProduct(whitened, whitened)
        case .manyFeatures:
            var factor = whitening + state * factorCount
            for row in 0..<features {
                var whitened = V(0)
                for d in (isDiagonal ? row : 0)...row {
                    let deviation = observation(bar, d) - parameter(means + state * features + d)
                    whitened = whitened.addingProduct(parameter(factor), deviation)
                    factor += 1
                }
                value = value.subtractingProduct(whitened, whitened)
            }
        }
        return V.larger(value, V(-0x1p996))
    }
}

extension Lanes {
    /// 2⁻ᵉ for x = m·2ᵉ, m in 1 ..< 2, x normal and below 2¹⁰²³.
    @inline(__always)
    var inverseBinade: Self {
        (Bits(0x7FE0_0000_0000_0000) &- (asBits & Bits(0x7FF0_0000_0000_0000))).asLanes
    }

    /// e + 1023 for x = m·2ᵉ, m in 1 ..< 2, x positive and normal.
    @inline(__always)
    var biasedExponent: Bits { asBits.shiftedRight(by: 52) }
}
