package import Market

/// Which column a bar's close is taken from.
package enum PriceColumn: String, Sendable, CaseIterable {
    /// Prices as they were paid.
    case close
    /// The adjusted close; open, high and low are scaled by adjusted close ÷ close of their row,
    /// volume stays as written.
    case adjusted
}

/// Which end of a bar its stamp in the file marks.
package enum BarStamp: String, Sendable, CaseIterable {
    case open
    case close
}

/// What to do with a row that cannot be a bar.
package enum BadRowPolicy: String, Sendable, CaseIterable {
    /// The first one ends the reading with an error that names file, line and column.
    case fail
    /// It is left out, counted and warned about.
    case skip
}

/// How a CSV file is to be understood.
///
/// When a bar closes, by timeframe and stamp:
/// - A minute or hour bar closes at its stamp, or one timeframe later when stamped at the open.
/// - A date closes at its session's end (`SessionCalendar.close(on:)`), whichever end is stamped.
///   A date-time in a daily file counts as its date as written on a calendar with sessions, and so
///   does a midnight without an offset on any calendar: that is how tools write dates. Other
///   date-times of daily bars are instants. A stamp after the session's end is the bar's
///   `availableAt`.
/// - A column `available_at` says when a row could be known, as an instant in RFC 3339 or as a
///   date, at whose session's end it was; never before the close.
/// - A bar of several days closes at the last session's end of the days it covers, which end with
///   the stamped date or, stamped at the open, begin with it.
package struct CSVReadOptions: Sendable, Equatable {
    package var timeframe: Timeframe
    package var calendar: SessionCalendar
    package var price: PriceColumn
    package var stamp: BarStamp
    /// IANA name of the zone of times without an offset; `nil` means `America/New_York` for the
    /// NYSE calendar and `UTC` for the others.
    ///
    /// Of a time that occurs twice, when clocks are set back, the later instant is taken, so that
    /// no bar is known too early; a time that clocks skip is an error. A file that runs through
    /// such an hour needs stamps with offsets.
    package var timeZone: String?
    package var onBadRow: BadRowPolicy
    /// Column of a wide table or ticker of a long one, in any case; a file of a single series
    /// ignores it.
    package var market: String?
    /// What the rows are made into.
    var content = Content.bars

    enum Content: Sendable, Equatable {
        /// Prices, which must be above zero and agree with one another.
        case bars
        /// One column of numbers, handed out as the close; `nil` takes the only one there is.
        case values(column: String?)

        var isBars: Bool { self == .bars }
    }

    package init(
        timeframe: Timeframe = .daily, calendar: SessionCalendar = .nyse,
        price: PriceColumn = .close, stamp: BarStamp = .close, timeZone: String? = nil,
        onBadRow: BadRowPolicy = .fail, market: String? = nil
    ) {
        self.timeframe = timeframe
        self.calendar = calendar
        self.price = price
        self.stamp = stamp
        self.timeZone = timeZone
        self.onBadRow = onBadRow
        self.market = market
    }

    var timeZoneName: String {
        timeZone ?? (calendar == .nyse ? "America/New_York" : "UTC")
    }
}
