import Market

/// Close over its running maximum, less 1: 0 at a new high.
struct Drawdown: Indicator {
    private var peak = -Double.infinity

    mutating func advance(with bar: Bar) -> Double {
        guard bar.close.isFinite else { return .nan }
        if bar.close > peak { peak = bar.close }
        return bar.close / peak - 1
    }
}

/// Close over its maximum of the last n bars, less 1; of fewer while the series is young.
struct RecentDrawdown: Indicator {
    private var closes: RollingWindow

    init(length: Int) {
        closes = RollingWindow(length: length)
    }

    mutating func advance(with bar: Bar) -> Double {
        guard bar.close.isFinite else { return .nan }
        closes.append(bar.close)
        return bar.close / closes.maximum - 1
    }
}

/// Close over its mean of the last n bars, less 1.
struct Trend: Indicator {
    private var closes: RollingWindow

    init(length: Int) {
        closes = RollingWindow(length: length)
    }

    mutating func advance(with bar: Bar) -> Double {
        guard bar.close.isFinite else { return .nan }
        closes.append(bar.close)
        let mean = closes.mean
        return closes.isFull && mean.isFinite ? bar.close / mean - 1 : .nan
    }
}
