package import FoundationEssentials

/// The data that the driver prepared: one file of little-endian doubles for each array.
package struct Samples: Sendable {
    package let markets: Int
    package let returnCount: Int
    package let states: Int
    package let starts: Int
    package let iterations: Int
    package let jumpRows: Int
    package let jumpFeatures: Int
    package let jumpStarts: Int
    package let jumpPenalty: Double
    /// markets × (returnCount + 1).
    package let closes: [Double]
    /// markets × returnCount, in percent.
    package let returns: [Double]
    /// markets × starts × (K + K·K + K + K): start, transition, means, variances.
    package let chains: [Double]
    /// markets × K.
    package let stationary: [Double]
    /// markets × jumpRows × jumpFeatures.
    package let jumpTables: [Double]
    /// markets × jumpStarts × K × jumpFeatures.
    package let jumpCentres: [Double]
}

extension Samples {
    package init(folder: URL) throws {
        func doubles(_ name: String) throws -> [Double] {
            let data = try Data(contentsOf: folder.appending(path: name))
            return data.withUnsafeBytes { bytes in
                (0..<(bytes.count / 8)).map {
                    Double(
                        bitPattern: UInt64(
                            littleEndian: bytes.loadUnaligned(
                                fromByteOffset: 8 * $0, as: UInt64.self)))
                }
            }
        }
        let shape = try doubles("shape")
        let counts = shape.map { Int($0) }
        self.init(
            markets: counts[0], returnCount: counts[1], states: counts[2], starts: counts[3],
            iterations: counts[4], jumpRows: counts[5], jumpFeatures: counts[6],
            jumpStarts: counts[7], jumpPenalty: shape[8], closes: try doubles("closes"),
            returns: try doubles("returns"), chains: try doubles("starts"),
            stationary: try doubles("stationary"), jumpTables: try doubles("jump_features"),
            jumpCentres: try doubles("jump_centres"))
    }

    package func returns(of market: Int) -> [Double] {
        Array(returns[(market * returnCount)..<((market + 1) * returnCount)])
    }

    package func closes(of market: Int) -> [Double] {
        Array(closes[(market * (returnCount + 1))..<((market + 1) * (returnCount + 1))])
    }

    /// Parameters of a market's hidden Markov model of one feature.
    package func chain(of market: Int, start index: Int = 0) -> ChainParameters {
        let size = states * (states + 3)
        let first = (market * starts + index) * size
        let values = Array(chains[first..<(first + size)])
        let means = states + states * states
        return ChainParameters(
            start: Array(values[..<states]), transition: Array(values[states..<means]),
            means: Array(values[means..<(means + states)]),
            variances: Array(values[(means + states)...]))
    }

    package func stationary(of market: Int) -> [Double] {
        Array(stationary[(market * states)..<((market + 1) * states)])
    }

    package func jumpTable(of market: Int) -> [Double] {
        let size = jumpRows * jumpFeatures
        return Array(jumpTables[(market * size)..<((market + 1) * size)])
    }

    package func jumpCentres(of market: Int, start index: Int) -> [Double] {
        let size = states * jumpFeatures
        let first = (market * jumpStarts + index) * size
        return Array(jumpCentres[first..<(first + size)])
    }
}

/// K start probabilities, K·K transitions row by row, K means, K variances.
package struct ChainParameters: Sendable {
    package var start: [Double]
    package var transition: [Double]
    package var means: [Double]
    package var variances: [Double]
}
