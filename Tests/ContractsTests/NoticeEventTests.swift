import Contracts
import Market
import Notices
import Ports
import Regimes
import TestSupport
import Testing
import Trading

@Suite("Events that people are told of")
struct NoticeEventTests {
    private func message(
        replacing part: String = "", with other: String = ""
    ) throws -> EventMessage {
        let event = try Samples.notice(.crisis, .euphoria, confidence: 0.625).event
        #expect(event.contains(part) || part.isEmpty)
        return EventMessage(
            topic: .regimeChange, key: "SPX",
            payload: Array((part.isEmpty ? event : event.replacing(part, with: other)).utf8))
    }

    @Test("a change is read with all that is told of it")
    func change() throws {
        let message = try message()
        let notice = try Notice(message)
        #expect(notice.kind == .regimeChange)
        #expect(notice.timestamp == Samples.day(1))
        #expect(Array(notice.event.utf8) == message.payload)
        let step = RegimeStep(
            series: Samples.series, previous: .crisis, regime: .euphoria, confidence: 0.625,
            isCalibrated: false, reasoning: "day 1 is euphoria", sequence: 1,
            isRestatement: false)
        #expect(notice.matter == .change(step))
        guard
            case .change(let restated) = try Samples.notice(.crisis, .euphoria, restating: true)
                .matter
        else { return }
        #expect(restated.isRestatement)
    }

    @Test("what a store keeps is read again as it was")
    func reading() throws {
        let fill = try Samples.notice(of: Samples.fill("f-1"))
        guard case .fill(let report, nil) = fill.matter else {
            Issue.record("\(fill.matter)")
            return
        }
        #expect(report == (try Samples.fill("f-1")))
        for notice in [fill, try Notice(message())] {
            #expect(try NoticeReading.standard.notice(notice.kind, notice.event) == notice)
        }
    }

    @Test("an id that no store can look up is refused", arguments: [256, 255, 1, 0])
    func ids(length: Int) throws {
        let id = try Notice(message()).eventID.text
        let long = try message(replacing: id, with: String(repeating: "x", count: length))
        if (1...255).contains(length) {
            #expect(try Notice(long).eventID.text.count == length)
        } else {
            #expect(throws: EventDecodingError.self) { try Notice(long) }
        }
        for strange in [#"\u0000"#, "a b", "é"] {
            let broken = try message(replacing: id, with: strange)
            #expect(throws: EventDecodingError.self) { try Notice(broken) }
        }
    }

    @Test("a text that no store can keep is refused, whatever encoding it is read in")
    func texts() throws {
        let wide = try message().payload.flatMap { [$0, 0] as [UInt8] }
        let broken = try message(replacing: "day 1", with: "day\u{0}1")
        for payload in [wide, [0xFF, 0xFE] + wide, broken.payload] {
            #expect(throws: EventDecodingError.self) {
                try Notice(EventMessage(topic: .regimeChange, key: "SPX", payload: payload))
            }
        }
    }

    @Test(
        "a confidence that is no probability is refused, and one that rounds to 1 is 1",
        arguments: [
            ("0", 0), ("1", 1), ("1.0000000000000002", 1), ("1.000000002", nil), ("1e300", nil),
            ("-1e-9", nil), ("-1e300", nil),
        ] as [(String, Double?)]
    )
    func confidence(text: String, read: Double?) throws {
        let event = try message(replacing: #""confidence":0.625"#, with: #""confidence":\#(text)"#)
        guard let read else {
            let error = #expect(throws: EventDecodingError.self) { try Notice(event) }
            #expect(error?.field == "confidence")
            return
        }
        guard case .change(let step) = try Notice(event).matter else { return }
        #expect(step.confidence == read)
    }

    @Test("so are probabilities that are none", arguments: ["1e300", "-0.1", "1.1"])
    func probabilities(text: String) throws {
        let event = try message(
            replacing: #""high_volatility":0.0"#, with: #""high_volatility":\#(text)"#)
        let error = #expect(throws: EventDecodingError.self) { try Notice(event) }
        #expect(error?.field == "probabilities")
    }

    @Test("of other topics nobody is told")
    func topics() throws {
        let message = EventMessage(topic: .marketBars, key: "SPX", payload: Array("{}".utf8))
        #expect(throws: UnknownTopic.self) { try Notice(message) }
    }
}
