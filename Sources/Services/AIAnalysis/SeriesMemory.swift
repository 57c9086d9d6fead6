import Market
package import Ports
import Regimes
import Synchronization

/// Bars of a series as columns.
///
/// Series are put side by side by their stamps: when a bar was known says which of its versions is
/// read at all. A history that was corrected later is known from then on as a whole, and is no less
/// a history.
struct CloseColumns: Sendable {
    let stamps: [Timestamp]
    let closes: [Double]

    init(_ bars: [Bar]) {
        stamps = bars.map(\.timestamp)
        closes = bars.map(\.close)
    }
}

/// The filter's labels of a series, each from a bar until the next.
struct LabelSteps: Sendable {
    let steps: [(asOf: Timestamp, regime: Regime)]

    init(_ changes: [RegimeChange]) {
        steps = changes.map { ($0.asOf, $0.regime) }
    }

    /// The label of each of some bars, in rising order; `unknown` before the first step.
    func labels(at stamps: [Timestamp]) -> [Regime] {
        var next = 0
        var label = Regime.unknown
        return stamps.map { stamp in
            while next < steps.count, steps[next].asOf <= stamp {
                label = steps[next].regime
                next += 1
            }
            return label
        }
    }
}

/// Closes and labels of series, kept at hand until they are written again.
package final class SeriesMemory: Sendable {
    /// Bars that are kept, of all series together; one more, and all are forgotten.
    static let barsLimit = 12_000_000

    private struct Kept<Value: Sendable>: Sendable {
        let writes: Int64
        /// What is older was not read.
        let from: Timestamp
        let value: Value
    }

    private struct State {
        var closes: [Series: Kept<CloseColumns>] = [:]
        var labels: [Series: Kept<LabelSteps>] = [:]
        var bars = 0
    }

    private let reader: any RegimeReader
    private let state = Mutex(State())

    package init(_ reader: any RegimeReader) {
        self.reader = reader
    }

    /// The bars of a series from an instant on.
    ///
    /// - Parameters:
    ///   - writes: of the series' head.
    ///   - knownAt: only what was known then, which is not kept; `nil`: the present.
    func closes(
        of series: Series, writes: Int64, from: Timestamp, knownAt: Timestamp?
    ) async throws -> CloseColumns {
        if knownAt == nil, let kept = state.withLock({ $0.closes[series] }),
            kept.writes == writes, kept.from <= from
        {
            return kept.value
        }
        let columns = CloseColumns(
            try await reader.everyBar(of: series, in: from..<Timestamp.latest, knownAt: knownAt))
        if knownAt == nil { keep(columns, of: series, writes, from) }
        return columns
    }

    func labels(
        of series: Series, writes: Int64, knownAt: Timestamp?
    ) async throws -> LabelSteps {
        if knownAt == nil, let kept = state.withLock({ $0.labels[series] }), kept.writes == writes {
            return kept.value
        }
        var changes: [RegimeChange] = []
        while true {
            let page = try await reader.changes(
                SeriesQuery(series, after: changes.last?.asOf, knownAt: knownAt))
            changes += page
            if page.count < SeriesQuery.limitMaximum { break }
        }
        let steps = LabelSteps(changes)
        if knownAt == nil {
            state.withLock {
                $0.labels[series] = Kept(writes: writes, from: .earliest, value: steps)
            }
        }
        return steps
    }

    private func keep(
        _ columns: CloseColumns, of series: Series, _ writes: Int64, _ from: Timestamp
    ) {
        state.withLock { state in
            state.bars -= state.closes[series]?.value.closes.count ?? 0
            if state.bars + columns.closes.count > SeriesMemory.barsLimit { state = State() }
            state.closes[series] = Kept(writes: writes, from: from, value: columns)
            state.bars += columns.closes.count
        }
    }
}
