import SwiftProtobuf
import TestSupport
import Testing

@testable import Contracts

@Suite("Lists are counted before they are read")
struct ListRequestTests {
    private typealias Bars = Bloasis_Trading_RecordBarsRequest

    private func told(_ body: () throws(RPCFault) -> Void) -> RPCFault? {
        do {
            try body()
            return nil
        } catch {
            return error
        }
    }

    private func wire(_ count: Int) -> [UInt8] {
        Array(repeatElement([0x1A, 0x00], count: count).joined())
    }

    private func json(_ count: Int) -> [UInt8] {
        Array("{\"bars\":[\(Array(repeating: "{}", count: count).joined(separator: ","))]}".utf8)
    }

    @Test("as many bars as may be are read, one more is refused, whatever they come in")
    func bounds() {
        let limit = Bars.barsLimit
        let words = "bars: \(limit + 1) bars in one request: send at most \(limit)"
        #expect(told { () throws(RPCFault) in try Bars.check(wire: wire(limit)) } == nil)
        #expect(told { () throws(RPCFault) in try Bars.check(json: json(limit)) } == nil)
        for fault in [
            told { () throws(RPCFault) in try Bars.check(wire: wire(limit + 1)) },
            told { () throws(RPCFault) in try Bars.check(json: json(limit + 1)) },
        ] {
            #expect(fault == .invalidArgument(words))
        }
    }

    @Test(
        "nothing before the bars hides them",
        arguments: [
            [0x0A, 0x01, 0x41], [0x2B, 0x1A, 0x00, 0x2C], [0x29, 1, 2, 3, 4, 5, 6, 7, 8],
            [0xFD, 0x01, 1, 2, 3, 4], [0xF8, 0x01, 0xFF, 0xFF, 0x03],
            [0x9A, 0x80, 0x80, 0x80, 0x00, 0x80, 0x00],
        ] as [[UInt8]])
    func hidden(prefix: [UInt8]) throws {
        let bytes = prefix + wire(Bars.barsLimit + 1)
        let message = try Bars(serializedBytes: bytes)
        #expect(message.bars.count > Bars.barsLimit)
        let fault = told { () throws(RPCFault) in try Bars.check(wire: bytes) }
        #expect(fault?.message.hasPrefix("bars: \(message.bars.count) bars") == true)
    }

    @Test(
        "texts and values within bars are no bars",
        arguments: [
            #"{"market":"[{[{[{","bars":[{"exogenous":{"a":1}},{"timestamp":"\"{{"}]}"#,
            #" { "exogenous" : { "a" : 1 } , "bars" : [ { } , { } ] } "#,
            #"{"bars":[{}],"bars":[{}]}"#,
        ])
    func within(text: String) throws {
        #expect(ListedObjects.count(in: Array(text.utf8)) == 2)
    }

    @Test("what cannot be read is left to whoever reads it", arguments: 0..<200 as Range<UInt64>)
    func spoilt(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        let count = Int.random(in: 0..<64, using: &generator)
        let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
        var fields = FieldScan(bytes: bytes)
        let counted = fields.count(of: Bars.listNumber)
        if let message = try? Bars(serializedBytes: bytes) {
            #expect(message.bars.count == counted)
        }
        #expect(ListedObjects.count(in: bytes) <= count)
    }
}
