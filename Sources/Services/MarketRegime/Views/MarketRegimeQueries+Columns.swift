package import Contracts
import Hosting
import Market
import Ports
import Regimes

extension MarketRegimeQueries {
    package typealias Columns = Bloasis_MarketRegime_GetRegimeColumnsResponse

    /// Points of a drawing when the request does not say.
    package static let pointsDefault = 6_000
    /// Points of a drawing at the most; a larger request is answered with this many.
    package static let pointsMaximum = 20_000
    /// Drawings that are put together at a time; each holds a page of what was said of bars, and
    /// twice its points.
    static let drawingLimit = 16
    /// After so long a place is likely to be free: few take longer.
    static let drawingRetrySeconds = 1

    /// What a drawing depends on.
    struct Drawing: Hashable {
        let series: Series
        /// The head's: whoever asks after a write is not given what was begun before it.
        let writes: Int64
        let range: Range<Timestamp>?
        let knownAt: Timestamp?
        let points: Int
    }

    package func getRegimeColumns(
        _ request: Bloasis_MarketRegime_GetRegimeColumnsRequest
    ) async throws -> Columns {
        try await answering {
            let points = try RequestReading.count(
                request.points, field: "points", standard: MarketRegimeQueries.pointsDefault,
                maximum: MarketRegimeQueries.pointsMaximum)
            let head = try await head(request.market, request.timeframe)
            let drawing = Drawing(
                series: head.profile.series, writes: head.writes,
                range: try RequestReading.range(request.timeRange, given: request.hasTimeRange),
                knownAt: try RequestReading.knownAt(request.knownAt, now: now()), points: points)
            return try await drawings.value(of: drawing) { try await columns(of: drawing) }
        }
    }

    private func columns(of drawing: Drawing) async throws -> Columns {
        let query = SeriesQuery(
            drawing.series, range: drawing.range, knownAt: drawing.knownAt)
        var thinning = ColumnThinning(to: drawing.points)
        try await told.forEachTold(.latest, query) { told, close in
            thinning.append(ColumnPoint(told, close: close))
        }
        var columns = Columns(thinning.finish(), barsPerPoint: thinning.barsPerPoint)
        columns.market = drawing.series.market.text
        columns.timeframe = "\(drawing.series.timeframe)"
        columns.bars = Int32(clamping: thinning.bars)
        return columns
    }
}

extension MarketRegimeQueries.Columns {
    fileprivate init(_ points: [ColumnPoint], barsPerPoint: Int) {
        self.init()
        self.barsPerPoint = Int32(clamping: barsPerPoint)
        asOf = points.map {
            Double($0.asOf.nanoseconds) / Double(Timestamp.nanosecondsPerSecond)
        }
        close = points.map(\.close)
        if barsPerPoint > 1 {
            low = points.map(\.low)
            high = points.map(\.high)
        }
        let seen = Set(points.map(\.regime))
        let occurring = Regime.allCases.filter(seen.contains)
        labels = occurring.map(\.label)
        let places = Dictionary(
            uniqueKeysWithValues: occurring.enumerated().map { ($1, Int32($0)) })
        regimes = points.map { places[$0.regime] ?? 0 }
        confidence = points.map { Self.drawn($0.confidence) }
        probabilities = Regime.allCases.compactMap { regime in
            var column = Bloasis_MarketRegime_RegimeProbabilityColumn()
            column.values = points.map { Self.drawn($0.probabilities[regime]) }
            guard column.values.contains(where: { $0 != 0 }) else { return nil }
            column.label = regime.label
            return column
        }
        if let kind = points.last?.kind { confidenceKind = kind.rawValue }
    }

    /// To 4 decimals.
    private static func drawn(_ probability: Double) -> Double {
        (probability * 10_000).rounded() / 10_000
    }
}
