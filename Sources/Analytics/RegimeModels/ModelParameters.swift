package import JumpModels
package import MarkovSwitching

/// What a fitted model computes with, by its family; states in canonical order, calmest first.
package enum ModelParameters: Equatable, Sendable {
    case gaussian(GaussianParameters)
    case markov(MarkovSwitchingModel)
    case jump(JumpModelParameters)

    package var stateCount: Int {
        switch self {
        case .gaussian(let parameters): parameters.stateCount
        case .markov(let model): model.specification.regimes
        case .jump(let parameters): parameters.stateCount
        }
    }

    package var featureCount: Int {
        switch self {
        case .gaussian(let parameters): parameters.featureCount
        case .markov(let model): model.specification.rowCount
        case .jump(let parameters): parameters.featureCount
        }
    }

    /// States in another order: the one at `order[k]` becomes state k.
    func permuted(by order: [Int]) -> ModelParameters {
        switch self {
        case .gaussian(let parameters): .gaussian(parameters.permuted(by: order))
        case .markov(let model): .markov(model.permuted(by: order))
        case .jump(let parameters): .jump(parameters.permuted(by: order))
        }
    }
}

extension ModelParameters {
    /// Where a state lies among the features: a tie of volatilities is broken by it.
    func place(of state: Int) -> [Double] {
        switch self {
        case .gaussian(let parameters): parameters.means[state]
        case .markov(let model): model.parameters.coefficients[state]
        case .jump(let parameters): parameters.centres[state]
        }
    }
}

extension GaussianParameters {
    func permuted(by order: [Int]) -> GaussianParameters {
        let covariances: Covariances =
            switch covariances {
            case .diagonal(let rows): .diagonal(order.map { rows[$0] })
            case .full(let matrices): .full(order.map { matrices[$0] })
            }
        return GaussianParameters(
            start: order.map { start[$0] },
            transition: order.map { row in order.map { transition[row][$0] } },
            means: order.map { means[$0] }, covariances: covariances)
    }
}

extension MarkovSwitchingModel {
    func permuted(by order: [Int]) -> MarkovSwitchingModel {
        do {
            return try MarkovSwitchingModel(specification, parameters.permuted(order))
        } catch {
            preconditionFailure("the same regimes in another order: \(error)")
        }
    }
}

// MARK: - In a manifest

extension ModelParameters: Encodable {
    private struct Regression: Codable {
        let specification: MarkovSwitchingSpecification
        let parameters: MarkovSwitchingParameters
    }

    /// As the family writes itself; the kind of model beside it says which one that is.
    package func encode(to encoder: any Encoder) throws {
        switch self {
        case .gaussian(let parameters): try parameters.encode(to: encoder)
        case .markov(let model):
            try Regression(specification: model.specification, parameters: model.parameters)
                .encode(to: encoder)
        case .jump(let parameters): try parameters.encode(to: encoder)
        }
    }

    /// What a kind of model has under `key`; `nil` for rules, which have no parameters.
    static func decode<Key: CodingKey>(
        _ kind: ModelKind, from values: KeyedDecodingContainer<Key>, forKey key: Key
    ) throws -> ModelParameters? {
        func valid<Value>(_ value: () throws -> Value) throws -> Value {
            do {
                return try value()
            } catch let error as DecodingError {
                throw error
            } catch {
                throw DecodingError.dataCorruptedError(
                    forKey: key, in: values, debugDescription: "\(error)")
            }
        }
        switch kind {
        case .hmm: return .gaussian(try values.decode(GaussianParameters.self, forKey: key))
        case .markov:
            let regression = try values.decode(Regression.self, forKey: key)
            return .markov(
                try valid {
                    try regression.specification.validate()
                    return try MarkovSwitchingModel(
                        regression.specification, regression.parameters)
                })
        case .jump, .jumpContinuous, .jumpSparse:
            let parameters = try values.decode(JumpModelParameters.self, forKey: key)
            try valid { try parameters.validate() }
            return .jump(parameters)
        case .rules: return nil
        }
    }
}
