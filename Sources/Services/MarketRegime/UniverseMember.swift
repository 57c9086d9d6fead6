package import Market

/// One market of a universe, ready to be read.
package struct UniverseMember: Sendable {
    package let series: Series
    package let calendar: SessionCalendar
    /// Reads the source, and names its bars and how they are to be written: the same digest, the
    /// same work.
    package let open: @Sendable () throws -> MemberSource

    package init(
        series: Series, calendar: SessionCalendar,
        open: @escaping @Sendable () throws -> MemberSource
    ) {
        self.series = series
        self.calendar = calendar
        self.open = open
    }

    func request(_ source: MemberSource, _ terms: BackfillTerms) -> BackfillRequest {
        BackfillRequest(series: series, calendar: calendar, terms, completing: source.digest)
    }
}

/// The bars of a market, and what was noticed while they were read.
package struct MemberSource {
    package let digest: String
    package let pull: Backfill.Source
    /// Asked for when the last bar was pulled.
    package let remarks: () -> [String]

    package init(
        digest: String, pull: @escaping Backfill.Source, remarks: @escaping () -> [String]
    ) {
        self.digest = digest
        self.pull = pull
        self.remarks = remarks
    }
}

/// How one market of a universe came out.
package struct MemberOutcome: Sendable {
    package enum End: Sendable {
        case written(BackfillResult)
        /// Its source was written to its end before; changes announced now.
        case unchanged(announced: Int)
        /// What was committed before the failure stays.
        case failed(String)
    }

    package let series: Series
    package let end: End
    /// What a person should know about its source.
    package let remarks: [String]

    package init(_ series: Series, _ end: End, remarks: [String] = []) {
        self.series = series
        self.end = end
        self.remarks = remarks
    }
}
