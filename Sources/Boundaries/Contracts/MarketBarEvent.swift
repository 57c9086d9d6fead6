package import Market
package import Ports
package import Regimes

/// One bar on the topic `market-bars`: one JSON object, snake_case.
///
/// A value that is missing is left out, but for `close`, which is `null` then: a message without a
/// close at all is a mistake, a bar without one is a bar.
package struct MarketBarEvent: Sendable {
    package var series: Series
    package var bar: Bar
    /// What its answer is triggered by: `baseline` where it was polled, else `bar`.
    package var trigger: Trigger

    package init(series: Series, bar: Bar, trigger: Trigger = .bar) {
        self.series = series
        self.bar = bar
        self.trigger = trigger
    }

    package var json: String {
        var json = JSONWriter()
        json.object { json in
            json.member("market", series.market.text)
            json.member("timeframe", series.timeframe.description)
            json.member("timestamp", bar.timestamp.rfc3339)
            for (name, price) in [("open", bar.open), ("high", bar.high), ("low", bar.low)]
            where price.isFinite {
                json.member(name, price)
            }
            json.member("close", bar.close)
            if bar.volume.isFinite { json.member("volume", bar.volume) }
            if !bar.exogenous.isEmpty {
                json.member("exogenous") { json in
                    json.object { json in
                        for entry in bar.exogenous.entries { json.member(entry.name, entry.value) }
                    }
                }
            }
            json.member("available_at", bar.availableAt.rfc3339)
            if trigger == .baseline { json.member("trigger", trigger.rawValue) }
        }
        return json.text
    }

    /// The message for the bus, keyed by market.
    package var message: EventMessage {
        EventMessage(.marketBars, of: series, json: json)
    }

    /// Reads a payload; members it does not know are let pass.
    ///
    /// - Throws: `EventDecodingError` naming the member that is missing, malformed or impossible.
    package init(payload: [UInt8]) throws(EventDecodingError) {
        let fields = try EventFields(payload, topic: .marketBars)
        series = try fields.series()
        let isPolled = try fields.optionalString("trigger") == Trigger.baseline.rawValue
        trigger = isPolled ? .baseline : .bar
        guard fields.has("close") else { throw fields.fault("close", "is missing") }
        let timestamp = try fields.timestamp("timestamp")
        let availableAt = try fields.optionalTimestamp("available_at")
        bar = Bar(
            timestamp: timestamp, open: try fields.optionalNumber("open") ?? .nan,
            high: try fields.optionalNumber("high") ?? .nan,
            low: try fields.optionalNumber("low") ?? .nan,
            close: try fields.optionalNumber("close") ?? .nan,
            volume: try fields.optionalNumber("volume") ?? .nan, availableAt: availableAt,
            exogenous: ExogenousValues(try fields.numbers("exogenous")))
        if let fault = bar.fault {
            throw fields.fault(fault.column, "is impossible at \(timestamp): \(fault)")
        }
    }
}
