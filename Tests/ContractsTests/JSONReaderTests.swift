import Contracts
import Foundation
import Market
import Ports
import TestSupport
import Testing

private typealias Value = Ports.JSONValue

@Suite("Reading JSON")
struct JSONReaderTests {
    private static func read(_ text: String) throws -> Value {
        try Value(parsing: Array(text.utf8))
    }

    @Test(
        "what is read is written as it was, without white space",
        arguments: [
            ("null", "null"), (" true\n", "true"), ("[false]", "[false]"), ("{}", "{}"),
            ("[ ]", "[]"), ("0", "0"), ("-0.0", "-0.0"), ("1.50", "1.50"),
            ("123456789012345678901234567890", "123456789012345678901234567890"),
            ("1E+9", "1E+9"), (#""a\/\u00e4\ud83d\ude00""#, #""a/ä😀""#),
            (#""\b\f\n\r\t\u0001""#, #""\u0008\u000c\n\r\t\u0001""#),
            (#"{ "b" : [ 1 , { } ] , "a" : null }"#, #"{"b":[1,{}],"a":null}"#),
        ])
    func verbatim(text: String, written: String) throws {
        #expect(try Self.read(text).text == written)
    }

    @Test(
        "what is no JSON is refused, with the place",
        arguments: [
            ("", 0), (" ", 1), ("nul", 0), ("01", 0), ("1.", 0), (".5", 0), ("+1", 0), ("--1", 0),
            ("1 2", 2), ("[1,]", 3), ("[1", 2), ("{\"a\"}", 4), ("{\"a\":}", 5), ("{a:1}", 1),
            ("{\"a\":1,}", 7), ("\"a", 2), ("\"\\x\"", 3), ("\"\\u12\"", 3), ("\"\n\"", 1),
            (#""\ud800""#, 7), (#""\udc00""#, 7), (#""\ud800\u0041""#, 13), ("NaN", 0),
            ("Infinity", 0), ("'a'", 0), ("]", 0), ("{\"a\":1]", 6),
        ])
    func refused(text: String, offset: Int) {
        let problem = #expect(throws: JSONProblem.self) { try Self.read(text) }
        #expect(problem?.offset == offset, "\(text.debugDescription): \(problem as Any)")
    }

    @Test("bytes that are not UTF-8 are refused")
    func encoding() {
        let problem = #expect(throws: JSONProblem.self) {
            try Value(parsing: [0x22, 0xFF, 0x22])
        }
        #expect(problem?.reason == "it is not UTF-8")
    }

    @Test("levels up to the limit are read, one more is refused")
    func depth() throws {
        let limit = Value.depthLimit
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        _ = try Self.read(nested(limit))
        #expect(throws: JSONProblem.self) { try Self.read(nested(limit + 1)) }
    }

    @Test("of members of one name the last counts, in the first one's place")
    func repeated() throws {
        #expect(try Self.read(#"{"a":1,"b":2,"a":3}"#).text == #"{"a":3,"b":2}"#)
    }

    @Test("a value that is written comes back", arguments: 0..<64)
    func roundTrip(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let value = Self.value(depth: 4, &generator)
        #expect(try Self.read(value.text) == value)
        // Another reader agrees that it is JSON.
        _ = try JSONSerialization.jsonObject(
            with: Data(value.text.utf8), options: .fragmentsAllowed)
    }

    @Test("a text with bytes changed is read or refused, never more", arguments: 0..<256)
    func mutations(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        var bytes = Array(Self.value(depth: 3, &generator).text.utf8)
        for _ in 0...Int.random(in: 0...3, using: &generator) where !bytes.isEmpty {
            let place = Int.random(in: 0..<bytes.count, using: &generator)
            bytes[place] = UInt8.random(in: .min ... .max, using: &generator)
        }
        guard let value = try? Value(parsing: bytes) else { return }
        #expect((try? Self.read(value.text)) == value)
    }

    private static func value(depth: Int, _ generator: inout SplitMix64) -> Value {
        switch Int.random(in: 0..<(depth > 0 ? 7 : 5), using: &generator) {
        case 0: return .null
        case 1: return .boolean(Bool.random(using: &generator))
        case 2: return .number(String(Int64.random(in: .min ... .max, using: &generator)))
        case 3: return .number("\(generator.normal())")
        case 4: return .string(text(&generator))
        case 5:
            return .array(
                (0..<Int.random(in: 0...3, using: &generator)).map { _ in
                    value(depth: depth - 1, &generator)
                })
        default:
            return .object(
                JSONObject(
                    (0..<Int.random(in: 0...3, using: &generator)).map { _ in
                        .init(text(&generator), value(depth: depth - 1, &generator))
                    }))
        }
    }

    private static func text(_ generator: inout SplitMix64) -> String {
        let scalars: [Unicode.Scalar] = ["a", "\"", "\\", "/", "\u{1}", "\n", "ü", "😀", "{", " "]
        return String(
            String.UnicodeScalarView(
                (0..<Int.random(in: 0...5, using: &generator)).map { _ in
                    scalars[Int.random(in: 0..<scalars.count, using: &generator)]
                }))
    }
}

@Suite("Messages of the registry")
struct RegistryMessageTests {
    private static let registration = ServiceRegistration(
        serviceName: "trading", instanceID: "trading-1", serviceURL: "http://h:8085",
        healthCheckURL: nil, metadata: JSONObject([.init("grpc_port", .number("50054"))]))

    @Test("a registration's body holds the id among the metadata")
    func request() {
        #expect(
            Self.registration.requestJSON
                == #"{"service_name":"trading","service_url":"http://h:8085","#
                + #""health_check_url":null,"service_metadata":{"grpc_port":50054,"#
                + #""instance_id":"trading-1"}}"#)
    }

    @Test("an instance is written and read")
    func instance() throws {
        let instance = ServiceInstance(
            registration: Self.registration, status: .healthy, registeredAt: Samples.day(0))
        var json = JSONWriter()
        instance.write(to: &json)
        #expect(
            json.text
                == #"{"instance_id":"trading-1","service_name":"trading","#
                + #""service_url":"http://h:8085","health_check_url":null,"status":"healthy","#
                + #""service_metadata":{"grpc_port":50054},"#
                + #""registered_at":"\#(Samples.day(0).rfc3339)"}"#)
        let value = try Value(parsing: Array(json.text.utf8))
        #expect(try ServiceInstance(json: value) == instance)
    }

    @Test(
        "what is no instance is refused by its member",
        arguments: [
            ("[]", "an element"), ("{}", "status"), (#"{"status":"well"}"#, "status"),
            (#"{"status":"healthy"}"#, "service_name"),
            (#"{"status":"healthy","service_name":1}"#, "service_name"),
        ])
    func refused(text: String, field: String) throws {
        let value = try Value(parsing: Array(text.utf8))
        let problem = #expect(throws: InstanceProblem.self) { try ServiceInstance(json: value) }
        #expect(problem?.field == field)
    }
}
