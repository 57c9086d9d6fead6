/// The observations of one series, bar by bar, as chains read them.
package struct ChainSeries: Sendable {
    /// T·D values; what stands at a bar without an observation has no effect.
    package let values: [Double]
    /// T flags; `nil` when every bar has an observation.
    package let present: [Bool]?
    package let barCount: Int

    /// - Parameters:
    ///   - values: T·D values, finite.
    ///   - present: `false` at a bar without an observation.
    package init(values: [Double], featureCount: Int, present: [Bool]? = nil) {
        precondition(values.count.isMultiple(of: featureCount), "T·D values")
        let bars = values.count / featureCount
        precondition(present.map { $0.count == bars } ?? true, "one flag per bar")
        barCount = bars
        self.values = values
        self.present = present.flatMap { $0.allSatisfy { $0 } ? nil : $0 }
    }

    /// - Parameter rows: D values per bar, or `nil` for a bar without an observation.
    package init(_ rows: [[Double]?], featureCount: Int) {
        var values: [Double] = []
        values.reserveCapacity(rows.count * featureCount)
        let nothing = [Double](repeating: 0, count: featureCount)
        for row in rows { values += row ?? nothing }
        self.init(values: values, featureCount: featureCount, present: rows.map { $0 != nil })
    }
}

/// A model and the series it runs over: what one lane computes.
package struct ChainJob: Sendable {
    package var chain: HiddenMarkovChain
    package var series: ChainSeries

    package init(chain: HiddenMarkovChain, series: ChainSeries) {
        self.chain = chain
        self.series = series
    }
}
