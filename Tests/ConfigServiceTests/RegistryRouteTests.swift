import Contracts
import HTTPTypes
import HummingbirdTesting
import Market
import Ports
import TestSupport
import Testing

@testable import ConfigService

@Suite("The registry over HTTP")
struct RegistryRouteTests {
    @Test("a registration is answered with 201 and its id, and listed as it was")
    func register() async throws {
        let fixture = await RegistryFixture()
        let answer = try await fixture.send(
            .post, "register",
            body: """
                {"service_name": "trading", "service_url": "http://10.0.0.1:8085",
                 "health_check_url": null, "unknown": [1],
                 "service_metadata": {"instance_id": "trading-1", "weight": 1.50, "n": {"a": []}}}
                """)
        #expect(answer.status == .created)
        #expect(answer.text == #"{"instance_id":"trading-1"}"#)
        #expect(answer.headers[.contentType] == "application/json; charset=utf-8")
        let listed =
            #"[{"instance_id":"trading-1","service_name":"trading","#
            + #""service_url":"http://10.0.0.1:8085","health_check_url":null,"#
            + #""status":"unknown","#
            + #""service_metadata":{"instance_id":"trading-1","weight":1.50,"n":{"a":[]}},"#
            + #""registered_at":"\#(fixture.wall.now)"}]"#
        #expect(try await fixture.get("services") == listed)
        #expect(try await fixture.get("services/trading") == listed)
        #expect(try await fixture.get("services/nobody") == "[]")
        #expect(try await fixture.get("services/%zz") == "[]")
    }

    @Test("the time of a registration has microseconds, which every client can read")
    func registeredAt() async throws {
        let start = Samples.day(0).advanced(byNanoseconds: 123_456_001)
        let fixture = await RegistryFixture(start: start)
        try await fixture.register("a")
        #expect(try await fixture.get("services").contains(".123457Z\"}]"))
    }

    @Test("without an id one is made, the same for the same place")
    func generatedID() async throws {
        let fixture = await RegistryFixture()
        func register(_ port: Int) async throws -> String {
            try await fixture.send(
                .post, "register",
                body: #"{"service_name":"trading","service_url":"http://h:\#(port)"}"#
            ).text
        }
        let first = try await register(1)
        #expect(first.hasPrefix(#"{"instance_id":"trading-"#))
        #expect(try await register(1) == first)
        #expect(try await register(2) != first)
        let listed = try await fixture.get("services")
        #expect(listed.split(separator: "\"service_metadata\":{}").count == 3)
    }

    @Test("deregistering takes query parameters, and that instance only")
    func deregister() async throws {
        let fixture = await RegistryFixture()
        try await fixture.register("a")
        try await fixture.register("b c/+&".replacing(" ", with: "_"))
        for _ in 1...2 {
            let answer = try await fixture.send(
                .post, "deregister?service_name=trading&instance_id=b_c%2F%2B%26")
            #expect(answer.status == .ok)
            #expect(answer.text == #"{"status":"ok"}"#)
        }
        let listed = try await fixture.get("services/trading")
        #expect(listed.contains(#"[{"instance_id":"a","#) && !listed.contains("b_c"))
    }

    @Test("parameters that are missing are told as FastAPI does")
    func deregisterRefused() async throws {
        let fixture = await RegistryFixture()
        let answer = try await fixture.send(
            .post, "deregister?service_name=trading", body: #"{"instance_id":"a"}"#)
        #expect(answer.status == .unprocessableContent)
        #expect(
            answer.text
                == #"{"detail":[{"loc":["query","instance_id"],"#
                + #""msg":"instance_id is missing: it is a parameter of the query","#
                + #""type":"missing"}]}"#)
        let both = try await fixture.send(.post, "deregister?service_name=%zz")
        #expect(both.text.contains(#""loc":["query","service_name"]"#))
        #expect(both.text.contains(#""loc":["query","instance_id"]"#))
    }

    @Test("a URL is handed out once an instance is healthy; without one, 404")
    func url() async throws {
        let fixture = await RegistryFixture()
        let none = try await fixture.send(.get, "services/trading/url")
        #expect(none.status == .notFound)
        #expect(none.text == #"{"detail":"No healthy instances found"}"#)
        fixture.probe.set("http://127.0.0.1:1/health", isHealthy: true)
        fixture.probe.set("http://127.0.0.1:2/health", isHealthy: true)
        try await fixture.polling {
            for number in 1...3 { try await fixture.register("\(number)", port: number) }
            try await eventually { !(try await fixture.get("services").contains("unknown")) }
        }
        var urls: [String] = []
        for _ in 1...4 { urls.append(try await fixture.get("services/trading/url")) }
        #expect(
            urls == [1, 2, 1, 2].map { #"{"url":"http://127.0.0.1:\#($0)"}"# })
    }

    @Test(
        "a body that cannot be is 422, and says where and why",
        arguments: [
            ("", ["body", "0"], "json_invalid"), ("{", ["body", "1"], "json_invalid"),
            ("[]", ["body"], "model_attributes_type"),
            ("{}", ["body", "service_name"], "missing"),
            ("{}", ["body", "service_url"], "missing"),
            (#"{"service_name":null}"#, ["body", "service_name"], "string_type"),
            (#"{"service_name":1}"#, ["body", "service_name"], "string_type"),
            (#"{"service_name":""}"#, ["body", "service_name"], "string_too_short"),
            (#"{"service_name":"a b"}"#, ["body", "service_name"], "string_pattern_mismatch"),
            (#"{"service_name":"ü"}"#, ["body", "service_name"], "string_pattern_mismatch"),
            (#"{"service_url":"h:1"}"#, ["body", "service_url"], "value_error"),
            (#"{"service_url":"http://"}"#, ["body", "service_url"], "value_error"),
            (#"{"service_url":"http://h /"}"#, ["body", "service_url"], "value_error"),
            (#"{"health_check_url":7}"#, ["body", "health_check_url"], "string_type"),
            (#"{"health_check_url":""}"#, ["body", "health_check_url"], "string_too_short"),
            (#"{"service_metadata":[]}"#, ["body", "service_metadata"], "dict_type"),
            (
                #"{"service_metadata":{"instance_id":1}}"#,
                ["body", "service_metadata", "instance_id"], "string_type"
            ),
            (
                #"{"service_metadata":{"instance_id":""}}"#,
                ["body", "service_metadata", "instance_id"], "string_too_short"
            ),
        ])
    func refused(body: String, location: [String], kind: String) async throws {
        let answer = try await RegistryFixture().send(.post, "register", body: body)
        #expect(answer.status == .unprocessableContent)
        let value = try JSONValue(parsing: Array(answer.text.utf8))
        let details = try #require(value.object?["detail"]?.array)
        let place = JSONValue.array(location.map { .string($0) })
        let detail = details.first { $0.object?["loc"] == place }
        #expect(detail?.object?["type"] == .string(kind), "\(answer.text)")
        #expect(detail?.object?["msg"]?.string?.isEmpty == false)
    }

    @Test("a health URL that may not be asked is 422 with the reason, and nothing is registered")
    func forbiddenHealthURL() async throws {
        let fixture = await RegistryFixture()
        let answer = try await fixture.send(
            .post, "register",
            body: #"{"service_name":"a","service_url":"http://h:1","#
                + #""health_check_url":"http://169.254.169.254/latest"}"#)
        #expect(answer.status == .unprocessableContent)
        #expect(
            answer.text
                == #"{"detail":[{"loc":["body","health_check_url"],"#
                + #""msg":"health_check_url cannot be asked: it points at a metadata service","#
                + #""type":"value_error"}]}"#)
        #expect(try await fixture.get("services") == "[]")
    }

    @Test("loopback health URLs follow the address that the config-service listens on")
    func loopback() async throws {
        let body =
            #"{"service_name":"a","service_url":"http://127.0.0.1:1","#
            + #""health_check_url":"http://127.0.0.1:1/health"}"#
        for (address, status) in [("127.0.0.1", 201), ("0.0.0.0", 422), ("10.0.0.1", 422)] {
            let fixture = await RegistryFixture(bindAddress: address)
            #expect(try await fixture.send(.post, "register", body: body).status.code == status)
        }
    }

    @Test(
        "every length has a bound, and is read up to it",
        arguments: [
            ("service_name", RegistrationLimits.nameBytes),
            ("instance_id", RegistrationLimits.instanceIDBytes),
            ("service_url", RegistrationLimits.urlBytes),
            ("health_check_url", RegistrationLimits.urlBytes),
            ("service_metadata", RegistrationLimits.metadataBytes),
        ])
    func bounds(field: String, limit: Int) async throws {
        func status(_ length: Int) async throws -> Int {
            func text(_ start: String) -> String {
                start + String(repeating: "x", count: length - start.utf8.count)
            }
            let url = field == "service_url" ? text("http://h/") : "http://h/"
            let health = field == "health_check_url" ? text("http://h/") : "http://h/"
            let metadata =
                switch field {
                case "instance_id": #"{"instance_id":"\#(text(""))"}"#
                case "service_metadata": String(text(#"{"a":""#).dropLast(2)) + #""}"#
                default: "{}"
                }
            let body =
                #"{"service_name":"\#(field == "service_name" ? text("") : "a")","#
                + #""service_url":"\#(url)","health_check_url":"\#(health)","#
                + #""service_metadata":\#(metadata)}"#
            return try await RegistryFixture().send(.post, "register", body: body).status.code
        }
        #expect(try await status(limit) == 201)
        #expect(try await status(limit + 1) == 422)
    }

    @Test("a body over the limit is 413, one at the limit is read")
    func bodyLimit() async throws {
        let body = #"{"service_name":"a","service_url":"http://h"}"#
        let fill = String(repeating: " ", count: RegistrationLimits.bodyBytes - body.utf8.count)
        let fixture = await RegistryFixture()
        #expect(try await fixture.send(.post, "register", body: body + fill).status == .created)
        let answer = try await fixture.send(.post, "register", body: body + fill + " ")
        #expect(answer.status == .contentTooLarge)
        #expect(answer.text.hasPrefix(#"{"detail":"the body is too large"#))
    }

    @Test("a full registry is 503 and says what to do")
    func full() async throws {
        let instances = (1...RegistryState.instanceLimit).map { number in
            ServiceInstance(
                registration: RegistryConformance.registration(number), status: .unknown,
                registeredAt: nil)
        }
        let archive = InMemoryRegistryArchive(RegistrySnapshot.encode(instances))
        let fixture = await RegistryFixture(archive: archive)
        let answer = try await fixture.send(
            .post, "register", body: #"{"service_name":"a","service_url":"http://h"}"#)
        #expect(answer.status == .serviceUnavailable)
        #expect(
            answer.text.hasPrefix(
                #"{"detail":"the registry is full: \#(RegistryState.instanceLimit) instances"#))
    }

    @Test("health is answered without the prefix")
    func health() async throws {
        let text = try await RegistryFixture().get("/health")
        #expect(text == #"{"status":"healthy","service":"config-service"}"#)
    }
}

@Suite("Queries")
struct FormQueryTests {
    @Test(
        "a parameter as forms and RFC 3986 write it",
        arguments: [
            ("a=1", "1"), ("b=2&a=1", "1"), ("a=1&a=2", "2"), ("a=", ""), ("a", ""),
            ("a=x%20y+z", "x y z"), ("a=%C3%BC", "ü"), ("%61=1", "1"), ("a=b=c", "b=c"),
            ("a=%2B%26%3D", "+&="),
        ])
    func value(query: String, value: String) {
        #expect(FormQuery(query).value("a") == value)
    }

    @Test("no parameter, or one that cannot be decoded", arguments: ["", "b=1", "a=%z", "a=%FF"])
    func none(query: String) {
        #expect(FormQuery(query).value("a") == nil)
    }
}
