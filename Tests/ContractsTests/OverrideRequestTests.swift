import Contracts
import Market
import Ports
import Regimes
import Testing

@Suite("Orders to override, read and refused")
struct OverrideRequestTests {
    private let now = "2018-12-31T20:00:00Z"

    private func request() -> Bloasis_MarketRegime_SaveRegimeRequest {
        var request = Bloasis_MarketRegime_SaveRegimeRequest()
        request.userID = "ada"
        request.regime = "crisis"
        request.reason = "a rate decision"
        request.expiresAt = "2018-12-31T22:00:00+01:00"
        return request
    }

    private func order(
        _ request: Bloasis_MarketRegime_SaveRegimeRequest, at now: String
    ) throws -> OverrideOrder {
        try request.order(
            defaultMarket: try #require(MarketName("SPX")), at: try Examples.instant(now))
    }

    private func fault(_ request: Bloasis_MarketRegime_SaveRegimeRequest) throws -> String {
        let fault = try #require(throws: RPCFault.self) { _ = try order(request, at: now) }
        #expect(fault.code == .invalidArgument)
        return fault.message
    }

    @Test("who, what, why and until when; the default market where none is named")
    func whole() throws {
        let order = try order(request(), at: "2018-12-31T20:00:00.000000001Z")
        #expect(order.series == Series(market: try #require(MarketName("SPX"))))
        #expect(order.regime == .crisis)
        #expect(order.userID == "ada")
        #expect(order.reason == "a rate decision")
        #expect(order.madeAt.rfc3339 == "2018-12-31T20:00:00.000001Z", "what every store keeps")
        #expect(order.expiresAt.rfc3339 == "2018-12-31T21:00:00Z")
        #expect(order.reasoning == "overridden until 2018-12-31T21:00:00Z: a rate decision")
        var other = request()
        other.market = "BTC-USD"
        other.timeframe = "4h"
        #expect(try self.order(other, at: now).series.description == "BTC-USD/4h")
    }

    @Test("an invalid regime is refused word for word", arguments: ["panic", "unknown", "Crisis"])
    func regime(label: String) throws {
        var request = request()
        request.regime = label
        #expect(
            try fault(request)
                == "Invalid regime value: \(label). Must be one of: crisis, normal_bear, "
                + "normal_bull, euphoria, high_volatility, low_volatility")
        request.regime = String(repeating: "x", count: 10_000)
        #expect(try fault(request).utf8.count < 300, "what was sent is not sent back whole")
    }

    @Test("a time that is missing, broken, past or too far away is refused")
    func expiry() throws {
        var request = request()
        for (text, problem) in [
            ("", "expires_at is missing"), ("tomorrow", "expires_at: 'tomorrow' is not an instant"),
            ("2018-12-31T21:00:00", "expires_at: '2018-12-31T21:00:00' is not an instant"),
            (now, "expires_at: \(now) is not later than now"),
            ("2018-12-31T20:00:00.0000001Z", "is finer than a microsecond"),
            ("2020-01-01T20:00:00.000001Z", "is more than 366 days from now"),
        ] {
            request.expiresAt = text
            let message = try fault(request)
            #expect(message.contains(problem), "\(message)")
        }
        for text in ["2018-12-31T20:00:00.000001Z", "2020-01-01T20:00:00Z"] {
            request.expiresAt = text
            #expect(try order(request, at: now).expiresAt.rfc3339 == text)
        }
    }

    @Test("who orders is named by an id as long as a subject")
    func user() throws {
        var request = request()
        let limit = TokenLimits.subjectBytes
        for name in ["", "a b", "ä", String(repeating: "x", count: limit + 1)] {
            request.userID = name
            #expect(try fault(request) == "user_id: \(IdentifierRule.problem)")
        }
        request.userID = String(repeating: "x", count: limit)
        #expect(try order(request, at: now).userID == request.userID)
    }

    @Test("a reason is one line of 1 to 500 bytes")
    func reason() throws {
        var request = request()
        for (text, problem) in [
            ("", "is missing"), (" \t ", "is missing"), ("a\nb", "more than one line"),
            ("a\u{0}b", "control character"), ("a\u{2028}b", "more than one line"),
            (String(repeating: "x", count: 501), "has 501 bytes: 500 at most"),
            (String(repeating: "é", count: 251), "has 502 bytes: 500 at most"),
        ] {
            request.reason = text
            let message = try fault(request)
            #expect(message.hasPrefix("reason: ") && message.contains(problem), "\(message)")
        }
        request.reason = String(repeating: "é", count: 250)
        #expect(try order(request, at: now).reason == request.reason)
    }

    @Test("an override's answer keeps what the filter measured", arguments: [nil, 0.9375])
    func answer(calibrated: Double?) throws {
        var request = request()
        request.regime = "high_volatility"
        var assessment = try Examples.assessment()
        assessment.calibratedConfidence = calibrated
        let override = RegimeOverride(
            id: EventID("0123456789abcdef"), order: try order(request, at: now), sequence: 18,
            asOf: assessment.asOf, previousRegime: .crisis)
        let plain = Bloasis_MarketRegime_RegimeResponse(assessment, sequence: 18)
        var answer = Bloasis_MarketRegime_RegimeResponse(
            assessment, sequence: 18, override: override)
        #expect(answer.regime == "high_volatility")
        #expect(answer.confidence == 0.0625)
        #expect(answer.confidenceKind == "mapped_posterior" && !answer.hasProbabilityKind)
        #expect(answer.riskLevel == "high")
        #expect(answer.trigger == "override")
        #expect(answer.previousRegime == "crisis")
        #expect(answer.since == assessment.asOf.rfc3339)
        #expect(answer.reasoning == override.order.reasoning)
        #expect(try !WireJSON.text(answer).contains("ada"))
        answer.regime = plain.regime
        answer.confidence = plain.confidence
        answer.confidenceKind = plain.confidenceKind
        if plain.hasProbabilityKind { answer.probabilityKind = plain.probabilityKind }
        answer.riskLevel = plain.riskLevel
        answer.trigger = plain.trigger
        answer.previousRegime = plain.previousRegime
        answer.since = plain.since
        answer.reasoning = plain.reasoning
        #expect(answer == plain)
    }
}
