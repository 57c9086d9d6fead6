package import Market
package import Regimes

/// What followed the labels of a market: the return of each symbol from the close of a label's bar
/// to the next close, not that of the bar that made the label. Who acts at the next first price has
/// all of it but what happens until then.
package struct LabelledReturns: Sendable {
    /// What was published at the close of each bar but the last.
    package let labels: [Regime]
    package let symbolCount: Int
    /// Simple returns, symbol by symbol, `labels.count` each; NaN where a close is missing. None of
    /// a symbol that has no closes at all.
    package let returns: [Double]
    /// Where those of each symbol stand.
    private let columns: [Range<Int>]
    /// For annualising.
    package let barsPerYear: Double

    /// - Parameters:
    ///   - labels: of T bars.
    ///   - closes: T of each symbol, NaN where missing; or none.
    /// - Precondition: T is the same everywhere.
    package init(labels: [Regime], closes: [[Double]], barsPerYear: Double) {
        precondition(
            closes.allSatisfy { $0.isEmpty || $0.count == labels.count }, "a close for each label")
        let rows = max(labels.count - 1, 0)
        var returns: [Double] = []
        returns.reserveCapacity(rows * closes.count { !$0.isEmpty })
        var columns: [Range<Int>] = []
        columns.reserveCapacity(closes.count)
        for column in closes {
            let start = returns.count
            for row in column.indices.dropLast() {
                let (before, after) = (column[row], column[row + 1])
                returns.append(before > 0 && after > 0 ? after / before - 1 : .nan)
            }
            columns.append(start..<returns.count)
        }
        self.columns = columns
        self.labels = Array(labels.prefix(rows))
        symbolCount = closes.count
        self.returns = returns
        self.barsPerYear = barsPerYear
    }

    /// - Parameters:
    ///   - labels: of every bar that something followed.
    ///   - returns: as `returns` above.
    init(labels: [Regime], symbolCount: Int, returns: [Double], barsPerYear: Double) {
        precondition(returns.count == labels.count * symbolCount, "a return for each label")
        let rows = labels.count
        columns = (0..<symbolCount).map { $0 * rows..<($0 + 1) * rows }
        self.labels = labels
        self.symbolCount = symbolCount
        self.returns = returns
        self.barsPerYear = barsPerYear
    }

    package func column(_ symbol: Int) -> ArraySlice<Double> { returns[columns[symbol]] }

    /// How many bars the market stays in a regime on average, of all stretches of it; `nil` when
    /// there was none.
    package func meanStretch(of regime: Regime) -> Double? {
        var stretches = 0
        var bars = 0
        for (row, label) in labels.enumerated() where label == regime {
            bars += 1
            if row == 0 || labels[row - 1] != regime { stretches += 1 }
        }
        return stretches == 0 ? nil : Double(bars) / Double(stretches)
    }
}

/// The closes of a symbol at the bars of a market that may keep other hours.
package enum AlignedCloses {
    /// The last close up to each of some instants, if it is no older than `age` then.
    ///
    /// - Parameters:
    ///   - stamps: of the closes' bars, rising.
    ///   - closes: as many.
    ///   - instants: rising.
    ///   - ageNanoseconds: how old the bar of a close may be.
    package static func at(
        _ instants: [Timestamp], stamps: [Timestamp], closes: [Double], ageNanoseconds: Int64
    ) -> [Double] {
        var next = 0
        return instants.map { instant in
            while next < stamps.count, stamps[next] <= instant { next += 1 }
            guard next > 0, stamps[next - 1] >= instant.advanced(byNanoseconds: -ageNanoseconds)
            else { return .nan }
            return closes[next - 1]
        }
    }
}
