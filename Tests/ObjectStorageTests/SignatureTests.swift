import Market
import Testing
import WebCalls

@testable import ObjectStorage

/// Amazon's own examples: Amazon S3 API Reference, «Signature Calculations for the Authorization
/// Header: Transferring Payload in a Single Chunk» and «Using Query Parameters».
@Suite("Signatures of requests to S3")
struct SignatureTests {
    private static let host = "examplebucket.s3.amazonaws.com"
    private static let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

    private func signature() throws -> SignatureV4 {
        SignatureV4(
            credentials: S3Credentials(
                keyID: "AKIAIOSFODNN7EXAMPLE",
                secret: APIKey("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")),
            region: "us-east-1", instant: try #require(Timestamp(rfc3339: "2013-05-24T00:00:00Z")))
    }

    private func headers(
        _ hash: String, _ more: (name: String, value: String)...
    ) -> [(name: String, value: String)] {
        more + [
            ("Host", Self.host), ("x-amz-content-sha256", hash), ("x-amz-date", "20130524T000000Z"),
        ]
    }

    private func expect(
        _ request: SignatureV4.Request, signed: String, _ code: String
    ) throws {
        #expect(
            try signature().authorization(request)
                == "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/"
                + "aws4_request,SignedHeaders=\(signed),Signature=\(code)")
    }

    @Test("a part of an object is got")
    func get() throws {
        try expect(
            SignatureV4.Request(
                method: "GET", path: "/test.txt",
                headers: headers(Self.empty, ("Range", "bytes=0-9")),
                payloadHash: Self.empty),
            signed: "host;range;x-amz-content-sha256;x-amz-date",
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41")
        #expect(SignatureV4.hash([]) == Self.empty)
    }

    @Test("an object is put, with a name to be encoded")
    func put() throws {
        let hash = SignatureV4.hash("Welcome to Amazon S3.".utf8)
        #expect(hash == "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072")
        try expect(
            SignatureV4.Request(
                method: "PUT", path: "/" + URLText.path("test$file.text"),
                headers: headers(
                    hash, ("Date", "Fri, 24 May 2013 00:00:00 GMT"),
                    ("x-amz-storage-class", "REDUCED_REDUNDANCY")),
                payloadHash: hash),
            signed: "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd")
    }

    @Test("queries, with and without a value")
    func queries() throws {
        func request(_ query: [(name: String, value: String)]) -> SignatureV4.Request {
            SignatureV4.Request(
                method: "GET", path: "/", query: query, headers: headers(Self.empty),
                payloadHash: Self.empty)
        }
        let signed = "host;x-amz-content-sha256;x-amz-date"
        try expect(
            request([("lifecycle", "")]), signed: signed,
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543")
        try expect(
            request([("prefix", "J"), ("max-keys", "2")]), signed: signed,
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7")
    }

    @Test("an address that lets anybody read")
    func presigned() throws {
        let query = try signature().presignedQuery(
            path: "/test.txt", host: Self.host, seconds: 86_400)
        #expect(
            query.last?.value
                == "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404")
        #expect(
            query.map(\.name).dropLast() == [
                "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires",
                "X-Amz-SignedHeaders",
            ])
    }

    @Test("what is encoded is all but the unreserved, byte by byte")
    func encoding() {
        #expect(URLText.path("a/b c/ä+=@$~-_.") == "a/b%20c/%C3%A4%2B%3D%40%24~-_.")
        #expect(URLText.encoded("a/\u{1}") == "a%2F%01")
    }

    @Test("places of buckets")
    func addresses() throws {
        let own = try #require(S3Address(bucket: "my-models", region: "eu-west-1"))
        #expect(own.base == "https://my-models.s3.eu-west-1.amazonaws.com" && own.prefix == "/")
        let dotted = try #require(S3Address(bucket: "my.models", region: "eu-west-1"))
        #expect(
            dotted.base == "https://s3.eu-west-1.amazonaws.com" && dotted.prefix == "/my.models/")
        let other = try #require(
            S3Address(bucket: "models", region: "here", endpoint: "http://h:9000/"))
        #expect(other.base == "http://h:9000" && other.host == "h:9000")
        #expect(
            S3Address(bucket: "models", region: "here", endpoint: "https://h:443")?.host == "h")
        for bucket in ["", "ab", "A-b", "a_b", "-ab", "ab-", "a..b", ".ab", "a/b", "ä-ä"] {
            #expect(S3Address(bucket: bucket, region: "r") == nil, "\(bucket)")
        }
        for endpoint in ["h:9000", "ftp://h", "http://u:p@h", "http://h/path", "http://h?q"] {
            #expect(
                S3Address(bucket: "models", region: "r", endpoint: endpoint) == nil, "\(endpoint)")
        }
        #expect(S3Address(bucket: "models", region: "a/b") == nil)
    }
}
