import CLanes
package import LaneTasks

/// The table of this copy's entry points; `name` is what the copy is compiled for.
@inline(never)
package func laneTable(name: String) -> LaneTable {
    LaneTable(
        name: name, nativeWidth: Int(lanes_native_width()), exponential: exponential,
        logarithm: logarithm, exponentials: exponentials, logarithms: logarithms,
        logarithmOfRatio: logarithmOfRatio, reciprocalOfSquareRoot: reciprocalOfSquareRoot,
        exponentialFeatures: exponentialFeatures,
        interleave: interleave,
        chainFilter: chainFilter, chainSmoothing: chainSmoothing,
        chainExpectation: chainExpectation, chainPath: chainPath,
        jumpForward: jumpForward, jumpBackward: jumpBackward,
        gridPrediction: gridPrediction,
        markets: MarketTable(
            returns: logReturns, weighted: weightedFeatures, volatilities: volatilities,
            closes: closePositions, ranks: rollingRanks, observations: observations,
            labels: labels))
}
