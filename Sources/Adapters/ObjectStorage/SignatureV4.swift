import Crypto
import Foundation
import Market
package import WebCalls

/// Who asks S3: a key and its secret.
package struct S3Credentials: Sendable {
    package let keyID: String
    let secret: APIKey

    package init(keyID: String, secret: APIKey) {
        self.keyID = keyID
        self.secret = secret
    }
}

/// Signs requests to S3 (AWS Signature Version 4, `AWS4-HMAC-SHA256`).
///
/// Source: Amazon S3 API Reference, «Authenticating Requests (AWS Signature Version 4)».
struct SignatureV4 {
    static let algorithm = "AWS4-HMAC-SHA256"
    /// Stands for the body of a request that anybody may make with an address.
    static let unsignedPayload = "UNSIGNED-PAYLOAD"

    let credentials: S3Credentials
    let region: String
    /// By UTC, in whole seconds.
    let instant: Timestamp

    /// What is asked.
    struct Request {
        var method: String
        /// As it is sent: each segment percent-encoded.
        var path: String
        /// Names and values, not encoded.
        var query: [(name: String, value: String)] = []
        /// Those that are signed, `host` among them.
        var headers: [(name: String, value: String)]
        /// SHA-256 of the body, in hexadecimal.
        var payloadHash: String
    }

    /// The value of the header `Authorization`.
    func authorization(_ request: Request) -> String {
        "\(SignatureV4.algorithm) Credential=\(credentials.keyID)/\(scope),"
            + "SignedHeaders=\(SignatureV4.signedHeaders(request)),"
            + "Signature=\(signature(request))"
    }

    /// The query of an address that is good for so many seconds.
    func presignedQuery(
        path: String, host: String, seconds: Int64
    ) -> [(name: String, value: String)] {
        var request = Request(
            method: "GET", path: path,
            query: [
                ("X-Amz-Algorithm", SignatureV4.algorithm),
                ("X-Amz-Credential", "\(credentials.keyID)/\(scope)"),
                ("X-Amz-Date", stamp), ("X-Amz-Expires", "\(seconds)"),
                ("X-Amz-SignedHeaders", "host"),
            ],
            headers: [("host", host)], payloadHash: SignatureV4.unsignedPayload)
        request.query.append(("X-Amz-Signature", signature(request)))
        return request.query
    }

    /// `20130524T000000Z`
    var stamp: String {
        String(instant.rfc3339.prefix(19).filter { $0 != "-" && $0 != ":" }) + "Z"
    }

    static func hash(_ bytes: some Sequence<UInt8>) -> String {
        Hexadecimal.text(SHA256.hash(data: Array(bytes)))
    }

    // MARK: - The steps of the paper

    private var day: String { String(stamp.prefix(8)) }

    private var scope: String { "\(day)/\(region)/s3/aws4_request" }

    private static func signedHeaders(_ request: Request) -> String {
        request.headers.map { $0.name.lowercased() }.sorted().joined(separator: ";")
    }

    private static func canonical(_ request: Request) -> String {
        let query = request.query
            .map { "\(URLText.encoded($0.name))=\(URLText.encoded($0.value))" }
            .sorted().joined(separator: "&")
        let headers = request.headers
            .map { ($0.name.lowercased(), $0.value.trimmingCharacters(in: .whitespaces)) }
            .sorted { $0.0 < $1.0 }
            .map { "\($0.0):\($0.1)\n" }.joined()
        return [
            request.method, request.path, query, headers, signedHeaders(request),
            request.payloadHash,
        ].joined(separator: "\n")
    }

    private func signature(_ request: Request) -> String {
        let text = [
            SignatureV4.algorithm, stamp, scope,
            SignatureV4.hash(SignatureV4.canonical(request).utf8),
        ].joined(separator: "\n")
        var key = SymmetricKey(data: Array("AWS4\(credentials.secret.exposed)".utf8))
        for part in [day, region, "s3", "aws4_request"] {
            key = SymmetricKey(data: SignatureV4.code(part, key))
        }
        return Hexadecimal.text(SignatureV4.code(text, key))
    }

    private static func code(_ text: String, _ key: SymmetricKey) -> HMAC<SHA256>.MAC {
        HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: key)
    }
}
