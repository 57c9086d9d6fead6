package import Market

extension Bloasis_Trading_RecordBarsRequest: ListRequest {
    /// Bars in one request at the most.
    package static var barsLimit: Int { 10_000 }
    /// As many bars, each with all the outside values that it may have under the longest names.
    package static var bodyLimitBytes: Int { barsLimit * 2_048 }

    package static var listNumber: UInt64 { 3 }

    package static func check(count: Int) throws(RPCFault) {
        guard count <= barsLimit else {
            throw .invalidArgument(
                "bars: \(count) bars in one request: send at most \(barsLimit)")
        }
    }

    /// The bars of the request, each with its series, in the order given.
    ///
    /// - Parameter defaultMarket: the market of bars that name none, when the request names none.
    /// - Throws: `RPCFault` INVALID_ARGUMENT naming the bar and the field.
    package func events(defaultMarket: MarketName) throws(RPCFault) -> [MarketBarEvent] {
        let isSingle = !timestamp.isEmpty
        guard isSingle != !bars.isEmpty else {
            throw .invalidArgument(
                isSingle
                    ? "bars and timestamp are both given: send a list, or one bar's own fields"
                    : "bars is empty: send {\"market\": …, \"bars\": [{\"timestamp\": …, "
                        + "\"close\": …}]}")
        }
        try Self.check(count: bars.count)
        var events: [MarketBarEvent] = []
        events.reserveCapacity(bars.count)
        for (index, bar) in (isSingle ? [ownBar] : bars).enumerated() {
            let place = isSingle ? "" : "bars[\(index)]."
            events.append(try event(of: bar, at: place, defaultMarket: defaultMarket))
        }
        return events
    }

    /// The bar in the request's own fields.
    private var ownBar: Bloasis_Trading_MarketBar {
        var bar = Bloasis_Trading_MarketBar()
        bar.timestamp = timestamp
        if hasOpen { bar.open = open }
        if hasHigh { bar.high = high }
        if hasLow { bar.low = low }
        if hasClose { bar.close = close }
        if hasVolume { bar.volume = volume }
        bar.availableAt = availableAt
        bar.exogenous = exogenous
        return bar
    }

    private func event(
        of sent: Bloasis_Trading_MarketBar, at place: String, defaultMarket: MarketName
    ) throws(RPCFault) -> MarketBarEvent {
        let series = try RequestReading.series(
            market: sent.market.isEmpty ? market : sent.market,
            timeframe: sent.timeframe.isEmpty ? timeframe : sent.timeframe,
            defaultMarket: defaultMarket)
        let close = try instant(sent.timestamp, field: place + "timestamp")
        guard sent.hasClose, !sent.close.isNaN else {
            throw .invalidArgument("\(place)close is missing: a bar needs its closing price")
        }
        var availableAt: Timestamp?
        if !sent.availableAt.isEmpty {
            availableAt = try instant(sent.availableAt, field: place + "available_at")
        }
        let bar = Bar(
            timestamp: close, open: sent.hasOpen ? sent.open : .nan,
            high: sent.hasHigh ? sent.high : .nan, low: sent.hasLow ? sent.low : .nan,
            close: sent.close, volume: sent.hasVolume ? sent.volume : .nan,
            availableAt: availableAt, exogenous: ExogenousValues(sent.exogenous))
        if let fault = bar.fault {
            throw .invalidArgument(
                "\(place)\(fault.column): the bar of \(close) is "
                    + "impossible: \(fault)")
        }
        return MarketBarEvent(series: series, bar: bar)
    }

    private func instant(_ text: String, field: String) throws(RPCFault) -> Timestamp {
        guard let instant = Timestamp(rfc3339: text) else {
            throw .invalidArgument(
                "\(field): '\(RequestReading.excerpt(text))' is not an instant: use the bar's "
                    + "close with an offset, as in 2018-12-31T21:00:00Z")
        }
        return instant
    }
}
