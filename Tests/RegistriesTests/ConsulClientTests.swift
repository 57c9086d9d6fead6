import Contracts
import HTTPTypes
import Hummingbird
import Ports
import Synchronization
import TestSupport
import Testing

@testable import Registries

/// What of Consul's agent the client uses, in its documented shapes.
private final class FakeConsul: Sendable {
    private struct Service {
        var definition: JSONObject
        var status = "critical"
    }

    private let services = Mutex<[String: Service]>([:])

    func set(_ status: InstanceStatus, _ id: String) {
        services.withLock { $0[id]?.status = status == .healthy ? "passing" : "critical" }
    }

    @Sendable func answer(_ asked: StubServer.Asked) throws -> Response {
        let parts = asked.uri.split(separator: "?")
        let path = parts[0].split(separator: "/").map(String.init)
        let name = path.last?.removingPercentEncoding() ?? ""
        switch (asked.method, path.dropLast().joined(separator: "/")) {
        case ("PUT", "v1/agent/service"):
            let body = try JSONValue(parsing: Array(asked.body.utf8))
            let definition = try #require(body.object)
            let id = try #require(definition["ID"]?.string)
            services.withLock { $0[id] = Service(definition: definition) }
            return .text("")
        case ("PUT", "v1/agent/service/deregister"):
            let removed = services.withLock { $0.removeValue(forKey: name) }
            return removed == nil
                ? .text("Unknown service ID \"\(name)\"", status: .notFound) : .text("")
        case ("GET", "v1/agent/service"):
            guard let service = services.withLock({ $0[name] }) else {
                return .text("unknown service ID: \(name)", status: .notFound)
            }
            return .text(JSONValue.object(FakeConsul.described(service)).text)
        case ("GET", "v1/health/service"):
            let isPassing = parts.dropFirst().first == "passing=true"
            return .text(health(of: name, onlyPassing: isPassing).text)
        default: return .text("", status: .notFound)
        }
    }

    /// As `Service` is in answers.
    private static func described(_ service: Service) -> JSONObject {
        var described = JSONObject()
        described["ID"] = service.definition["ID"]
        described["Service"] = service.definition["Name"]
        for name in ["Tags", "Address", "Port", "Meta"] {
            described[name] = service.definition[name]
        }
        return described
    }

    private func health(of name: String, onlyPassing: Bool) -> JSONValue {
        let found = services.withLock { $0 }.values.filter {
            $0.definition["Name"]?.string == name
                && (!onlyPassing || $0.definition["Check"] == nil || $0.status == "passing")
        }
        let elements = found.map { service in
            let described = FakeConsul.described(service)
            var checks = [FakeConsul.check("serfHealth", service: "", "passing")]
            if service.definition["Check"] != nil {
                checks.append(
                    FakeConsul.check(
                        "service:x", service: described["ID"]?.string ?? "", service.status))
            }
            return JSONValue.object(
                JSONObject([
                    .init("Node", .object(JSONObject([.init("Address", .string("10.1.1.1"))]))),
                    .init("Service", .object(described)), .init("Checks", .array(checks)),
                ]))
        }
        return .array(elements)
    }

    private static func check(_ id: String, service: String, _ status: String) -> JSONValue {
        .object(
            JSONObject([
                .init("CheckID", .string(id)), .init("Status", .string(status)),
                .init("ServiceID", .string(service)),
            ]))
    }
}

extension String {
    fileprivate func removingPercentEncoding() -> String? {
        var bytes: [UInt8] = []
        var rest = utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let value = UInt8(Substring(rest.prefix(2)), radix: 16) else { return nil }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}

@Suite("Conformance of Consul's client", .timeLimit(.minutes(5)))
struct ConsulConformanceTests {
    @Test("registry", arguments: RegistryConformance.laws)
    func registry(keeps law: Law<RegistryWorld>) async throws {
        let consul = FakeConsul()
        try await StubServer.serving(consul.answer) { server in
            try await withConsul("127.0.0.1:\(server.port)") { client in
                try await law.holds(
                    in: RegistryWorld(registrar: client, directory: client) {
                        consul.set($0, $1.instanceID)
                    })
            }
        }
    }
}

/// Runs with a client and closes it.
private func withConsul(
    _ address: String, token: String? = nil, _ body: (ConsulClient) async throws -> Void
) async throws {
    let client = try ConsulClient(address: address, token: token, limits: .patient)
    try await carryOut {
        try await body(client)
    } finally: {
        await client.close()
    }
}

@Suite("Consul's client", .timeLimit(.minutes(2)))
struct ConsulClientTests {
    @Test("calls are made in Consul's shapes, with the token")
    func calls() async throws {
        try await StubServer.answering(.ok, "[]") { server in
            try await withConsul(server.url + "/", token: "hunter2") { client in
                #expect(client.registry == "consul at 127.0.0.1:\(server.port)")
                var registration = RegistryConformance.registration(1)
                registration.metadata["grpc_port"] = .number("50054")
                try await client.register(registration)
                try await client.deregister(service: "trading", instanceID: "a/b")
                await #expect(throws: RegistryError.self) { try await client.url(of: "a b") }
                #expect(!"\(client) \(String(reflecting: client))".contains("hunter2"))
                var dumped = ""
                dump(client, to: &dumped)
                #expect(!dumped.contains("hunter2"))
            }
            let asked = server.asked
            #expect(asked.map(\.method) == ["PUT", "PUT", "GET"])
            #expect(
                asked.map(\.uri) == [
                    "/v1/agent/service/register?replace-existing-checks=true",
                    "/v1/agent/service/deregister/a%2Fb",
                    "/v1/health/service/a%20b?passing=true",
                ])
            let header = try #require(HTTPField.Name("X-Consul-Token"))
            #expect(asked.allSatisfy { $0.headers[header] == "hunter2" })
            #expect(
                asked[0].body
                    == #"{"ID":"trading-1","Name":"trading","Address":"127.0.0.1","Port":8086,"#
                    + #""Tags":["bloasis"],"Meta":{"service_url":"http://127.0.0.1:8086","#
                    + #""health_check_url":"http://127.0.0.1:8086/health","zone":"a \"b\" ü","#
                    + #""grpc_port":"50054"},"Check":{"HTTP":"http://127.0.0.1:8086/health","#
                    + #""Method":"GET","Interval":"10s","Timeout":"3s","#
                    + #""DeregisterCriticalServiceAfter":"1m"}}"#)
        }
    }

    @Test("a refusal holds no token, and neither does the address")
    func refused() async throws {
        try await StubServer.answering(.forbidden, "Permission denied: token lacks permission") {
            server in
            try await withConsul(server.url, token: "hunter2") { client in
                let error = await #expect(throws: RegistryError.self) {
                    try await client.register(RegistryConformance.registration(1))
                }
                #expect(
                    "\(error as Any)".contains("answered 403: Permission denied: token lacks"))
                #expect(!"\(error as Any)".contains("hunter2"))
                #expect(server.asked.count == 1)
            }
        }
    }

    @Test(
        "a service's URL becomes address and port",
        arguments: [
            ("http://h", "h", 80), ("https://h/", "h", 443), ("http://h:1", "h", 1),
            ("http://[::1]:2/x", "::1", 2),
        ])
    func address(url: String, address: String, port: Int) throws {
        var registration = RegistryConformance.registration(1)
        registration.serviceURL = url
        let json = try JSONValue(parsing: Array(ConsulMessages.registration(registration).utf8))
        #expect(json.object?["Address"] == .string(address))
        #expect(json.object?["Port"] == .number(String(port)))
        registration.serviceURL = "unix:/run/x"
        #expect(throws: RegistryError.self) { try ConsulMessages.registration(registration) }
    }

    @Test("of the metadata goes what Consul takes")
    func metadata() throws {
        var registration = RegistryConformance.registration(1)
        registration.healthCheckURL = nil
        let long = String(repeating: "v", count: ConsulMessages.metaValueBytes)
        registration.metadata = JSONObject([
            .init("fits", .string(long)), .init("long", .string(long + "v")),
            .init(String(repeating: "n", count: ConsulMessages.metaNameBytes + 1), .null),
            .init("a.b", .null), .init("ü", .null), .init("", .null), .init("service_url", .null),
            .init("list", .array([.number("1.0"), .boolean(true)])),
        ])
        for number in 0..<ConsulMessages.metaLimit {
            registration.metadata["m\(number)"] = .string("")
        }
        let json = try JSONValue(parsing: Array(ConsulMessages.registration(registration).utf8))
        let meta = try #require(json.object?["Meta"]?.object)
        #expect(meta.members.count == ConsulMessages.metaLimit)
        #expect(meta.members.prefix(3).map(\.name) == ["service_url", "fits", "list"])
        #expect(meta["list"] == .string("[1.0,true]"))
        #expect(meta["service_url"] == .string(registration.serviceURL))
        #expect(json.object?["Check"] == nil)
    }

    @Test(
        "an instance that others registered has a URL too",
        arguments: [
            (#""Address":"10.0.0.1","Port":80"#, "http://10.0.0.1:80"),
            (#""Address":"fd12::1","Port":80"#, "http://[fd12::1]:80"),
            (#""Address":"","Port":80"#, "http://10.1.1.1:80"),
            (#""Port":80"#, "http://10.1.1.1:80"), (#""Address":"h""#, nil),
        ])
    func foreign(members: String, url: String?) throws {
        let json = try JSONValue(
            parsing: Array(
                #"{"Node":{"Address":"10.1.1.1"},"Service":{"ID":"1","Service":"a",\#(members)}}"#
                    .utf8))
        if let url {
            #expect(try ServiceInstance(consul: json).registration.serviceURL == url)
        } else {
            #expect(throws: InstanceProblem.self) { try ServiceInstance(consul: json) }
        }
    }
}
