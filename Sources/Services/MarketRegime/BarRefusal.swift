package import Market
package import Ports

/// Why a bar that can be read is not taken, by whichever door it comes.
package enum BarRefusal: Error, Equatable, Sendable {
    /// It is known only later than now.
    case fromTheFuture(Timestamp, availableAt: Timestamp)
    /// A session has one daily bar: another stamp on the same day is a mistake in the stamp, and
    /// would count the day twice.
    case sessionTwice(SeriesProfile, CivilDate, Timestamp, Timestamp)
    /// Classified, it would be a crash that never was.
    case suspectedSplit(Series, SuspectedSplit)

    static func check(_ bar: Bar, at now: Timestamp) throws(BarRefusal) {
        guard bar.isFromTheFuture(at: now) else { return }
        throw .fromTheFuture(bar.timestamp, availableAt: bar.availableAt)
    }

    /// - Parameter stamps: of stored bars first, then of new ones; the same one again is no other
    ///   bar.
    static func checkSessions(
        _ stamps: [Timestamp], of profile: SeriesProfile
    ) throws(BarRefusal) {
        guard profile.series.timeframe == .daily else { return }
        var taken: [CivilDate: Timestamp] = [:]
        for stamp in stamps {
            let date = profile.calendar.date(ofClose: stamp)
            let other = taken.updateValue(stamp, forKey: date) ?? stamp
            guard other == stamp else { throw .sessionTwice(profile, date, other, stamp) }
        }
    }

    /// - Parameters:
    ///   - bars: ascending, and later than those before.
    ///   - before: stored ones, ascending.
    static func checkSplits(
        _ bars: [Bar], after before: [Bar], of profile: SeriesProfile
    ) throws(BarRefusal) {
        let series = profile.series
        var detector = SplitDetector(timeframe: series.timeframe, calendar: profile.calendar)
        for bar in before { detector.accept(bar) }
        for bar in bars {
            if let split = detector.suspicion(at: bar) { throw .suspectedSplit(series, split) }
        }
    }
}

extension BarRefusal: CustomStringConvertible {
    package var description: String {
        switch self {
        case .fromTheFuture(let timestamp, let availableAt):
            return "the bar of \(timestamp) is known only at \(availableAt), in the future: send "
                + "it then"
        case .sessionTwice(let profile, let date, let other, let stamp):
            return "timestamp: \(profile.series) has two bars of \(date), closing at \(other) and "
                + "\(stamp): that session closes at \(profile.calendar.close(on: date))"
        case .suspectedSplit(let series, let split):
            return "close: \(series): \(split): backfill the adjusted history and send adjusted "
                + "bars; if the market did move so, backfill this bar with --accept-split "
                + "\(AcceptedSplit(series.market, at: split.timestamp))"
        }
    }
}

extension RegimeReader {
    /// The stamps of stored bars that may be of the same sessions as daily bars with stamps in a
    /// range.
    func stamps(
        around stamps: ClosedRange<Timestamp>, of series: Series
    ) async throws -> [Timestamp] {
        let from = stamps.lowerBound.advanced(byNanoseconds: -Timestamp.nanosecondsPerDay)
        let until = stamps.upperBound.advanced(byNanoseconds: Timestamp.nanosecondsPerDay)
        return try await bars(SeriesQuery(series, range: from..<until)).map(\.bar.timestamp)
    }
}
