import Contracts
import Market
import Ports
import Regimes
import TestSupport
import Testing
import Trading

@Suite("Fills on the wire")
struct TradingEventTests {
    private func recorded() throws -> RecordedFill {
        let fill = try Samples.fill(
            "f-2", kind: .correct, reference: "f-1", quantity: DecimalNumber(85, scale: 1),
            price: DecimalNumber(250_685, scale: 2), commission: DecimalNumber(-25, scale: 2))
        let moved = try Fill(
            id: fill.id, kind: fill.kind, reference: fill.reference, orderID: fill.orderID,
            userID: fill.userID, symbol: fill.symbol, side: fill.side, quantity: fill.quantity,
            price: fill.price, commission: fill.commission, currency: fill.currency,
            timestamp: Examples.instant("2018-12-31T21:00:00.25Z"))
        return RecordedFill(
            fill: moved, sequence: 2, eventID: FillWording.standard.eventID(moved),
            regime: KnownRegime(
                series: Samples.series, regime: .normalBear,
                asOf: try Examples.instant("2018-12-31T21:00:00Z")))
    }

    @Test("an order-filled event is the golden JSON, and is read back")
    func golden() throws {
        let recorded = try recorded()
        let message = FillWording.standard.message(recorded)
        let text = String(decoding: message.payload, as: UTF8.self)
        #expect(text == (try Examples.golden("order_filled_event.json")))
        #expect(try OrderFilledEvent(payload: message.payload).recorded == recorded)
        #expect(message.key == "ann")
        #expect(message.topic == .orderFilled)
        #expect(message.headers["ce-type"] == "bloasis.order-filled.v1")
        #expect(message.headers["ce-id"] == recorded.eventID.text)
        #expect(message.headers["ce-time"] == "2018-12-31T21:00:00.25Z")
    }

    @Test("a fill without a known regime says so, and is read back")
    func withoutRegime() throws {
        let recorded = Samples.recorded(try Samples.fill("f-1"), sequence: 1)
        let json = OrderFilledEvent(recorded).json
        #expect(json.contains(#""regime":null"#))
        #expect(json.contains(#""ref_fill_id":null"#))
        #expect(try OrderFilledEvent(payload: Array(json.utf8)).recorded == recorded)
    }

    @Test("a payload that is no fill names the field")
    func malformed() throws {
        let json = try Examples.golden("order_filled_event.json")
        for (from, to, field) in [
            (#""8.5""#, "true", "filled_qty"), (#""8.5""#, #""-1""#, "filled_qty"),
            (#""8.5""#, "-1", "filled_qty"), (#""8.5""#, "1e-11", "filled_qty"),
            (#""8.5""#, "[8.5]", "filled_qty"), (#""2506.85""#, "1e14", "filled_price"),
            (#""correct""#, #""amend""#, "event_type"), (#""ann""#, #""""#, "user_id"),
            (#""schema_version":1"#, #""schema_version":2"#, "schema_version"),
            (#""regime_timeframe":"1d","#, "", "regime_timeframe"),
        ] {
            let broken = json.replacing(from, with: to)
            #expect(broken != json)
            #expect(throws: EventDecodingError.self) {
                do throws(EventDecodingError) {
                    _ = try OrderFilledEvent(payload: Array(broken.utf8))
                } catch {
                    #expect(error.field == field, "\(error)")
                    throw error
                }
            }
        }
    }

    @Test("an event's decimals may be JSON numbers, taken by their text")
    func eventNumbers() throws {
        let recorded = try recorded()
        let json = OrderFilledEvent(recorded).json
        let numbers = json.replacing(#""8.5""#, with: "0.85E+1")
            .replacing(#""2506.85""#, with: "2506.8500000001").replacing(#""-0.25""#, with: "-0.25")
        let read = try OrderFilledEvent(payload: Array(numbers.utf8)).recorded.fill
        #expect("\(read.quantity) \(read.price) \(read.commission)" == "8.5 2506.8500000001 -0.25")
        #expect(numbers.count != json.count)
    }

    @Test(
        "what is no JSON number is not taken for one",
        arguments: [
            "007", "+5", "-", "5.", ".5", "-.5", "1e", "1e+", "1.2.3", "1-2", "00", "-01", "0x1",
        ])
    func notNumbers(text: String) throws {
        let event = try Examples.golden("order_filled_event.json")
        let broken = event.replacing(#""8.5""#, with: text)
        #expect(throws: EventDecodingError.self) {
            try OrderFilledEvent(payload: Array(broken.utf8))
        }
        #expect(throws: RPCFault.self) {
            try WireJSON.message(
                Bloasis_Trading_Fill.self, from: Array(#"{"filledQty":\#(text)}"#.utf8),
                subject: "the body", decimals: Bloasis_Trading_Fill.decimals)
        }
    }

    @Test("a JSON number of a decimal field is taken by its text")
    func numbers() throws {
        let body = #"""
            {"fillId": "f", "filledQty" : 0.10000000000000000001e1, "filled_price":
              12345678901234567.89, "commission":-1, "symbol": "\"filledQty\": 5", "sequence": 7}
            """#
        let fill = try WireJSON.message(
            Bloasis_Trading_Fill.self, from: Array(body.utf8), subject: "the body",
            decimals: Bloasis_Trading_Fill.decimals)
        #expect(fill.filledQty == "0.10000000000000000001e1")
        #expect(fill.filledPrice == "12345678901234567.89")
        #expect(fill.commission == "-1")
        #expect(fill.symbol == #""filledQty": 5"#)
        #expect(fill.sequence == 7)
    }

    @Test(
        "what is not JSON stays refused", arguments: ["", "{", #"{"filledQty":"#, #"{"a"#, "\"\\"])
    func notJSON(text: String) {
        #expect(throws: RPCFault.self) {
            try WireJSON.message(
                Bloasis_Trading_Fill.self, from: Array(text.utf8), subject: "the body",
                decimals: Bloasis_Trading_Fill.decimals)
        }
    }
}
