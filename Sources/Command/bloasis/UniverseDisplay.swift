import Market
import MarketRegime
import Synchronization

/// A universe's progress on standard error: markets, bars, rate, time left.
final class UniverseDisplay: Sendable {
    private struct State {
        var bar: ProgressBar
        var markets = 0
        var bars = 0
    }

    private let markets: Int
    private let state: Mutex<State>

    init(markets: Int) {
        self.markets = markets
        state = Mutex(State(bar: ProgressBar("0/\(Format.count(markets)) markets")))
    }

    func add(bars: Int) {
        state.withLock { state in
            state.bars += bars
            state.bar.update(
                state.bars, fraction: Double(state.markets) / Double(max(markets, 1)))
        }
    }

    func end(of outcome: MemberOutcome) {
        state.withLock { state in
            state.markets += 1
            state.bar.label =
                "\(Format.count(state.markets))/\(Format.count(markets)) markets"
            if case .failed(let problem) = outcome.end {
                state.bar.interrupt()
                StandardError.error(problem.naming(outcome.series))
            }
            for remark in outcome.remarks {
                state.bar.interrupt()
                StandardError.note("\(outcome.series): \(remark)")
            }
        }
        add(bars: 0)
    }

    func finish() { state.withLock { $0.bar.finish() } }
}

extension String {
    /// The problem with the series before it, unless it says so itself.
    fileprivate func naming(_ series: Series) -> String {
        contains("\(series)") ? self : "\(series): \(self)"
    }
}
