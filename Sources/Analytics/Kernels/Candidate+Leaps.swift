extension BaumWelch.Candidate {
    /// What an M-step sets.
    struct Parameters: Sendable, Equatable {
        var start: [Double]
        var transition: [Double]
        var means: [Double]
        var covariances: [Double]
    }

    /// Lets a candidate leap from here on, see `Acceleration`. Not for fits with priors, whose
    /// likelihood need not rise.
    package mutating func accelerate() {
        acceleration = Acceleration()
    }

    var parameters: Parameters {
        get {
            Parameters(
                start: start, transition: transition, means: means, covariances: covariances)
        }
        set {
            start = newValue.start
            transition = newValue.transition
            means = newValue.means
            covariances = newValue.covariances
        }
    }

    /// Whether the present point is a leap that lost likelihood; then the point before is back.
    mutating func rejectsLeap(_ reached: Double) -> Bool {
        guard let back = acceleration?.rejects(reached, before: logLikelihood) else { return false }
        parameters = back
        return true
    }

    /// An M-step and, from the second on, a leap beyond it.
    mutating func leap(_ expected: ExpectedStatistics, _ fit: BaumWelch) {
        if acceleration?.wasRejected == true {
            if let plain = acceleration?.takeBack() { parameters = plain }
            return
        }
        let before = parameters
        guard step(expected, fit) else {
            acceleration?.forget()
            return
        }
        let coordinates = Coordinates(fit, weights: expected.weights, at: parameters)
        let position = coordinates.vector(of: before)
        let target = coordinates.vector(of: parameters)
        let residual = zip(target, position).map { $0 - $1 }
        guard residual.allSatisfy(\.isFinite) else {
            acceleration?.forget()
            return
        }
        let point = Acceleration.Point(position: position, residual: residual)
        acceleration?.add(point, metric: coordinates.metric)
        let plain = parameters
        guard let mixed = acceleration?.mixed(coordinates.metric),
            let leap = coordinates.parameters(mixed, near: plain, target)
        else { return }
        acceleration?.leave(before, for: plain)
        parameters = leap
    }
}
