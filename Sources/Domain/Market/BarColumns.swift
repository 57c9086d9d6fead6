/// A series as columns (structure of arrays), oldest first; all columns have the same length.
package struct BarColumns: Sendable {
    package private(set) var timestamps: [Timestamp] = []
    package private(set) var open: [Double] = []
    package private(set) var high: [Double] = []
    package private(set) var low: [Double] = []
    package private(set) var close: [Double] = []
    package private(set) var volume: [Double] = []
    package private(set) var availableAt: [Timestamp] = []
    /// Empty while no bar carries a value from outside the market.
    private var exogenous: [ExogenousValues] = []

    package init() {}

    package init(_ bars: some Sequence<Bar>) {
        for bar in bars { append(bar) }
    }

    package var count: Int { timestamps.count }
    package var isEmpty: Bool { timestamps.isEmpty }
    /// Whether any bar carries a value from outside the market.
    package var hasExogenous: Bool { !exogenous.isEmpty }

    /// Appends a bar. Precondition: it is later than the last one.
    package mutating func append(_ bar: Bar) {
        precondition(timestamps.last.map { $0 < bar.timestamp } ?? true, "bars out of order")
        timestamps.append(bar.timestamp)
        open.append(bar.open)
        high.append(bar.high)
        low.append(bar.low)
        close.append(bar.close)
        volume.append(bar.volume)
        availableAt.append(bar.availableAt)
        if exogenous.isEmpty, !bar.exogenous.isEmpty {
            exogenous = Array(repeating: ExogenousValues(), count: count - 1)
        }
        if !exogenous.isEmpty || !bar.exogenous.isEmpty { exogenous.append(bar.exogenous) }
    }

    package subscript(index: Int) -> Bar {
        Bar(
            timestamp: timestamps[index], open: open[index], high: high[index], low: low[index],
            close: close[index], volume: volume[index], availableAt: availableAt[index],
            exogenous: exogenous.isEmpty ? ExogenousValues() : exogenous[index])
    }
}
