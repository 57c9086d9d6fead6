/// A belief as saved: the same bits when read back.
extension HiddenMarkovChain.Belief: Codable {
    private enum CodingKeys: String, CodingKey {
        case variables, logSum, exponent
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init()
        variables = try container.decode(SIMD8<Double>.self, forKey: .variables)
        logSum = try container.decode(Double.self, forKey: .logSum)
        exponent = try container.decode(Int.self, forKey: .exponent)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(variables, forKey: .variables)
        try container.encode(logSum, forKey: .logSum)
        try container.encode(exponent, forKey: .exponent)
    }

    /// Whether a belief that was read can be a chain's.
    package func belongs(to chain: HiddenMarkovChain) -> Bool {
        var sum = 0.0
        for state in 0..<HiddenMarkovChain.stateLimit {
            guard variables[state] >= 0, state < chain.stateCount || variables[state] == 0 else {
                return false
            }
            sum += variables[state]
        }
        return (1..<2).contains(sum) && logSum.isFinite
    }

}
