import Contracts
import Market
import Regimes
import SwiftProtobuf
import Testing

@Suite("Domain values as wire messages")
struct MappingTests {
    @Test("a current answer is the golden JSON")
    func goldenResponse() throws {
        let response = Bloasis_MarketRegime_RegimeResponse(
            try Examples.assessment(), sequence: 17,
            staleness: .stale(since: try Examples.instant("2008-10-07T20:00:00Z")),
            close: 1056.89)
        #expect(try WireJSON.text(response) == Examples.golden("regime_response.json"))
    }

    @Test("a change is the golden JSON")
    func goldenChange() throws {
        let change = Bloasis_MarketRegime_RegimeChange(try Examples.change())
        #expect(try WireJSON.text(change) == Examples.golden("regime_change.json"))
    }

    @Test("primitive defaults are printed, what is unknown is left out")
    func defaults() throws {
        var assessment = try Examples.assessment()
        assessment.regime = .unknown
        assessment.probabilities = .unknown
        assessment.reasoning = ""
        let fresh = Bloasis_MarketRegime_RegimeResponse(
            assessment, sequence: 0, staleness: .fresh)
        let json = try WireJSON.text(fresh)
        for member in [
            #""confidence":0.0"#, #""reasoning":"""#, #""sequence":"0""#, #""stale":false"#,
            #""inputMissing":false"#, #""riskLevel":"high""#,
        ] {
            #expect(json.contains(member), "\(member) is not in \(json)")
        }
        #expect(!json.contains("staleSince"))
        #expect(!json.contains("momentum_12_1"), "a missing indicator has no value")
        #expect(!json.contains("close"))
    }

    @Test("a calibrated answer says so, and what its probabilities are; another says nothing new")
    func calibrated() throws {
        var assessment = try Examples.assessment()
        let raw = Bloasis_MarketRegime_RegimeResponse(assessment)
        #expect(!raw.hasProbabilityKind && raw.confidenceKind == "mapped_posterior")
        assessment.calibratedConfidence = 0.9375
        var answer = Bloasis_MarketRegime_RegimeResponse(assessment)
        #expect(answer.confidence == 0.9375)
        #expect(answer.confidenceKind == "calibrated")
        #expect(answer.probabilityKind == "mapped_posterior")
        let json = try WireJSON.text(answer)
        #expect(json.contains(#""confidenceKind":"calibrated""#))
        #expect(json.contains(#""probabilityKind":"mapped_posterior""#))
        answer.confidence = raw.confidence
        answer.sayUncalibrated()
        #expect(answer == raw)
        answer.sayUncalibrated()
        #expect(answer == raw)

        var change = try Examples.change()
        #expect(!Bloasis_MarketRegime_RegimeChange(change).hasConfidenceKind)
        change.calibratedConfidence = 0.9375
        let message = Bloasis_MarketRegime_RegimeChange(change)
        #expect(message.confidence == 0.9375 && message.confidenceKind == "calibrated")
        #expect(message.probabilities["crisis"] == 0.8125)
        var told = Bloasis_MarketRegime_RegimeChange(RegimeChangeEvent(change))
        told.revision = message.revision
        #expect(told == message)
    }

    @Test("a page without items says so")
    func emptyPage() throws {
        var page = Bloasis_MarketRegime_ListRegimeChangesResponse()
        #expect(try WireJSON.text(page) == #"{"items":[]}"#)
        page.nextPageToken = ""
        #expect(try WireJSON.text(page) == #"{"items":[],"nextPageToken":""}"#)
        var series = Bloasis_MarketRegime_ListSeriesResponse()
        series.total = 0
        #expect(try WireJSON.text(series) == #"{"items":[],"total":0}"#)
    }

    @Test("an item of a history says nothing about staleness or sequence")
    func historyItem() throws {
        let item = Bloasis_MarketRegime_RegimeResponse(try Examples.assessment(), close: .nan)
        #expect(!item.hasStale && !item.hasSequence && !item.hasClose)
        #expect(item.probabilities.count == Regime.allCases.count)
    }

    @Test("an unannounced change has no sequence")
    func unannounced() throws {
        let change = Bloasis_MarketRegime_RegimeChange(try Examples.change(announced: false))
        #expect(!change.hasSequence && !change.hasPreviousEventID && !change.hasSupersedes)
        #expect(change.previousRegime == "high_volatility")
    }

    @Test(
        "numbers read back bit for bit",
        arguments: [
            0.1, 1e-07, Double.leastNonzeroMagnitude, 1e22, 123_456_789.123_456_78, -0.0, 2.0 / 3,
        ])
    func roundTrip(number: Double) throws {
        var message = Bloasis_MarketRegime_RegimeResponse()
        message.confidence = number
        let read = try Bloasis_MarketRegime_RegimeResponse(jsonString: WireJSON.text(message))
        #expect(read.confidence.bitPattern == number.bitPattern)
        var json = JSONWriter()
        json.object { $0.member("n", number) }
        #expect(try Double(#require(json.text.split(separator: ":").last).dropLast()) == number)
    }

    @Test("a list is a JSON array, an empty one too")
    func arrays() throws {
        let change = Bloasis_MarketRegime_RegimeChange(try Examples.change())
        let text = try WireJSON.text(change)
        #expect(try WireJSON.array([change, change]) == "[\(text),\(text)]")
        #expect(try WireJSON.array([Bloasis_MarketRegime_RegimeChange]()) == "[]")
    }

    @Test("fields that older clients rely on keep their numbers")
    func fieldNumbers() throws {
        var response = Bloasis_MarketRegime_RegimeResponse()
        response.regime = "x"
        response.confidence = 0
        response.timestamp = "t"
        // Tags are number << 3 | wire type: 1 string, 2 double, 3 string; a set default is sent.
        let bytes: [UInt8] = try response.serializedBytes()
        #expect(bytes == [0x0A, 1, 0x78, 0x11, 0, 0, 0, 0, 0, 0, 0, 0, 0x1A, 1, 0x74])
        var request = Bloasis_MarketRegime_RegimeRequest()
        request.userID = "u"
        let asked: [UInt8] = try request.serializedBytes()
        #expect(asked == [0x0A, 1, 0x75])
        var strategy = Bloasis_AiAnalysis_StrategyRequest()
        strategy.regime = "r"
        strategy.symbols = ["s"]
        let sent: [UInt8] = try strategy.serializedBytes()
        #expect(sent == [0x0A, 1, 0x72, 0x12, 1, 0x73])
        var answer = Bloasis_AiAnalysis_StrategyResponse()
        answer.strategy = "s"
        answer.confidence = 0
        let answered: [UInt8] = try answer.serializedBytes()
        #expect(answered == [0x0A, 1, 0x73, 0x11, 0, 0, 0, 0, 0, 0, 0, 0])
    }
}
