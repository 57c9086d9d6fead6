import Foundation
import FoundationNetworking
import Hosting
import Ports
import TestSupport
import Testing
import WebCalls

@testable import ObjectStorage

/// A bucket of moto's, and a store on it.
private func withBucket<Value>(
    endpoint: String? = nil, bucket: String? = nil, limits: S3Limits = S3Limits(),
    _ body: (S3ObjectStore) async throws -> Value
) async throws -> Value {
    let name: String
    let place: String
    if let endpoint {
        (name, place) = (bucket ?? "models", endpoint)
    } else {
        let moto = try await MotoServer.shared.value
        (name, place) = (try await moto.bucket(), moto.url)
    }
    let store = S3ObjectStore(
        try #require(S3Address(bucket: bucket ?? name, region: "us-east-1", endpoint: place)),
        S3Credentials(keyID: "test", secret: APIKey("S3cret/42")), limits: limits,
        now: { WallClock.now })
    let outcome: Result<Value, any Error>
    do { outcome = .success(try await body(store)) } catch { outcome = .failure(error) }
    await store.close()
    return try outcome.get()
}

@Suite("Conformance of object stores", .timeLimit(.minutes(5)))
struct ObjectStoreConformanceTests {
    @Test("in memory", arguments: ObjectStoreConformance.laws)
    func memory(keeps law: Law<any ObjectStore>) async throws {
        try await law.holds(in: InMemoryObjectStore())
    }

    @Test("a folder", arguments: ObjectStoreConformance.laws)
    func folder(keeps law: Law<any ObjectStore>) async throws {
        let path = FileManager.default.temporaryDirectory
            .appending(path: "objects-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: path) }
        try await law.holds(in: FolderObjectStore(path: path.path))
    }

    @Test("a bucket", arguments: ObjectStoreConformance.laws)
    func bucket(keeps law: Law<any ObjectStore>) async throws {
        try await withBucket { try await law.holds(in: $0) }
    }
}

@Suite("Buckets", .timeLimit(.minutes(2)))
struct BucketTests {
    private let key = Samples.objectKey("models/a+b.json")

    @Test("who has the address reads the object, for so long")
    func links() async throws {
        try await withBucket { store in
            try await store.put(Array("{}".utf8), to: key, contentType: "application/json")
            let link = try store.link(to: key, for: .seconds(60))
            #expect(link.contains("X-Amz-Expires=60") && !link.contains("S3cret"))
            let url = try #require(URL(string: link))
            let (data, response) = try await URLSession.shared.data(from: url)
            #expect((response as? HTTPURLResponse)?.statusCode == 200)
            #expect(String(decoding: data, as: UTF8.self) == "{}")
            for lifetime in [Duration.zero, .seconds(604_801), .seconds(-1)] {
                #expect(throws: ObjectError.self) { try store.link(to: key, for: lifetime) }
            }
        }
    }

    @Test("a bucket that is not there is told")
    func noBucket() async throws {
        let moto = try await MotoServer.shared.value
        try await withBucket(endpoint: moto.url, bucket: "none-such") { store in
            var errors: [ObjectError?] = []
            errors.append(await #expect(throws: ObjectError.self) { try await store.ping() })
            errors.append(await #expect(throws: ObjectError.self) { _ = try await store.get(key) })
            errors.append(
                await #expect(throws: ObjectError.self) {
                    try await store.put([1], to: key, contentType: "text/plain")
                })
            for error in errors {
                let told = try #require(error)
                #expect(!told.isRetriable)
                #expect("\(told)".hasPrefix("bucket none-such at 127.0.0.1:"), "\(told)")
            }
        }
    }

    /// What a store makes of an answer.
    private func error(
        _ reply: ModelServer.Reply, limits: S3Limits = S3Limits()
    ) async throws -> ObjectError {
        let server = try ModelServer(reply)
        let error = await #expect(throws: ObjectError.self) {
            try await withBucket(endpoint: server.url, limits: limits) { store in
                _ = try await store.get(key).bytes()
            }
        }
        return try #require(error)
    }

    @Test("answers that are none say so, and what may be tried again")
    func faults() async throws {
        func xml(_ code: String) -> String {
            "<?xml version=\"1.0\"?>\n<Error><Code>\(code)</Code>"
                + "<Message>of S3cret/42</Message></Error>"
        }
        let slow = try await error(.answer(status: 503, body: xml("SlowDown")))
        #expect(slow.isRetriable && "\(slow)".contains("503, SlowDown: of <redacted>"))
        let denied = try await error(.answer(status: 403, body: xml("AccessDenied")))
        #expect(!denied.isRetriable && "\(denied)".contains("AccessDenied"))
        let odd = try await error(.answer(status: 500, body: "oops"))
        #expect(odd.isRetriable)
        #expect(try await error(.hangUp).isRetriable)
        let missing = try await error(.answer(status: 404, body: xml("NoSuchKey")))
        #expect(missing.reason == .notFound(key))
        var limits = S3Limits()
        limits.answer = .milliseconds(300)
        #expect(try await error(.silence, limits: limits).isRetriable)
        // No length: nobody would know that something is missing.
        #expect("\(try await error(.events([])))".contains("how long"))
    }

    @Test("what is larger than an object may be is not read")
    func large() async throws {
        let server = try RawServer { peer in
            _ = peer.receive()
            let size = ObjectLimits.bytes + 1
            peer.send("HTTP/1.1 200 OK\r\nContent-Length: \(size)\r\n\r\n".utf8)
            peer.ignore()
        }
        let error = await #expect(throws: ObjectError.self) {
            try await withBucket(endpoint: "http://127.0.0.1:\(server.port)") { store in
                _ = try await store.get(key)
            }
        }
        #expect(error?.reason == .tooLarge(limitBytes: ObjectLimits.bytes))
    }

    @Test("a connection that is reset in the middle is no object")
    func reset() async throws {
        let server = try RawServer { peer in
            _ = peer.receive()
            peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf".utf8)
        }
        let error = await #expect(throws: ObjectError.self) {
            try await withBucket(endpoint: "http://127.0.0.1:\(server.port)") { store in
                _ = try await store.get(key).bytes()
            }
        }
        #expect(error?.isRetriable == true)
    }

    @Test("what is asked is signed, and holds no secret")
    func signed() async throws {
        let server = try ModelServer(.answer(body: ""))
        try await withBucket(endpoint: server.url) {
            try await $0.put(Array("abc".utf8), to: key, contentType: "text/plain")
        }
        let request = try #require(server.requests.first)
        #expect(request.target == "PUT /models/models/a%2Bb.json" && request.body == "abc")
        #expect(
            request.headers["x-amz-content-sha256"]
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        let authorization = try #require(request.headers["authorization"])
        #expect(authorization.hasPrefix("AWS4-HMAC-SHA256 Credential=test/"))
        #expect(
            authorization.contains(
                "SignedHeaders=content-type;host;x-amz-content-sha256;x-amz-date"))
        #expect(!"\(request)".contains("S3cret"))
    }

    @Test("keys are segments that every store can keep")
    func keys() {
        for text in [
            "", "/a", "a/", "a//b", ".", "..", "a/../b", "a b", "ä", "a\0", "a\\b", "a%2fb",
        ] {
            #expect(ObjectKey(text) == nil, "\(text)")
        }
        let segment = String(repeating: "x", count: 200)
        #expect(ObjectKey(segment) != nil && ObjectKey(segment + "x") == nil)
        #expect(ObjectKey(Array(repeating: "ab", count: 341).joined(separator: "/")) != nil)
        #expect(ObjectKey(Array(repeating: "abc", count: 257).joined(separator: "/")) == nil)
    }
}
