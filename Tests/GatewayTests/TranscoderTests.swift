import Contracts
import Foundation
import HTTPTypes
import HummingbirdTesting
import SwiftProtobuf
import TestSupport
import Testing

@testable import Gateway

@Suite("Requests from path, query and body")
struct TranscoderTests {
    private let descriptors: ServiceDescriptors
    private let methods: [ServiceMethod]

    init() throws {
        descriptors = try ServiceDescriptors()
        let service = FakeService()
        methods =
            ServiceMethod.marketRegime(service) + ServiceMethod.trading(service, service, service)
            + ServiceMethod.aiAnalysis(service)
    }

    private func transcoder(_ name: String) throws -> Transcoder {
        let method = try #require(methods.first { $0.name == name })
        let route = try #require(try descriptors.route(of: method.fullName))
        return try Transcoder(method, at: route, descriptors)
    }

    @Test("a body that is one field is that field's message, and nothing beside it")
    func bodyField() throws {
        let fills = try transcoder("RecordFill")
        let body = #"{"fillId":"f","filledQty":1.50,"filled_price":"2"}"#
        let asked = try #require(
            try fills.message(path: [], query: QueryText(nil), body: Array(body.utf8))
                as? Bloasis_Trading_RecordFillRequest)
        #expect(asked.fill.fillID == "f" && asked.fill.filledQty == "1.50")
        for body in [#"{"fillId":"f"},"fill":{}"#, #"{"fillId":"f"}}"#, "[]", "", "null", "\u{0}"] {
            #expect(throws: RPCFault.self, "\(body)") {
                try fills.message(path: [], query: QueryText(nil), body: Array(body.utf8))
            }
        }
        #expect(throws: RPCFault.self) {
            try fills.message(path: [], query: QueryText("fill.fill_id=a"), body: Array("{}".utf8))
        }
    }

    @Test("bytes that are not UTF-8 are refused")
    func invalidText() throws {
        let bars = try transcoder("RecordBars")
        let body = Array(#"{"market":""#.utf8) + [0xff, 0xfe] + Array(#""}"#.utf8)
        #expect(throws: RPCFault.self) {
            try bars.message(path: [], query: QueryText(nil), body: body)
        }
        let portfolio = try transcoder("GetPortfolio")
        #expect(throws: RPCFault.self) {
            try portfolio.message(path: ["%ff"], query: QueryText(nil), body: [])
        }
        let decoded = try portfolio.message(
            path: ["%C3%A9%2Fx"], query: QueryText("asOf=2018-01-01"), body: [])
        let asked = try #require(decoded as? Bloasis_Trading_GetPortfolioRequest)
        #expect(asked.userID == "é/x" && asked.asOf == "2018-01-01")
        #expect(throws: RPCFault.self, "what the path binds the query does not") {
            try portfolio.message(path: ["u"], query: QueryText("user_id=v"), body: [])
        }
    }

    @Test("a query has so many parameters at the most")
    func manyParameters() throws {
        let limit = QueryText.parameterLimit
        let fits = Array(repeating: "a=1", count: limit).joined(separator: "&")
        #expect(try QueryText(fits).parameters.count == limit)
        #expect(throws: RPCFault.self) { try QueryText(fits + "&a=1") }
    }

    /// Law: whatever is sent gives a message or INVALID_ARGUMENT, and neither traps.
    @Test("spoilt requests are refused or read", arguments: 0..<400 as Range<UInt64>)
    func spoilt(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let method = try #require(methods.randomElement(using: &generator))
        let transcoder = try transcoder(method.name)
        let query = spoiled(
            "market=SPX&time_range.start_date=2008-01-01&pageSize=5&after=3&on_degraded=FAIL&%41=",
            &generator)
        let body = spoiled(
            #"{"market":"SPX","bars":[{"timestamp":"x","close":1e3,"exogenous":{"vix":2}}],"#
                + #""fillId":"é","filledQty":1.0}"#, &generator)
        let path = transcoder.pathFields.map { _ in Substring(spoiled("a%20b", &generator).text) }
        do {
            let message = try transcoder.message(
                path: path, query: QueryText(query.text),
                resuming: Bool.random(using: &generator) ? spoiled("12", &generator).text : nil,
                body: body.bytes)
            #expect(type(of: message) == method.asked)
        } catch {
            #expect(error.code == .invalidArgument, "\(error)")
        }
    }

    private struct Spoiled {
        let bytes: [UInt8]
        var text: String { String(decoding: bytes, as: UTF8.self) }
    }

    private func spoiled(_ text: String, _ generator: inout SplitMix64) -> Spoiled {
        var bytes = Array(text.utf8)
        for _ in 0..<Int.random(in: 0...4, using: &generator) where !bytes.isEmpty {
            let position = Int.random(in: 0..<bytes.count, using: &generator)
            switch Int.random(in: 0...2, using: &generator) {
            case 0: bytes[position] = UInt8.random(in: 0...255, using: &generator)
            case 1: bytes.remove(at: position)
            default: bytes.insert(contentsOf: bytes[position...].prefix(7), at: position)
            }
        }
        return Spoiled(bytes: bytes)
    }
}

@Suite("The document of the HTTP API")
struct OpenAPITests {
    @Test("it has every route, its parameters, and schemas for all it refers to")
    func complete() async throws {
        let response = try await GatewayFixture().get("/openapi.json")
        #expect(response.status == .ok && response.headers[.eTag] != nil)
        let json = try JSONSerialization.jsonObject(with: Data(response.text.utf8))
        let document = try #require(json as? [String: Any])
        #expect(document["openapi"] as? String == "3.1.0")
        let paths = try #require(document["paths"] as? [String: [String: Any]])
        #expect(
            Set(paths.keys) == [
                "/v1/ai-analysis/sectors/{sector}/strategies", "/v1/ai-analysis/strategy",
                "/v1/market-data/bars", "/v1/market-regime/analysis", "/v1/market-regime/changes",
                "/v1/market-regime/columns", "/v1/market-regime/current",
                "/v1/market-regime/disagreements", "/v1/market-regime/history",
                "/v1/market-regime/models",
                "/v1/market-regime/models/{version}", "/v1/market-regime/overrides",
                "/v1/market-regime/scorecard", "/v1/market-regime/series",
                "/v1/market-regime/stream",
                "/v1/orders/fills", "/v1/users/{user_id}/paper-portfolios",
                "/v1/users/{user_id}/paper-portfolios/{portfolio_id}",
                "/v1/users/{user_id}/paper-portfolios/{portfolio_id}/decisions",
                "/v1/users/{user_id}/portfolio",
            ])
        let current = try #require(paths["/v1/market-regime/current"]?["get"] as? [String: Any])
        #expect(current["operationId"] as? String == "GetCurrentRegime")
        #expect(current["summary"] as? String == "The latest regime of a series.")
        let parameters = try #require(current["parameters"] as? [[String: Any]])
        #expect(
            parameters.compactMap { $0["name"] as? String }
                == ["userId", "market", "timeframe", "onDegraded", "knownAt"])
        let components = try #require(document["components"] as? [String: [String: Any]])
        let schemas = try #require(components["schemas"])
        let referred = Set(
            response.text.matches(of: /#\/components\/schemas\/([\w.]+)/).map { String($0.1) })
        #expect(referred == Set(schemas.keys))
        #expect(
            response.text.contains(
                #""items":{"anyOf":[{"type":"number"},{"const":"NaN"}]}"#),
            "a column may lack a number")
    }
}
