package import Market

/// Reads the fields that requests share; a fault says which field, what is wrong and what to do.
package enum RequestReading {
    /// Items in one page when the request does not say.
    package static let pageSizeDefault = 1_000
    /// Items in one page at the most; a larger request is answered with this many.
    package static let pageSizeMaximum = 5_000

    /// The series of a request: the default market and `1d` where it names none.
    package static func series(
        market: String, timeframe: String, defaultMarket: MarketName
    ) throws(RPCFault) -> Series {
        let name =
            market.isEmpty ? defaultMarket : try RequestReading.market(market, field: "market")
        guard !timeframe.isEmpty else { return Series(market: name) }
        guard let length = Timeframe(timeframe) else {
            throw .invalidArgument(
                "timeframe: '\(excerpt(timeframe))' is not a timeframe: use a count and m, h, d "
                    + "or w, as in 1d, 4h or 15m")
        }
        return Series(market: name, timeframe: length)
    }

    /// The name of a market.
    package static func market(_ text: String, field: String) throws(RPCFault) -> MarketName {
        guard let name = MarketName(text) else {
            throw .invalidArgument(
                "\(field): '\(excerpt(text))' is not a market name: use 1 to "
                    + "\(MarketName.lengthLimit) of A-Z a-z 0-9 . _ ^ = -")
        }
        return name
    }

    /// How many items to answer with.
    package static func pageSize(_ asked: Int32) throws(RPCFault) -> Int {
        try count(
            asked, field: "page_size", standard: pageSizeDefault, maximum: pageSizeMaximum)
    }

    /// How many of something to answer with: the standard count for 0, the maximum for more.
    package static func count(
        _ asked: Int32, field: String, standard: Int, maximum: Int
    ) throws(RPCFault) -> Int {
        guard asked >= 0 else {
            throw .invalidArgument(
                "\(field): \(asked) is negative: use 1 to \(maximum), or leave it out")
        }
        return asked == 0 ? standard : min(Int(asked), maximum)
    }

    /// The half-open range of a request that need not have one; `nil` for all there is.
    package static func range(
        _ range: Bloasis_MarketRegime_TimeRange, given isGiven: Bool
    ) throws(RPCFault) -> Range<Timestamp>? {
        isGiven ? try requiredRange(range) : nil
    }

    /// The half-open range of a request that must have one.
    package static func requiredRange(
        _ range: Bloasis_MarketRegime_TimeRange
    ) throws(RPCFault) -> Range<Timestamp> {
        guard !range.startDate.isEmpty, !range.endDate.isEmpty else {
            throw .invalidArgument("time_range with start_date and end_date is required")
        }
        let start = try instant(range.startDate, field: "time_range.start_date")
        let end = try instant(range.endDate, field: "time_range.end_date")
        guard start <= end else {
            throw .invalidArgument(
                "time_range: start_date \(start) is later than end_date \(end): swap them")
        }
        return start..<end
    }

    /// The instant whose knowledge is asked for; `nil` for the present.
    package static func knownAt(
        _ text: String, now: Timestamp
    ) throws(RPCFault) -> Timestamp? {
        guard !text.isEmpty else { return nil }
        let instant = try instant(text, field: "known_at")
        guard instant <= now else {
            throw .invalidArgument(
                "known_at: \(instant) is in the future, nobody knows what will be said then: use "
                    + "an instant that has passed")
        }
        return instant
    }

    /// A day's midnight in UTC, or an RFC 3339 instant.
    package static func instant(
        _ text: String, field: String
    ) throws(RPCFault) -> Timestamp {
        if let date = CivilDate(iso: text), let midnight = Timestamp(date) { return midnight }
        if let instant = Timestamp(rfc3339: text) { return instant }
        throw .invalidArgument(
            "\(field): '\(excerpt(text))' is not a time: use 2018-12-31 or 2018-12-31T21:00:00Z, "
                + "between 1678 and 2262")
    }

    /// What a caller sent, short enough to be sent back: in bytes, since one character may have
    /// any number of them.
    package static func excerpt(_ text: String) -> String {
        cut(text, toBytes: excerptLimitBytes)
    }

    static func cut(_ text: String, toBytes limit: Int) -> String {
        guard text.utf8.count > limit else { return text }
        var scalars = String.UnicodeScalarView()
        var count = 0
        for scalar in text.unicodeScalars {
            count += UTF8.width(scalar)
            guard count <= limit else { break }
            scalars.append(scalar)
        }
        return String(scalars) + "…"
    }

    private static let excerptLimitBytes = 64
}
