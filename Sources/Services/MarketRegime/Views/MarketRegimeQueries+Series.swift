package import Contracts
import Market
import Ports
import RegimeModels
import Regimes

extension MarketRegimeQueries {
    /// Series in one page when the request does not say.
    package static let seriesPageSizeDefault = 200

    package func listSeries(
        _ request: Bloasis_MarketRegime_ListSeriesRequest
    ) async throws -> Bloasis_MarketRegime_ListSeriesResponse {
        try await answering {
            let range = try RequestReading.range(
                request.timeRange, given: request.hasTimeRange)
            let query = CatalogueQuery(
                timeframe: request.timeframe.isEmpty
                    ? nil
                    : try RequestReading.series(
                        market: "", timeframe: request.timeframe, defaultMarket: defaultMarket
                    ).timeframe,
                part: request.search, after: try PageToken.readSeries(request.pageToken),
                limit: try RequestReading.count(
                    request.pageSize, field: "page_size",
                    standard: MarketRegimeQueries.seriesPageSizeDefault,
                    maximum: CatalogueQuery.limitMaximum),
                labels: range.map { LabelQuery(over: $0) })
            var response = Bloasis_MarketRegime_ListSeriesResponse()
            response.total = 0
            response.nextPageToken = ""
            guard MarketName.mayContain(query.part) else { return response }
            let page = try await reader.series(query)
            response.total = Int32(clamping: page.total)
            response.nextPageToken = PageToken.next(
                after: page.heads.last?.profile.series, count: page.heads.count, of: query)
            response.items = summaries(of: page, over: range)
            return response
        }
    }

    private func summaries(
        of page: CataloguePage, over range: Range<Timestamp>?
    ) -> [Bloasis_MarketRegime_SeriesSummary] {
        var kinds = SpecifiedKinds()
        let now = now()
        return page.heads.map { head in
            let series = head.profile.series
            var summary = Bloasis_MarketRegime_SeriesSummary(head)
            if let kind = kinds.kind(of: head.profile.specification) { summary.kind = kind }
            if let current = page.currents[series] { summary.tell(current, head, at: now) }
            if let range { summary.tell(page.labels[series], over: range, head, at: now) }
            return summary
        }
    }
}

/// What kind of model classifies series; most have the same specification.
private struct SpecifiedKinds {
    private var known: [String: String?] = [:]

    /// `nil` for a specification that this program cannot read.
    mutating func kind(of specification: String) -> String? {
        if let kind = known[specification] { return kind }
        let kind = (try? SpecificationTimeline(canonicalJSON: specification))?.current.model
            .rawValue
        known[specification] = kind
        return kind
    }
}

extension Bloasis_MarketRegime_SeriesSummary {
    fileprivate init(_ head: SeriesHead) {
        self.init()
        market = head.profile.series.market.text
        timeframe = head.profile.series.timeframe.description
        calendar = head.profile.calendar.rawValue
        firstAsOf = head.profile.anchor.rfc3339
        sequence = head.lastSequence
        regime = Regime.unknown.label
        riskLevel = Regime.unknown.riskLevel.rawValue
    }

    fileprivate mutating func tell(
        _ current: RegimeAssessment, _ head: SeriesHead, at now: Timestamp
    ) {
        let answer = Bloasis_MarketRegime_RegimeResponse(
            current, override: head.override.flatMap { $0.isInForce(at: now) ? $0 : nil },
            staleness: Staleness(
                calendar: head.profile.calendar, asOf: current.asOf, now: now))
        regime = answer.regime
        previousRegime = answer.previousRegime
        since = answer.since
        confidence = answer.confidence
        confidenceKind = answer.confidenceKind
        riskLevel = answer.riskLevel
        asOf = answer.asOf
        modelVersion = answer.modelVersion
        trigger = answer.trigger
        stale = answer.stale
        if answer.hasStaleSince { staleSince = answer.staleSince }
    }

    fileprivate mutating func tell(
        _ labels: PublishedLabels?, over range: Range<Timestamp>, _ head: SeriesHead,
        at now: Timestamp
    ) {
        let isInForce = head.override?.isInForce(at: now) ?? false
        // An override whose time is over ends at the latest bar, recorded or not.
        let spans = labels?.spans(over: range, standingUntil: isInForce ? nil : head.lastAsOf)
        self.spans = (spans ?? []).map { span in
            var message = Bloasis_MarketRegime_RegimeSpan()
            message.regime = span.regime.label
            message.start = span.start.rfc3339
            return message
        }
        spansCut = labels?.wholeFrom != nil
    }
}
