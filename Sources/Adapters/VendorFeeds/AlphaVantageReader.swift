import Market
import Ports

/// Reads Alpha Vantage's answers.
struct AlphaVantageReader: Sendable {
    /// What a limit by the minute asks to wait.
    static let minuteSeconds: Int64 = 60

    let reading: AnswerReading
    private let request: FeedRequest
    private let now: Timestamp

    init(_ reading: AnswerReading, _ request: FeedRequest, at now: Timestamp) {
        self.reading = reading
        self.request = request
        self.now = now
    }

    /// What the vendor calls the timeframe.
    var interval: String { request.series.timeframe == .hourly ? "60min" : "1min" }

    private var collector: BarCollector {
        BarCollector(reading, request, AlphaVantageFeed.offer, at: now)
    }

    func daily(_ answer: VendorAnswer) throws(FeedError) -> [FeedBar] {
        var collector = collector
        let series = try series("Time Series (Daily)", of: try content(of: answer))
        for (index, member) in series.members.enumerated() {
            let row = index + 1
            guard let date = CivilDate(iso: member.name) else {
                throw reading.unreadable(row: row, field: "date", "'\(member.name)' is no date")
            }
            let fields = Fields(reading, row, member)
            let close = request.calendar.close(on: date)
            let bar = FeedBar(
                bar: try fields.bar(closing: close, volume: "6. volume"),
                adjustedClose: try fields.number("5. adjusted close"),
                splitFactor: try fields.number("8. split coefficient"),
                dividend: try fields.number("7. dividend amount"))
            try collector.add(bar, row: row, saidAt: answer.saidAt)
        }
        return try collector.bars()
    }

    /// The bars of a month.
    func intraday(_ answer: VendorAnswer) throws(FeedError) -> [FeedBar] {
        var collector = collector
        let content = try content(of: answer)
        let zone = content["Meta Data"]?.object?["6. Time Zone"]?.string
        guard zone == "US/Eastern" else {
            throw reading.unreadable(
                field: "6. Time Zone", "US/Eastern is expected, not '\(zone ?? "")'")
        }
        let series = try series("Time Series (\(interval))", of: content)
        for (index, member) in series.members.enumerated() {
            let row = index + 1
            guard let stamp = stamp(member.name) else {
                throw reading.unreadable(row: row, field: "time", "'\(member.name)' is no time")
            }
            let close = IntradayBars.close(
                opening: stamp, request.series.timeframe, request.calendar)
            guard let close else { continue }
            let fields = Fields(reading, row, member)
            try collector.add(
                FeedBar(bar: try fields.bar(closing: close, volume: "5. volume")), row: row,
                saidAt: answer.saidAt)
        }
        return try collector.bars()
    }

    /// - Throws: `FeedError` when the further bars are not later than those that are there, or
    ///   too many.
    func append(_ further: [FeedBar], to bars: inout [FeedBar]) throws(FeedError) {
        if let last = bars.last?.bar.timestamp, let next = further.first?.bar.timestamp,
            next <= last
        {
            throw reading.unreadable(field: "time", "\(next) is told in two months")
        }
        guard bars.count + further.count <= FeedOffer.barLimit else {
            throw reading.error(.tooManyBars(limit: FeedOffer.barLimit))
        }
        bars += further
    }

    /// `2024-08-02 19:55:00`
    private func stamp(_ text: String) -> Timestamp? {
        let parts = text.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 2, let date = CivilDate(iso: parts[0]),
            let clock = Timestamp(rfc3339: "1970-01-01T\(parts[1])Z"), parts[1].utf8.count == 8
        else { return nil }
        let seconds = clock.nanoseconds / Timestamp.nanosecondsPerSecond
        return NewYorkClock.instant(date, secondsOfDay: Int(seconds))
    }

    // MARK: - What every answer has

    private func content(of answer: VendorAnswer) throws(FeedError) -> JSONObject {
        try reading.requireSuccess(answer)
        guard let content = try reading.json(of: answer).object else {
            throw reading.unreadable("it is no JSON object")
        }
        for member in content.members
        where ["Error Message", "Note", "Information"].contains(member.name) {
            throw reading.error(reason(of: member.value.string ?? "", in: member.name))
        }
        // What it answers for some symbols that it does not know.
        guard !content.members.isEmpty else { throw reading.error(.noData) }
        return content
    }

    private func series(
        _ name: String, of content: JSONObject
    ) throws(FeedError) -> JSONObject {
        guard let series = content[name]?.object else {
            throw reading.unreadable(field: name, "it is missing, or no object")
        }
        return series
    }

    /// What the vendor means by its words; they are the same in all three members.
    private func reason(of text: String, in member: String) -> FeedError.Reason {
        let words = text.lowercased()
        func say(_ parts: String...) -> Bool { parts.contains { words.contains($0) } }
        // Its advertisement in the other messages ends with «unlock all premium endpoints».
        if say("apikey is invalid", "a premium endpoint", "premium feature", "premium-only") {
            return .refused(detail: reading.words(text))
        }
        if say("per minute", "call frequency") {
            return .rateLimited(retryAfterSeconds: AlphaVantageReader.minuteSeconds)
        }
        if say("per second", "burst pattern") { return .rateLimited(retryAfterSeconds: nil) }
        if say("per day", "daily rate limit") { return .quotaSpent }
        if member == "Error Message", say("invalid api call") { return .noData }
        return .vendorMessage(reading.words(text))
    }
}

extension AlphaVantageReader {
    /// The members of one bar.
    private struct Fields {
        private let reading: AnswerReading
        private let row: Int
        private let name: String
        private let values: JSONObject?

        init(_ reading: AnswerReading, _ row: Int, _ member: JSONObject.Member) {
            self.reading = reading
            self.row = row
            name = member.name
            values = member.value.object
        }

        func number(_ field: String) throws(FeedError) -> Double {
            let place = "\(name) \(field)"
            guard let values else {
                throw reading.unreadable(row: row, field: name, "an object is expected")
            }
            guard let number = try reading.number(values[field], row: row, field: place) else {
                throw reading.unreadable(row: row, field: place, "it is missing")
            }
            return number
        }

        func bar(closing close: Timestamp, volume: String) throws(FeedError) -> Bar {
            Bar(
                timestamp: close, open: VendorNumber.price(try number("1. open")),
                high: VendorNumber.price(try number("2. high")),
                low: VendorNumber.price(try number("3. low")), close: try number("4. close"),
                volume: try number(volume))
        }
    }
}
