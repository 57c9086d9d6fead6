import Contracts
import Gateway
import HTTPServing
import HTTPTypes
import Hosting
import HummingbirdTesting
import NIOCore
import Ports
import TestSupport
import Testing

@Suite("Operation routes")
struct OperationRouteTests {
    @Test("health is liveness and names the service")
    func health() async throws {
        let response = try await GatewayFixture().get("/health")
        #expect(response.status == .ok)
        #expect(response.text == #"{"status":"healthy","service":"market-regime"}"#)
    }

    @Test("ready lists the dependencies, and names what fails with 503")
    func ready() async throws {
        var fixture = GatewayFixture()
        fixture.dependencies = [
            DependencyHealth(name: "store", isHealthy: true, detail: "bloasis.sqlite")
        ]
        let ready = try await fixture.get("/ready")
        #expect(ready.status == .ok)
        #expect(
            ready.text
                == #"{"status":"ready","service":"market-regime","failing":[],"dependencies":"#
                + #"[{"name":"store","status":"healthy","detail":"bloasis.sqlite"}]}"#)
        fixture.dependencies.append(
            DependencyHealth(name: "events", isHealthy: false, detail: "no answer in 2 s"))
        let failing = try await fixture.get("/ready")
        #expect(failing.status == .serviceUnavailable)
        #expect(failing.text.hasPrefix(#"{"status":"not_ready""#))
        #expect(failing.text.contains(#""failing":["events"]"#))
        #expect(failing.text.contains("no answer in 2 s"))
    }

    @Test("metrics are Prometheus text")
    func metrics() async throws {
        let response = try await GatewayFixture().get("/metrics")
        #expect(response.headers[.contentType]?.hasPrefix("text/plain; version=0.0.4") == true)
        #expect(response.text == "up 1\n")
    }

    @Test("an unknown path is NOT_FOUND, a wrong method 405 with what is allowed")
    func elsewhere() async throws {
        let fixture = GatewayFixture()
        try await fixture.get("/v1/nothing?a=1").expectFault(.notFound, "no route GET /v1/nothing:")
        let post = try await fixture.send(.post, "/v1/market-regime/current", body: "{}")
        post.expectFault(.unimplemented, "serves GET, HEAD only", status: 405)
        #expect(post.headers[.allow] == "GET, HEAD")
        let get = try await fixture.get("/v1/market-data/bars")
        get.expectFault(.unimplemented, "serves POST only", status: 405)
        #expect(get.headers[.allow] == "POST")
    }
}

@Suite("Market-regime routes")
struct MarketRegimeRouteTests {
    @Test("current answers the message as proto3 JSON")
    func current() async throws {
        let fixture = GatewayFixture()
        let response = try await fixture.get("/v1/market-regime/current")
        #expect(response.status == .ok)
        #expect(response.headers[.contentType] == "application/json; charset=utf-8")
        #expect(
            response.text == #"{"regime":"normal_bull","confidence":0.0,"market":"SPX","#
                + #""timeframe":"1d","sequence":"7","stale":false}"#)
        _ = try await fixture.get(
            "/v1/market-regime/current?market=SPX&timeframe=4h&user_id=%20%26&onDegraded=LAST_KNOWN"
        )
        let asked: [Bloasis_MarketRegime_RegimeRequest] = fixture.service.asked()
        #expect(asked.map(\.timeframe) == ["", "4h"] && asked.last?.userID == " &")
        #expect(asked.last?.onDegraded == .lastKnown)
    }

    @Test(
        "a query that cannot be is INVALID_ARGUMENT and says which parameter",
        arguments: [
            ("current?markt=SPX", "unknown query parameter 'markt': this route takes"),
            ("current?markt=SPX", "user_id, market, timeframe, on_degraded, known_at"),
            ("current?market=SPX&market=NDX", "query parameter market is given twice"),
            ("current?user_id=a&userId=b", "query parameter userId is given twice"),
            ("current?on_degraded=maybe", "on_degraded: 'maybe' is not one of the names"),
            ("current?timeframe=1y", "timeframe: '1y' is not a timeframe"),
            ("current?market=%zz", "'market=%zz' is not percent-encoded"),
            ("current?market=%ff", "is not percent-encoded UTF-8"),
            ("current?market=S%20P", "market: 'S P' is not a market name"),
            ("history", "time_range with start_date and end_date is required"),
            ("history?from=2008-01-01", "time_range.start_date, time_range.end_date"),
            ("history?time_range=2008", "time_range is a message: give one of its fields"),
            ("history?time_range.begin=2008", "unknown query parameter 'time_range.begin'"),
            (
                "history?time_range.start_date=x&time_range.end_date=2009-01-01",
                "time_range.start_date: 'x' is not a time"
            ),
            ("changes?page_size=ten", "query parameter page_size: 'ten' is not a number"),
            ("changes?page_size=99999999999", "query parameter page_size: 99999999999 is out of"),
            ("changes?after=", "query parameter after: '' is not a number"),
            ("models/abc123?verbose=true", "unknown query parameter 'verbose'"),
            ("stream?lastEventId=now", "Last-Event-ID: 'now' is not a sequence"),
            ("stream?lastEventId=-1", "Last-Event-ID: '-1' is not a sequence"),
        ])
    func badQuery(query: String, words: String) async throws {
        let response = try await GatewayFixture().get("/v1/market-regime/\(query)")
        response.expectFault(.invalidArgument, words)
    }

    @Test(
        "history takes its range in either spelling",
        arguments: [
            "time_range.start_date=2008-01-01&time_range.end_date=2009-01-01&page_size=50"
                + "&page_token=a%2Bb",
            "timeRange.startDate=2008-01-01&timeRange.endDate=2009-01-01&pageSize=50"
                + "&pageToken=a+b",
        ])
    func history(query: String) async throws {
        let fixture = GatewayFixture()
        let response = try await fixture.get("/v1/market-regime/history?\(query)")
        #expect(response.status == .ok)
        let asked = try #require(
            fixture.service.asked(Bloasis_MarketRegime_GetRegimeHistoryRequest.self).last)
        #expect(asked.timeRange.startDate == "2008-01-01")
        #expect(asked.timeRange.endDate == "2009-01-01")
        #expect(asked.pageSize == 50 && asked.pageToken == "a+b")
    }

    @Test("an offset's plus sign needs no escape")
    func offset() async throws {
        let fixture = GatewayFixture()
        let response = try await fixture.get(
            "/v1/market-regime/history?time_range.start_date=2008-01-01T00:00:00+01:00"
                + "&time_range.end_date=2009-01-01")
        #expect(response.status == .ok)
        let asked = fixture.service.asked(Bloasis_MarketRegime_GetRegimeHistoryRequest.self)
        #expect(asked.map(\.timeRange.startDate) == ["2008-01-01T00:00:00+01:00"])
    }

    @Test("changes tell an absent sequence from 0")
    func changes() async throws {
        let fixture = GatewayFixture()
        let response = try await fixture.get("/v1/market-regime/changes")
        #expect(
            response.text == #"{"items":[{"market":"SPX","regime":"crisis","sequence":"3"}],"#
                + #""nextPageToken":""}"#)
        _ = try await fixture.get("/v1/market-regime/changes?after=0")
        let asked = fixture.service.asked(Bloasis_MarketRegime_ListRegimeChangesRequest.self)
        #expect(asked.map(\.hasAfter) == [false, true])
    }

    @Test("models are listed, and one is had by its version")
    func models() async throws {
        let fixture = GatewayFixture()
        #expect(try await fixture.get("/v1/market-regime/models").text == #"{"items":[]}"#)
        let model = try await fixture.get("/v1/market-regime/models/abc123")
        #expect(model.text == #"{"version":"abc123"}"#)
        try await fixture.get("/v1/market-regime/models/zzz").expectFault(.notFound, "no model zzz")
    }

    @Test("series are listed, empty pages too; a range for their spans is taken in either spelling")
    func series() async throws {
        let fixture = GatewayFixture()
        let path = "/v1/market-regime/series"
        #expect(try await fixture.get(path).text == #"{"items":[],"total":0}"#)
        for range in [
            "timeRange.startDate=2008-01-01&timeRange.endDate=2009-01-01&pageSize=3",
            "time_range.start_date=2008-01-01&time_range.end_date=2009-01-01&page_size=3",
        ] {
            _ = try await fixture.get("\(path)?timeframe=1d&search=sp&\(range)")
        }
        let asked = fixture.service.asked(Bloasis_MarketRegime_ListSeriesRequest.self)
        #expect(asked.map(\.hasTimeRange) == [false, true, true])
        #expect(asked[1] == asked[2] && asked[1].search == "sp" && asked[1].pageSize == 3)
    }

    @Test("columns and a scorecard are asked for by market")
    func columns() async throws {
        let fixture = GatewayFixture()
        let columns = try await fixture.get(
            "/v1/market-regime/columns?market=SPX&points=50&knownAt=2008-10-01")
        #expect(columns.text == #"{"asOf":[1546290000.0],"close":["NaN"]}"#)
        let asked = fixture.service.asked(Bloasis_MarketRegime_GetRegimeColumnsRequest.self)
        #expect(asked.map(\.points) == [50] && asked.map(\.knownAt) == ["2008-10-01"])
        let card = try await fixture.get("/v1/market-regime/scorecard?market=SPX&timeframe=1d")
        #expect(card.text == #"{"bars":0}"#)
        for path in ["columns", "scorecard"] {
            try await fixture.get("/v1/market-regime/\(path)?market=NDX")
                .expectFault(.notFound, "market NDX is not known")
        }
    }

    @Test("what the service refuses keeps its code")
    func serviceFaults() async throws {
        let fixture = GatewayFixture()
        try await fixture.get("/v1/market-regime/current?market=NDX")
            .expectFault(.notFound, "market NDX is not known")
        try await fixture.get("/v1/market-regime/current?on_degraded=FAIL")
            .expectFault(.unavailable, "stale")
        try await fixture.get("/v1/market-regime/stream?market=NDX")
            .expectFault(.notFound, "market NDX is not known")
        fixture.service.fail(with: RPCFault(.resourceExhausted, "busy", retryAfterSeconds: 7))
        let refused = try await fixture.get("/v1/market-regime/columns")
        refused.expectFault(.resourceExhausted, "busy")
        #expect(refused.headers[.retryAfter] == "7")
    }

    @Test("what nobody foresaw is INTERNAL with a correlation id, and keeps its secrets")
    func unforeseen() async throws {
        struct Surprise: Error { let secret = "hunter2" }
        let fixture = GatewayFixture()
        fixture.service.fail(with: Surprise())
        let response = try await fixture.get("/v1/market-regime/current")
        response.expectFault(.internalError, "correlation id ")
        #expect(!response.text.contains("hunter2"))
        let store = StoreError(.busy, location: "/srv/x.db", detail: "locked", advice: "wait")
        fixture.service.fail(with: store)
        let busy = try await fixture.get("/v1/market-regime/current")
        busy.expectFault(.unavailable, "the store cannot answer (busy)")
        #expect(!busy.text.contains("/srv"))
    }
}

@Suite("Bars over HTTP")
struct MarketDataRouteTests {
    private let path = "/v1/market-data/bars"

    @Test("bars reach the service, in camelCase or snake_case")
    func record() async throws {
        let fixture = GatewayFixture()
        let response = try await fixture.send(
            .post, path,
            body: """
                {"market":"SPX","bars":[{"timestamp":"2018-12-31T21:00:00Z","close":2506.85,
                "available_at":"2018-12-31T21:15:00Z"}]}
                """)
        #expect(response.status == .ok)
        #expect(response.text == #"{"accepted":1,"revised":0}"#)
        let asked = fixture.service.asked(Bloasis_Trading_RecordBarsRequest.self)
        let bar = try #require(asked.last?.bars.last)
        #expect(bar.close == 2506.85 && bar.availableAt == "2018-12-31T21:15:00Z")
    }

    @Test(
        "a body that cannot be is INVALID_ARGUMENT",
        arguments: [
            ("", "the request body is not JSON of bloasis.trading.RecordBarsRequest"),
            ("\u{0}\u{1}binary", "the request body is not JSON"),
            (#"{"bars":[{"timestamp":"#, "the request body is not JSON"),
            (#"{"bar":[]}"#, "unknown field 'bar'"),
            (#"{"bars":[]}"#, "bars is empty"),
            (#"{"bars":[{"timestamp":"2018-12-31T21:00:00Z","close":-1}]}"#, "bars[0].close"),
        ])
    func badBody(body: String, words: String) async throws {
        let response = try await GatewayFixture().send(.post, path, body: body)
        response.expectFault(.invalidArgument, words)
    }

    @Test("a body over the limit is refused, one at the limit is read")
    func oversize() async throws {
        var fixture = GatewayFixture()
        let body = #"{"timestamp":"2018-12-31T21:00:00Z","close":1}"#
        fixture.configuration.bodyLimitBytes = body.utf8.count
        #expect(try await fixture.send(.post, path, body: body).status == .ok)
        let response = try await fixture.send(.post, path, body: body + " ")
        response.expectFault(.resourceExhausted, "too large", status: 413)
    }

    @Test("bars are counted before they are read, and told apart from too many bytes")
    func tooMany() async throws {
        let limit = Bloasis_Trading_RecordBarsRequest.barsLimit
        let bars = Array(repeating: "{}", count: limit + 1).joined(separator: ",")
        let response = try await GatewayFixture().send(
            .post, path, body: "{\"bars\":[\(bars)]}")
        response.expectFault(.invalidArgument, "\(limit + 1) bars in one request")
    }

    @Test("a query is refused: everything is in the body")
    func query() async throws {
        let response = try await GatewayFixture().send(.post, path + "?market=SPX", body: "{}")
        response.expectFault(.invalidArgument, "unknown query parameter 'market'")
    }
}

@Suite("Fills over HTTP")
struct FillRouteTests {
    @Test("the body is the fill itself, its numbers kept digit by digit")
    func fill() async throws {
        let fixture = GatewayFixture()
        let response = try await fixture.send(
            .post, "/v1/orders/fills",
            body: #"{"fill_id": "f-1", "filledQty": 12345678901234567.89, "commission": "1"}"#)
        #expect(response.status == .ok)
        let asked = fixture.service.asked(Bloasis_Trading_RecordFillRequest.self)
        let fill = try #require(asked.last?.fill)
        #expect(fill.filledQty == "12345678901234567.89")
        #expect(fill.fillID == "f-1")
        #expect(String(buffer: response.body).contains(#""duplicate":false"#))
    }

    @Test("a body over the method's limit is refused, one at the limit is read")
    func oversize() async throws {
        let limit = ServiceMethod.fewFieldsLimitBytes
        let body = "{}" + String(repeating: " ", count: limit - 2)
        let fixture = GatewayFixture()
        #expect(try await fixture.send(.post, "/v1/orders/fills", body: body).status == .ok)
        let response = try await fixture.send(.post, "/v1/orders/fills", body: body + " ")
        response.expectFault(.resourceExhausted, "too large: \(limit) bytes", status: 413)
    }

    @Test("a portfolio is its user's, by the path")
    func portfolio() async throws {
        let fixture = GatewayFixture()
        let response = try await fixture.get(
            "/v1/users/ann%40example.org/portfolio?as_of=2018-12-31T21:00:00Z")
        #expect(response.status == .ok)
        let text = String(buffer: response.body)
        #expect(text.contains(#""userId":"ann@example.org""#))
        #expect(text.contains(#""asOf":"2018-12-31T21:00:00Z""#))
    }

    @Test("what is wrong with a request is said")
    func faults() async throws {
        let fixture = GatewayFixture()
        for (method, path, status) in [
            (HTTPRequest.Method.get, "/v1/orders/fills", 405),
            (.post, "/v1/orders/fills?x=1", 400), (.get, "/v1/users/ann/portfolio?asof=x", 400),
        ] {
            let response = try await fixture.send(method, path, body: "{}")
            #expect(response.status.code == status, "\(method) \(path)")
        }
    }
}
