import AsyncHTTPClient
package import Market
import NIOCore
import NIOHTTP1
package import Ports
import WebCalls

/// Bounds of calls to S3.
package struct S3Limits: Sendable {
    /// For the head of an answer, the upload of an object among it.
    package var answer = Duration.seconds(60)
    /// Between two parts of a download.
    package var silence = Duration.seconds(20)

    package init() {}
}

/// Objects in a bucket of S3, or of a server that speaks as it does.
///
/// A call is made once; whoever calls decides whether again: each may be made again.
package final class S3ObjectStore: ObjectStore {
    private static let connectLimit = TimeAmount.seconds(5)
    /// Of an answer that is an error, as far as it is read.
    private static let faultBytes = 16 << 10

    private let address: S3Address
    private let credentials: S3Credentials
    private let mask: KeyMask
    private let client: HTTPClient
    private let limits: S3Limits
    private let now: @Sendable () -> Timestamp

    /// - Parameter now: the wall clock: signatures are good for some minutes.
    package init(
        _ address: S3Address, _ credentials: S3Credentials, limits: S3Limits = S3Limits(),
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.address = address
        self.credentials = credentials
        self.limits = limits
        self.now = now
        mask = KeyMask(credentials.secret)
        let (seconds, attoseconds) = limits.silence.components
        let silence = seconds * Timestamp.nanosecondsPerSecond + attoseconds / 1_000_000_000
        client = .once(
            connectingWithin: S3ObjectStore.connectLimit, silence: .nanoseconds(silence))
    }

    /// Ends the connections. Whoever made this calls it once.
    package func close() async { try? await client.shutdown() }

    package var location: String { "bucket \(address.bucket) at \(address.host)" }

    package func put(_ bytes: [UInt8], to key: ObjectKey, contentType: String) async throws {
        guard bytes.count <= ObjectLimits.bytes else {
            throw ObjectError(location, .tooLarge(limitBytes: ObjectLimits.bytes))
        }
        let response = try await call(
            "PUT", path(key), headers: [("content-type", contentType)], body: bytes)
        guard response.status == .ok else { throw await fault(of: response, key) }
        try await finish(response)
    }

    package func get(_ key: ObjectKey) async throws -> ObjectDownload {
        let response = try await call("GET", path(key))
        guard response.status == .ok else { throw await fault(of: response, key) }
        guard let size = response.headers.first(name: "content-length").flatMap({ Int($0) }) else {
            throw ObjectError(location, .unreachable("it does not say how long \(key) is"))
        }
        guard size <= ObjectLimits.bytes else {
            throw ObjectError(location, .tooLarge(limitBytes: ObjectLimits.bytes))
        }
        // Parts are taken from the connection as they are read.
        let download = S3Download(body: response.body, size: size)
        return ObjectDownload(
            size: size,
            contentType: response.headers.first(name: "content-type") ?? "binary/octet-stream",
            parts: AsyncThrowingStream { [self] in
                do { return try await download.next() } catch { throw told(error) }
            })
    }

    package func delete(_ key: ObjectKey) async throws {
        let response = try await call("DELETE", path(key))
        guard [.noContent, .ok, .notFound].contains(response.status) else {
            throw await fault(of: response, key)
        }
        try await finish(response)
    }

    package func link(to key: ObjectKey, for lifetime: Duration) throws -> String {
        guard lifetime >= .seconds(1), lifetime <= ObjectLimits.longestLink else {
            throw ObjectError(
                location,
                .refused(
                    "a link is good for 1 s to \(ObjectLimits.longestLink.components.seconds) s"))
        }
        let path = path(key)
        let query = signature.presignedQuery(
            path: path, host: address.host, seconds: lifetime.components.seconds)
        let text = query.map {
            "\(URLText.encoded($0.name))=\(URLText.encoded($0.value))"
        }.joined(separator: "&")
        return "\(address.base)\(path)?\(text)"
    }

    /// Asks whether the bucket is there and may be used.
    package func ping() async throws {
        let bucket = address.prefix == "/" ? "/" : String(address.prefix.dropLast())
        let response = try await call("HEAD", bucket)
        guard response.status != .ok else { return }
        // An answer to HEAD has no words.
        let status = response.status.code
        let problem =
            switch status {
            case 301, 307: "the bucket is in another region"
            case 403: "the key may not use the bucket, or is none"
            case 404: "there is no such bucket"
            default: "\(status)"
            }
        throw ObjectError(location, status >= 500 ? .busy(problem) : .refused(problem))
    }

    // MARK: - One call

    private var signature: SignatureV4 {
        SignatureV4(credentials: credentials, region: address.region, instant: now())
    }

    private func path(_ key: ObjectKey) -> String {
        address.prefix + URLText.path(key.text)
    }

    private func call(
        _ method: String, _ path: String, headers: [(name: String, value: String)] = [],
        body: [UInt8] = []
    ) async throws -> HTTPClientResponse {
        let signature = signature
        let hash = SignatureV4.hash(body)
        let signed =
            headers + [
                ("host", address.host), ("x-amz-content-sha256", hash),
                ("x-amz-date", signature.stamp),
            ]
        var request = HTTPClientRequest(url: address.base + path)
        request.method = HTTPMethod(rawValue: method)
        for (name, value) in signed where name != "host" {
            request.headers.add(name: name, value: value)
        }
        request.headers.add(
            name: "authorization",
            value: signature.authorization(
                SignatureV4.Request(
                    method: method, path: path, headers: signed, payloadHash: hash)))
        if method == "PUT" { request.body = .bytes(ByteBuffer(bytes: body)) }
        let late = ObjectError(location, .unreachable("it did not answer within \(limits.answer)"))
        do {
            return try await withLimit(limits.answer, else: late) { [client, request] in
                try await client.execute(request, deadline: .distantFuture)
            }
        } catch {
            throw told(error)
        }
    }

    /// Reads what is left of an answer, so that its connection can be used again.
    private func finish(_ response: HTTPClientResponse) async throws {
        do {
            _ = try await response.body.collect(upTo: S3ObjectStore.faultBytes)
        } catch {
            throw told(error)
        }
    }

    // MARK: - Errors

    private func fault(of response: HTTPClientResponse, _ key: ObjectKey) async -> ObjectError {
        let status = response.status.code
        let body = try? await response.body.collect(upTo: S3ObjectStore.faultBytes)
        let text = body.map { String(decoding: $0.readableBytesView, as: UTF8.self) } ?? ""
        let code = S3ObjectStore.element("Code", of: text)
        let message = S3ObjectStore.element("Message", of: text)
        if status == 404, code != "NoSuchBucket" { return ObjectError(location, .notFound(key)) }
        let said = [code, message].compactMap(\.self).joined(separator: ": ")
        let told = mask.masked("\(status)" + (said.isEmpty ? "" : ", \(said)"))
        let isPassing = [408, 429].contains(status) || status >= 500 || code == "RequestTimeout"
        return ObjectError(location, isPassing ? .busy(told) : .refused(told))
    }

    /// The text of an element of an error, which has no attributes.
    static func element(_ name: String, of text: String) -> String? {
        guard let start = text.firstRange(of: "<\(name)>") else { return nil }
        let rest = text[start.upperBound...]
        return rest.firstRange(of: "</\(name)>").map { String(rest[..<$0.lowerBound]) }
    }

    private func told(_ error: any Error) -> any Error {
        switch error {
        case is ObjectError, is CancellationError: return error
        case let short as S3Download.TooShort:
            return ObjectError(
                location, .unreachable("\(short.got) of \(short.size) bytes came"))
        default:
            if Task.isCancelled { return CancellationError() }
            let reason = mask.masked(ConnectionProblem.reason(of: error))
            return ObjectError(location, .unreachable(reason))
        }
    }
}

/// The body of an answer, part by part, by one reader.
private actor S3Download {
    struct TooShort: Error {
        let got: Int
        let size: Int
    }

    private var iterator: HTTPClientResponse.Body.AsyncIterator
    private let size: Int
    private var got = 0

    init(body: HTTPClientResponse.Body, size: Int) {
        iterator = body.makeAsyncIterator()
        self.size = size
    }

    func next() async throws -> [UInt8]? {
        var iterator = iterator
        let part = try await iterator.next(isolation: self)
        self.iterator = iterator
        guard let part else {
            guard got == size else { throw TooShort(got: got, size: size) }
            return nil
        }
        got += part.readableBytes
        return Array(buffer: part)
    }
}
