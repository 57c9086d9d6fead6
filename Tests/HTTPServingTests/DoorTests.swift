import Contracts
import HTTPServing
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Testing

@Suite("What every request meets")
struct DoorTests {
    @Test("an entity tag answers 304 to who has the content")
    func entityTag() async throws {
        let fixture = DoorFixture()
        let first = try await fixture.send(.get, "/text")
        let tag = try #require(first.headers[.eTag])
        #expect(String(buffer: first.body) == "hello" && tag.hasPrefix("W/\""))
        for known in [tag, "\"other\", \(tag)", "*", String(tag.dropFirst(2))] {
            let again = try await fixture.send(.get, "/text", headers: [.ifNoneMatch: known])
            #expect(again.status == .notModified && again.body.readableBytes == 0, "\(known)")
            #expect(again.headers[.eTag] == tag)
        }
        let other = try await fixture.send(.get, "/text", headers: [.ifNoneMatch: "\"other\""])
        #expect(other.status == .ok)
    }

    @Test(
        "compressed for who accepts gzip",
        arguments: [
            ("gzip", true), ("br, gzip;q=0.5", true), ("*", true), ("gzip;q=0", false),
            ("br", false), ("identity, *;q=0", false), ("GZIP", true), ("", false),
        ])
    func compression(accepted: String, isCompressed: Bool) async throws {
        var fixture = DoorFixture()
        fixture.configuration.compressionThresholdBytes = 5
        fixture.compressing = { _ in [1, 2] }
        let response = try await fixture.send(
            .get, "/text", headers: accepted.isEmpty ? [:] : [.acceptEncoding: accepted])
        #expect((response.headers[.contentEncoding] == "gzip") == isCompressed)
        #expect(response.body.readableBytes == (isCompressed ? 2 : 5))
        #expect(response.headers[.vary] == "accept-encoding")
        fixture.configuration.compressionThresholdBytes = 6
        let small = try await fixture.send(.get, "/text", headers: [.acceptEncoding: "gzip"])
        #expect(small.headers[.contentEncoding] == nil)
    }

    @Test("pages from allowed origins may ask, others are told nothing")
    func crossOrigin() async throws {
        var fixture = DoorFixture()
        let asked: HTTPFields = [.origin: "https://desk.example"]
        let closed = try await fixture.send(.get, "/text", headers: asked)
        #expect(closed.headers[.accessControlAllowOrigin] == nil)
        fixture.configuration.allowedOrigins = ["https://desk.example"]
        let open = try await fixture.send(.get, "/text", headers: asked)
        #expect(open.headers[.accessControlAllowOrigin] == "https://desk.example")
        #expect(open.headers[.vary] == "origin")
        let foreign = try await fixture.send(
            .get, "/text", headers: [.origin: "https://evil.example"])
        #expect(foreign.status == .ok && foreign.headers[.accessControlAllowOrigin] == nil)
        #expect(foreign.headers[.vary] == "origin")
        var preflight = asked
        preflight[.accessControlRequestMethod] = "POST"
        let told = try await fixture.send(.options, "/length", headers: preflight)
        #expect(told.status == .noContent)
        #expect(told.headers[.accessControlAllowMethods]?.contains("POST") == true)
        fixture.configuration.allowedOrigins = ["*"]
        let anyone = try await fixture.send(.get, "/nowhere", headers: asked)
        #expect(anyone.status == .notFound, "an error can be read too")
        #expect(anyone.headers[.accessControlAllowOrigin] == "*")
    }

    @Test("a page from elsewhere may not write, unless it is named; the door's own may")
    func crossOriginWriting() async throws {
        var fixture = DoorFixture()
        let foreign: HTTPFields = [
            .origin: "https://evil.example", .contentType: "application/x-www-form-urlencoded",
        ]
        let refused = try await fixture.send(.post, "/length", headers: foreign)
        #expect(refused.status == .forbidden)
        #expect(String(buffer: refused.body).contains("HTTP_ALLOWED_ORIGINS"))
        let none = try await fixture.send(.post, "/length")
        #expect(none.status == .ok)
        let own = try await fixture.send(
            .post, "/length", headers: [.origin: "http://localhost"])
        #expect(own.status == .ok)
        fixture.configuration.allowedOrigins = ["https://evil.example"]
        let named = try await fixture.send(.post, "/length", headers: foreign)
        #expect(named.status == .ok)
    }

    @Test("too long a path and query is 414, on either side of the bound")
    func longTarget() async throws {
        var fixture = DoorFixture()
        fixture.configuration.targetLimitBytes = 20
        let fits = try await fixture.send(.get, "/text?" + String(repeating: "a", count: 14))
        #expect(fits.status == .ok)
        let long = try await fixture.send(.get, "/text?" + String(repeating: "a", count: 15))
        #expect(long.status == .uriTooLong)
        #expect(String(buffer: long.body).contains("21 bytes: 20 at the most"))
    }

    @Test("too large a body is 413, on either side of the bound")
    func largeBody() async throws {
        var fixture = DoorFixture()
        fixture.configuration.bodyLimitBytes = 10
        let fits = try await fixture.send(
            .post, "/length", body: ByteBuffer(repeating: 1, count: 10))
        #expect(String(buffer: fits.body) == "10")
        let large = try await fixture.send(
            .post, "/length", body: ByteBuffer(repeating: 1, count: 11))
        #expect(large.status == .contentTooLarge)
    }

    @Test("who asks too often is told when to ask again; probes are let through")
    func rate() async throws {
        var fixture = DoorFixture()
        fixture.configuration.rate = RateLimit(perSecond: 1)
        try await fixture.door().application.test(.router) { client in
            for _ in 0..<2 {
                let response = try await client.execute(uri: "/text", method: .get)
                #expect(response.status == .ok)
            }
            let refused = try await client.execute(uri: "/text", method: .get)
            #expect(refused.status == .tooManyRequests)
            #expect(refused.headers[.retryAfter] == "1")
            let text = String(buffer: refused.body)
            #expect(text.hasPrefix("{\"code\":8,\"message\":\"too many requests"))
            let probe = try await client.execute(uri: "/health", method: .get)
            #expect(probe.status == .ok)
        }
    }

    @Test("a caller's timeout becomes the call's deadline")
    func deadline() async throws {
        let fixture = DoorFixture()
        let name = try #require(HTTPField.Name("grpc-timeout"))
        for (text, told) in [("5S", "true"), ("soon", "null")] {
            let response = try await fixture.send(.get, "/deadline", headers: [name: text])
            #expect(String(buffer: response.body) == told)
        }
    }

    @Test("methods that nobody knows are 405 where the path is known", arguments: ["TRACE", "PUT"])
    func otherMethods(method: String) async throws {
        let response = try await DoorFixture().send(
            try #require(HTTPRequest.Method(rawValue: method)), "/text")
        #expect(response.status == .methodNotAllowed)
        #expect(response.headers[.allow] == "GET, HEAD")
    }
}
