import Contracts
import SwiftProtobuf
import TestSupport
import Testing

@Suite("The .proto files as descriptors")
struct ServiceDescriptorTests {
    @Test("names lead to messages, methods and what stands above them")
    func names() throws {
        let descriptors = try ServiceDescriptors()
        #expect(descriptors.message("bloasis.market_regime.RegimeRequest")?.field.count == 5)
        #expect(descriptors.message("bloasis.market_regime.Nothing") == nil)
        #expect(descriptors.enumeration("bloasis.market_regime.DegradedPolicy") != nil)
        let method = "bloasis.market_regime.MarketRegimeService/GetCurrentRegime"
        #expect(descriptors.comment(method) == "The latest regime of a series.")
        #expect(
            descriptors.comment("bloasis.market_regime.RegimeRequest.user_id")
                == "Who asks; the answer is the same for everybody.")
    }

    @Test("every method of ours has a route, and all routes differ")
    func routes() throws {
        let descriptors = try ServiceDescriptors()
        var seen: Set<String> = []
        for file in descriptors.files where file.package.hasPrefix("bloasis.") {
            for service in file.service {
                for method in service.method {
                    let name = "\(file.package).\(service.name)/\(method.name)"
                    let route = try #require(try descriptors.route(of: name), "\(name)")
                    #expect(seen.insert("\(route.verb) \(route.path)").inserted, "\(name)")
                }
            }
        }
        #expect(seen.contains("get /v1/users/{user_id}/portfolio"))
        #expect(try descriptors.route(of: "grpc.health.v1.Health/Check") == nil)
    }
}

@Suite("Fields that are given as text")
struct ParameterFieldTests {
    private func fields(_ message: String) throws -> [ParameterField] {
        ParameterField.all(of: message, in: try ServiceDescriptors())
    }

    @Test("nested fields have dots; maps and lists of messages are no text")
    func names() throws {
        #expect(
            try fields("bloasis.market_regime.GetRegimeHistoryRequest").map(\.name) == [
                "market", "timeframe", "time_range.start_date", "time_range.end_date",
                "page_size", "page_token", "known_at",
            ])
        #expect(
            try fields("bloasis.market_regime.ListRegimeChangesRequest").map(\.jsonName) == [
                "market", "timeframe", "timeRange.startDate", "timeRange.endDate", "pageSize",
                "pageToken", "after", "knownAt",
            ])
        #expect(
            try fields("bloasis.trading.RecordBarsRequest").map(\.jsonName) == [
                "market", "timeframe", "timestamp", "open", "high", "low", "close", "volume",
                "availableAt",
            ])
    }

    /// Two readers of one value: bytes by field number, and proto3 JSON by field name.
    @Test("a text gives the message that proto3 JSON gives", arguments: 0..<200 as Range<UInt64>)
    func agreesWithJSON(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let type = Bloasis_MarketRegime_ListRegimeChangesRequest.self
        var bytes: [UInt8] = []
        var message = type.init()
        for field in try fields(type.protoMessageName) where Bool.random(using: &generator) {
            let text: String
            switch field.kind {
            case .int32: text = String(Int32.random(in: .min ... .max, using: &generator))
            case .int64: text = String(Int64.random(in: .min ... .max, using: &generator))
            default: text = Self.text(&generator)
            }
            try field.append(text, to: &bytes)
            var json = JSONWriter()
            json.string(text)
            let nested = field.jsonName.split(separator: ".").reversed().reduce(json.text) {
                "{\"\($1)\":\($0)}"
            }
            let partBytes: [UInt8] = try type.init(jsonString: nested).serializedBytes()
            try message.merge(serializedBytes: partBytes)
        }
        #expect(try type.init(serializedBytes: bytes) == message)
    }

    private static func text(_ generator: inout SplitMix64) -> String {
        let length = Int.random(in: 0..<300, using: &generator)
        return String(
            String.UnicodeScalarView(
                (0..<length).compactMap { _ in
                    Unicode.Scalar(UInt32.random(in: 1..<0x2_0000, using: &generator))
                }))
    }

    @Test(
        "what does not fit is refused with a reason",
        arguments: [
            ("page_size", "ten", "is not a number"), ("page_size", "", "is not a number"),
            ("page_size", "+1", "is not a number"), ("page_size", "1.0", "is not a number"),
            ("page_size", "2147483648", "is out of range"), ("after", "0x10", "is not a number"),
            ("after", "9223372036854775808", "is out of range"),
        ])
    func misfits(name: String, text: String, reason: String) throws {
        let all = try fields("bloasis.market_regime.ListRegimeChangesRequest")
        let field = try #require(all.first { $0.name == name })
        var bytes: [UInt8] = []
        let error = #expect(throws: ParameterField.Misfit.self) {
            try field.append(text, to: &bytes)
        }
        #expect(error?.reason.contains(reason) == true && bytes.isEmpty)
    }

    @Test("a number is what JSON has for one", arguments: ["0x10", "0x1p3", "1.", "1e999", "nan"])
    func realMisfits(text: String) throws {
        let field = try #require(
            try fields("bloasis.trading.RecordBarsRequest").first { $0.name == "close" })
        var bytes: [UInt8] = []
        let error = #expect(throws: ParameterField.Misfit.self) {
            try field.append(text, to: &bytes)
        }
        #expect(error?.reason == "'\(text)' is not a number" && bytes.isEmpty)
        try field.append("-1.5e3", to: &bytes)
        #expect(try Bloasis_Trading_RecordBarsRequest(serializedBytes: bytes).close == -1_500)
    }

    @Test("an enumeration takes its names, and says them")
    func enumerations() throws {
        let all = try fields("bloasis.market_regime.RegimeRequest")
        let field = try #require(all.first { $0.name == "on_degraded" })
        var bytes: [UInt8] = []
        try field.append("CONSERVATIVE", to: &bytes)
        let asked = try Bloasis_MarketRegime_RegimeRequest(serializedBytes: bytes)
        #expect(asked.onDegraded == .conservative)
        let error = #expect(throws: ParameterField.Misfit.self) {
            try field.append("conservative", to: &bytes)
        }
        #expect(error?.reason.contains("LAST_KNOWN, FAIL, CONSERVATIVE") == true)
    }
}
