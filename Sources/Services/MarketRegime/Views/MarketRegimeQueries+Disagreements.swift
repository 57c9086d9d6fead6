package import Contracts
import Market
import Ports
import RegimeModels
import Regimes

extension MarketRegimeQueries {
    package func listDisagreements(
        _ request: Bloasis_MarketRegime_ListDisagreementsRequest
    ) async throws -> Bloasis_MarketRegime_ListDisagreementsResponse {
        try await answering {
            let profile = try await head(request.market, request.timeframe).profile
            let query = SeriesQuery(
                profile.series,
                range: try RequestReading.range(request.timeRange, given: request.hasTimeRange),
                after: try PageToken.read(request.pageToken),
                limit: try RequestReading.pageSize(request.pageSize))
            let answers = try await reader.shadowAnswers(query, onlyDisagreeing: true)
            var response = Bloasis_MarketRegime_ListDisagreementsResponse()
            response.items = answers.map { Bloasis_MarketRegime_Disagreement($0) }
            response.nextPageToken = PageToken.next(
                after: answers.last?.asOf, count: answers.count, of: query)
            // A specification of another version's is no reason not to list what was said.
            let timeline = try? SpecificationTimeline(canonicalJSON: profile.specification)
            if let timeline, let shadow = timeline.shadow {
                let tally = try await reader.shadowTally(of: profile.series, after: shadow.after)
                response.shadow = Bloasis_MarketRegime_ShadowRun(
                    shadow, beside: timeline.current, tally)
            }
            return response
        }
    }
}

extension Bloasis_MarketRegime_Disagreement {
    fileprivate init(_ answer: ShadowAnswer) {
        self.init()
        asOf = answer.asOf.rfc3339
        kind = answer.model
        modelVersion = answer.modelVersion.text
        regime = answer.regime.label
        confidence = answer.confidence
        publishedRegime = answer.published.label
        publishedVersion = answer.publishedVersion.text
        first = answer.isTurn
    }
}

extension Bloasis_MarketRegime_ShadowRun {
    fileprivate init(
        _ shadow: SpecificationTimeline.Shadow, beside current: RegimeSpecification,
        _ tally: ShadowTally
    ) {
        self.init()
        kind = shadow.specification.model.rawValue
        publishedKind = current.model.rawValue
        after = shadow.after.rfc3339
        bars = Int64(tally.bars)
        disagreed = Int64(tally.disagreed)
    }
}
