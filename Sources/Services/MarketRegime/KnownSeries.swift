package import Market
package import Ports

/// What is stored when many series are about to be written.
package struct KnownSeries: Sendable {
    private let heads: [Series: SeriesHead]

    package init(_ heads: [SeriesHead]) {
        self.heads = Dictionary(
            heads.map { ($0.profile.series, $0) }, uniquingKeysWith: { $1 })
    }

    /// The one that a series was begun with.
    package func calendar(of series: Series) -> SessionCalendar? {
        heads[series]?.profile.calendar
    }

    /// Whether nothing of a series is stored that a walk would have to take in.
    func isNew(_ series: Series) -> Bool { heads[series].map(BulkBackfill.knowsNothing) ?? true }

    /// The digest of the source that was written to its end, if nobody wrote the series since.
    func mark(of series: Series) -> String? {
        guard let head = heads[series], let source = head.source, source.writes == head.writes
        else { return nil }
        return source.digest
    }
}
