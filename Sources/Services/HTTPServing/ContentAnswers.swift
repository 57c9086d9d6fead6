package import HTTPTypes
package import Hummingbird
import NIOCore

/// Makes answers of bytes that are at hand: with an entity tag, so that who has them is told 304,
/// and compressed for who accepts it (RFC 9110, sections 8.8.3, 12.5.3 and 13.1.2).
package struct ContentAnswers: Sendable {
    /// gzip; `nil` when it fails.
    package typealias Compressing = @Sendable ([UInt8]) -> [UInt8]?

    private let thresholdBytes: Int
    private let compressing: Compressing?

    /// - Parameters:
    ///   - thresholdBytes: what is smaller is sent as it is.
    ///   - compressing: `nil`: nothing is compressed.
    package init(thresholdBytes: Int, compressing: Compressing?) {
        self.thresholdBytes = thresholdBytes
        self.compressing = compressing
    }

    /// Content that is answered often: its tag and its gzip are made once.
    package func prepared(_ bytes: [UInt8], type: String) -> Content {
        Content(bytes, type: type, compressed: mayCompress(bytes) ? compressing?(bytes) : nil)
    }

    package func answer(_ content: [UInt8], type: String, to request: Request) -> Response {
        answer(Content(content, type: type), to: request)
    }

    /// - Parameter headers: may add to and replace the standard ones.
    package func answer(
        _ content: Content, to request: Request, headers more: HTTPFields = [:]
    ) -> Response {
        var headers: HTTPFields = [.contentType: content.type, .cacheControl: "private, no-cache"]
        headers[.eTag] = content.tag
        for field in more { headers[field.name] = field.value }
        let mayCompress = mayCompress(content.bytes)
        if mayCompress { headers[.vary] = "accept-encoding" }
        if let known = request.headers[.ifNoneMatch], EntityTag.matches(known, content.tag) {
            headers[.contentType] = nil
            return Response(status: .notModified, headers: headers)
        }
        var bytes = content.bytes
        let accepted = request.headers[.acceptEncoding].map(AcceptedEncodings.takesGzip)
        if mayCompress, accepted == true, let smaller = content.compressed ?? compressing?(bytes) {
            headers[.contentEncoding] = "gzip"
            bytes = smaller
        }
        return Response(
            status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    private func mayCompress(_ bytes: [UInt8]) -> Bool {
        compressing != nil && bytes.count >= thresholdBytes
    }
}

/// Bytes with what identifies them.
package struct Content: Sendable {
    fileprivate let bytes: [UInt8]
    fileprivate let type: String
    /// Weak: a strong tag would have to differ between the encodings of one content.
    fileprivate let tag: String
    /// `nil`: not made yet, or not smaller.
    fileprivate let compressed: [UInt8]?

    fileprivate init(_ bytes: [UInt8], type: String, compressed: [UInt8]? = nil) {
        self.bytes = bytes
        self.type = type
        self.compressed = compressed
        tag = "W/\"\(EntityTag.digits(of: bytes))\""
    }
}

enum EntityTag {
    /// FNV-1a over 64 bits (Fowler, Noll and Vo; offset basis and prime as published).
    static func digits(of content: [UInt8]) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in content { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return String(hash, radix: 16)
    }

    /// Whether a list of tags, as `If-None-Match` has it, holds a tag; compared weakly.
    static func matches(_ list: String, _ tag: String) -> Bool {
        func opaque(_ text: some StringProtocol) -> Substring {
            let bare = text.drop { $0 == " " || $0 == "\t" }
            let end = bare.lastIndex { $0 != " " && $0 != "\t" }.map { bare.index(after: $0) }
            let trimmed = bare[..<(end ?? bare.startIndex)]
            return Substring(trimmed.hasPrefix("W/") ? trimmed.dropFirst(2) : trimmed)
        }
        return list.split(separator: ",").contains {
            opaque($0) == "*" || opaque($0) == opaque(tag)
        }
    }
}

/// `Accept-Encoding`.
enum AcceptedEncodings {
    static func takesGzip(_ text: String) -> Bool {
        var takesOthers = false
        for item in text.split(separator: ",") {
            let parts = item.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" } }
            guard let name = parts.first?.lowercased() else { continue }
            let weight = parts.dropFirst().first { $0.lowercased().hasPrefix("q=") }
            let isTaken = (weight.flatMap { Double($0.dropFirst(2)) } ?? 1) > 0
            if name == "gzip" || name == "x-gzip" { return isTaken }
            if name == "*" { takesOthers = isTaken }
        }
        return takesOthers
    }
}
