import Contracts
import Market
import Ports
import Regimes
import Testing

@Suite("Events as JSON")
struct EventTests {
    private func decode(_ json: String) throws(EventDecodingError) -> RegimeChangeEvent {
        try RegimeChangeEvent(payload: Array(json.utf8))
    }

    @Test("a regime change is the golden event, and reads back the same")
    func goldenChange() throws {
        let event = RegimeChangeEvent(try Examples.change())
        #expect(event.json == (try Examples.golden("regime_change_event.json")))
        #expect(try decode(event.json) == event)
    }

    @Test("a first announcement has null links; a restatement names what it replaces")
    func links() throws {
        var change = try Examples.change()
        change.announcement = Announcement(
            sequence: 1, previousEventID: nil, supersedes: EventID("beef"))
        let event = RegimeChangeEvent(change)
        #expect(event.json.contains(#""previous_event_id":null,"supersedes":"beef""#))
        #expect(try decode(event.json) == event)
    }

    @Test("a calibrated confidence says so, and reads back; its event is the same one")
    func calibrated() throws {
        let raw = RegimeChangeEvent(try Examples.change())
        #expect(!raw.isCalibrated && !raw.json.contains("confidence_kind"))
        var change = try Examples.change()
        change.calibratedConfidence = 0.9375
        let event = RegimeChangeEvent(change)
        #expect(event.json.contains(#""confidence":0.9375"#))
        #expect(event.json.hasSuffix(#","confidence_kind":"calibrated"}"#))
        #expect(try decode(event.json) == event)
        #expect(event.probabilities == raw.probabilities)
        #expect(EventID(naming: change) == raw.eventID)
    }

    @Test("the message is keyed by market and carries the contract's headers")
    func message() throws {
        let change = try Examples.change()
        let message = ChangeWording.standard.message(change)
        #expect(message.topic == .regimeChange)
        #expect(message.key == "SPX")
        #expect(message.payload == Array(RegimeChangeEvent(change).json.utf8))
        #expect(
            message.headers == [
                "content-type": "application/json", "ce-specversion": "1.0",
                "ce-id": change.eventID.text, "ce-type": "bloasis.regime-change.v1",
                "ce-source": "market-regime-service", "ce-time": "2008-09-29T20:00:00Z",
            ])
        let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        let traced = RegimeChangeEvent(change).message(traceparent: trace)
        #expect(traced.headers["traceparent"] == trace)
    }

    @Test("an event id is the same for good, and another for each thing it hashes")
    func eventIDs() throws {
        let change = try Examples.change(announced: false)
        // sha256("SPX/1d|2008-09-29T20:00:00Z|5f3c0a|1|crisis"), first 32 digits.
        #expect(EventID(naming: change).text == "d49cc876bd8ae361ebd8117975c8b94e")
        var others = [change, change, change, change, change]
        others[0].series = try Examples.series("NDX")
        others[1].asOf = change.asOf.advanced(bySeconds: 1)
        others[2].modelVersion = ModelVersion("5f3c0b")
        others[3].revision = 2
        others[4].regime = .euphoria
        let ids = Set(others.map { EventID(naming: $0) } + [EventID(naming: change)])
        #expect(ids.count == 6)
        var reworded = change
        reworded.reasoning = "other words"
        reworded.trigger = .backfill
        reworded.announcement = Announcement(sequence: 3, previousEventID: nil)
        #expect(EventID(naming: reworded) == EventID(naming: change))
    }

    @Test("additions to an event are let pass")
    func additions() throws {
        let event = RegimeChangeEvent(try Examples.change())
        let extended = event.json.dropLast() + #","hops":[{"at":"x"}],"new":true}"#
        #expect(try decode(String(extended)) == event)
    }

    @Test(
        "a broken event says which field and why",
        arguments: [
            (#""regime":"crisis""#, #""regime":"doom""#, "regime", "Must be one of"),
            (#""regime":"crisis","#, "", "regime", "is missing"),
            (#""sequence":17"#, #""sequence":17.5"#, "sequence", "whole number"),
            (#""sequence":17"#, #""sequence":"17""#, "sequence", "whole number"),
            (#""as_of":"2008-09-29T20:00:00Z""#, #""as_of":"2008-09-29""#, "as_of", "RFC 3339"),
            (#""trigger":"bar""#, #""trigger":"cat""#, "trigger", "not one of"),
            (#""confidence":0.8125"#, #""confidence":"high""#, "confidence", "finite number"),
            (#""market":"SPX""#, #""market":"S P X""#, "market", "not a market name"),
            (#""timeframe":"1d""#, #""timeframe":"1y""#, "timeframe", "not a timeframe"),
            (#""schema_version":1"#, #""schema_version":2"#, "schema_version", "upgrade"),
            (#""normal_bear":0.125"#, #""bear":0.125"#, "probabilities", "not a regime"),
            (#""model_version":"5f3c0a""#, #""model_version":7"#, "model_version", "not a string"),
        ])
    func brokenChange(
        part: String, replacement: String, field: String, words: String
    ) throws {
        let json = RegimeChangeEvent(try Examples.change()).json
        let broken = json.replacing(part, with: replacement, maxReplacements: 1)
        #expect(broken != json)
        let error = try #require(throws: EventDecodingError.self) { try decode(broken) }
        #expect(error.field == field)
        #expect(error.description.contains(words), "\(error)")
        #expect(error.description.hasPrefix("regime-change event: field '\(field)'"))
    }

    @Test("bytes that are no object are told so", arguments: ["", "[]", "{\"a\":", "\u{0}"])
    func noObject(text: String) throws {
        let error = try #require(throws: EventDecodingError.self) { try decode(text) }
        #expect(error.field == nil)
        #expect(error.description.contains("not a JSON object"))
    }
}

@Suite("Market bars as events")
struct MarketBarEventTests {
    private func decode(_ json: String) throws(EventDecodingError) -> MarketBarEvent {
        try MarketBarEvent(payload: Array(json.utf8))
    }

    @Test("a bar is the golden event, and reads back bit for bit")
    func golden() throws {
        let event = try Examples.barEvent()
        #expect(event.json == (try Examples.golden("market_bar_event.json")))
        let read = try decode(event.json)
        #expect(read.series == event.series && read.bar.exogenous == event.bar.exogenous)
        #expect(read.bar.saysTheSame(as: event.bar))
        #expect(read.bar.availableAt == event.bar.availableAt)
        #expect(event.message.key == "SPX" && event.message.topic == .marketBars)
    }

    @Test("missing stays missing: left out, a missing close is null")
    func missing() throws {
        var event = try Examples.barEvent()
        event.bar = Bar(timestamp: event.bar.timestamp, close: .nan)
        #expect(event.json.contains(#""close":null"#))
        for absent in ["open", "high", "low", "volume", "exogenous"] {
            #expect(!event.json.contains("\"\(absent)\""))
        }
        #expect(try decode(event.json).bar.saysTheSame(as: event.bar))
    }

    @Test("a timeframe left out is daily, an availability left out the close")
    func leftOut() throws {
        let event = try decode(
            #"{"market":"SPX","timestamp":"2018-12-31T16:00:00-05:00","close":2506.85}"#)
        #expect(event.series == (try Examples.series()))
        #expect(event.bar.availableAt == (try Examples.instant("2018-12-31T21:00:00Z")))
    }

    @Test(
        "a broken bar says which field and why",
        arguments: [
            (#""close":2506.85"#, #""closing":1"#, "close", "is missing"),
            (#""close":2506.85"#, #""close":-1"#, "close", "greater than zero"),
            (#""close":2506.85"#, #""close":"2506.85""#, "close", "not a finite number"),
            (#""close":2506.85"#, #""close":2600"#, "close", "outside low"),
            (#""high":2509.24"#, #""high":2400"#, "high", "below low"),
            (#""volume":3442870000.0"#, #""volume":-1"#, "volume", "negative"),
            (
                #""timestamp":"2018-12-31T21:00:00Z""#, #""timestamp":1"#, "timestamp",
                "not a string"
            ),
            (#""available_at":"2018"#, #""available_at":"x2018"#, "available_at", "RFC 3339"),
            (#""vix":25.42"#, #""vix":"n/a""#, "exogenous", "object of numbers"),
            (#""vix":25.42"#, #""VIX":25.42"#, "exogenous", "'VIX' cannot name"),
        ])
    func broken(part: String, replacement: String, field: String, words: String) throws {
        let json = try Examples.barEvent().json
        let broken = json.replacing(part, with: replacement, maxReplacements: 1)
        #expect(broken != json)
        let error = try #require(throws: EventDecodingError.self) { try decode(broken) }
        #expect(error.field == field)
        #expect(error.description.contains(words), "\(error)")
    }
}
