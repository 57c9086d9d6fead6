import Contracts
import SwiftProtobuf
import TestSupport
import Testing

@testable import Clients
@testable import Gateway

@Suite("Requests as HTTP carries them")
struct RequestWriterTests {
    private let writer: RequestWriter
    private let methods: [ServiceMethod]

    init() throws {
        writer = RequestWriter(descriptors: try ServiceDescriptors())
        let service = FakeService()
        methods =
            ServiceMethod.marketRegime(service) + ServiceMethod.trading(service, service, service)
            + ServiceMethod.aiAnalysis(service)
    }

    private func write(
        _ service: String, _ name: String, _ asked: some Message
    ) throws -> RequestWriter.Written {
        try writer.write("\(service)/\(name)", asked)
    }

    private func write(_ name: String, _ asked: some Message) throws -> RequestWriter.Written {
        try write(ServiceMethod.marketRegimeService, name, asked)
    }

    @Test("a query has the fields that are set, nested ones with dots")
    func query() throws {
        var history = Bloasis_MarketRegime_GetRegimeHistoryRequest()
        history.market = "A B+&"
        history.timeRange.startDate = "2008-01-01T00:00:00+01:00"
        history.pageSize = -5
        #expect(
            try write("GetRegimeHistory", history)
                == .init(
                    verb: .get,
                    target: "/v1/market-regime/history?market=A%20B%2B%26"
                        + "&timeRange.startDate=2008-01-01T00%3A00%3A00%2B01%3A00&pageSize=-5"))
        var current = Bloasis_MarketRegime_RegimeRequest()
        current.onDegraded = .lastKnown
        #expect(
            try write("GetCurrentRegime", current).target
                == "/v1/market-regime/current?onDegraded=LAST_KNOWN")
    }

    @Test("an optional field that is set to its default is not left out")
    func presence() throws {
        var changes = Bloasis_MarketRegime_ListRegimeChangesRequest()
        #expect(try write("ListRegimeChanges", changes).target == "/v1/market-regime/changes")
        changes.after = 0
        #expect(
            try write("ListRegimeChanges", changes).target == "/v1/market-regime/changes?after=0")
    }

    @Test("a path has its field, and cannot do without it")
    func path() throws {
        var asked = Bloasis_MarketRegime_GetModelRequest()
        let error = #expect(throws: RPCFault.self) { try write("GetModel", asked) }
        #expect(error == .invalidArgument("version is missing"))
        asked.version = "../é"
        #expect(
            try write("GetModel", asked)
                == .init(verb: .get, target: "/v1/market-regime/models/..%2F%C3%A9"))
    }

    @Test("a body is the request, or one field of it")
    func body() throws {
        var order = Bloasis_MarketRegime_SaveRegimeRequest()
        order.regime = "crisis"
        #expect(
            try write("SaveRegime", order)
                == .init(
                    verb: .post, target: "/v1/market-regime/overrides",
                    body: Array(#"{"regime":"crisis"}"#.utf8)))
        var fill = Bloasis_Trading_RecordFillRequest()
        #expect(
            try write(ServiceMethod.tradingService, "RecordFill", fill).body == Array("{}".utf8))
        fill.fill.filledQty = "1.50"
        #expect(
            try write(ServiceMethod.tradingService, "RecordFill", fill)
                == .init(
                    verb: .post, target: "/v1/orders/fills",
                    body: Array(#"{"filledQty":"1.50"}"#.utf8)))
    }

    @Test("a method without a rule is not served over HTTP")
    func noRoute() throws {
        let error = #expect(throws: RPCFault.self) {
            try write("grpc.health.v1.Health", "Check", Grpc_Health_V1_HealthCheckRequest())
        }
        #expect(error?.code == .unimplemented)
    }

    /// Law: what is written is read as what it was, by the door's own reader.
    @Test("the door reads what is written", arguments: 0..<200 as Range<UInt64>)
    func readBack(seed: UInt64) throws {
        let messages = RandomMessages(descriptors: writer.descriptors)
        var generator = SplitMix64(seed: seed)
        for method in methods {
            let route = try #require(try writer.descriptors.route(of: method.fullName))
            var always = Set(route.variables)
            if case .field(let name) = route.body { always.insert(name) }
            let asked = try random(method.asked, always, messages, &generator)
            let written = try writer.write(method.fullName, asked)
            let halves = written.target.split(separator: "?", maxSplits: 1)
            let segments = halves[0].dropFirst().split(
                separator: "/", omittingEmptySubsequences: false)
            let path = zip(route.segments, segments).compactMap { segment, text in
                if case .variable = segment { text } else { nil }
            }
            let read = try Transcoder(method, at: route, writer.descriptors).message(
                path: path, query: QueryText(halves.count > 1 ? String(halves[1]) : nil),
                body: written.body ?? [])
            #expect(read.isEqualTo(message: asked), "\(method.name): \(written.target)")
        }
    }

    private func random<M: Message>(
        _ type: M.Type, _ always: Set<String>, _ messages: RandomMessages,
        _ generator: inout SplitMix64
    ) throws -> any Message {
        try messages.message(setting: always, using: &generator) as M
    }
}

@Suite("Addresses of servers")
struct ServerAddressTests {
    @Test(
        "a server is a scheme, a name, a port and perhaps a path",
        arguments: [
            ("http://localhost:8080", "http://localhost:8080", "localhost:8080"),
            ("http://localhost:8080//", "http://localhost:8080", "localhost:8080"),
            ("https://h/p/q/", "https://h/p/q", "h"), ("HTTP://H:1", "HTTP://H:1", "H:1"),
            ("http://[::1]:65535", "http://[::1]:65535", "[::1]:65535"),
            ("https://[::1]", "https://[::1]", "[::1]"),
        ])
    func addresses(text: String, base: String, host: String) throws {
        let address = try ServerAddress(text)
        #expect(address.base == base && address.host == host)
    }

    @Test(
        "anything else is wrong",
        arguments: [
            "", "localhost", "localhost:8080", "ftp://h", "//h:80", "http:", "http://", "http:///x",
            "http://h:0", "http://h:65536", "http://h:x", "http://a b", "http://h/a b",
            "http://h?x=1", "http://h/?", "http://h#x", "http://h\n", " http://h",
        ])
    func others(text: String) throws {
        let error = #expect(throws: RPCFault.self) { try ServerAddress(text) }
        #expect(error == .invalidArgument("'\(text)' is no server: use http://host:port"))
    }

    @Test("credentials are refused, and not repeated", arguments: ["u:secret@h", "u@h", ":@h?x"])
    func credentials(rest: String) throws {
        let error = #expect(throws: RPCFault.self) { try ServerAddress("http://" + rest) }
        #expect(error == .invalidArgument("this address is no server: use http://host:port"))
    }

    @Test("a token that no header may hold is refused, and not repeated")
    func token() throws {
        for token in ["a\nb", "a b", "é", "\u{7F}"] {
            let error = #expect(throws: RPCFault.self) {
                _ = try HTTPCalls(
                    "http://h", token: token, writer.descriptors, now: { ContinuousClock.now },
                    chance: { 0 })
            }
            #expect(error?.code == .invalidArgument && error?.message.contains(token) == false)
        }
    }

    private let writer: RequestWriter

    init() throws {
        writer = RequestWriter(descriptors: try ServiceDescriptors())
    }
}
