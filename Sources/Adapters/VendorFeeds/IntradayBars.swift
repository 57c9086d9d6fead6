import Market

/// When bars shorter than a day close that are stamped at their open.
enum IntradayBars {
    /// `nil` when the market was shut all through the bar. A session's end cuts its last bar short.
    static func close(
        opening stamp: Timestamp, _ timeframe: Timeframe, _ calendar: SessionCalendar
    ) -> Timestamp? {
        let (end, overflows) = stamp.nanoseconds.addingReportingOverflow(timeframe.nanoseconds)
        guard !overflows else { return nil }
        let close = Timestamp(nanoseconds: end)
        guard calendar == .nyse else { return close }
        guard let session = calendar.session(on: NewYorkClock.localDate(at: stamp)),
            stamp < session.close, session.open < close
        else { return nil }
        return min(close, session.close)
    }
}
