package import HTTPTypes
package import Hummingbird
import NIOCore
import Synchronization

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

    /// - Parameter headers: may add to and replace the standard ones.
    package func answer(
        _ content: Content, to request: Request, headers more: HTTPFields = [:]
    ) -> Response {
        let mayCompress = compressing != nil && content.bytes.readableBytes >= thresholdBytes
        var headers = HTTPFields()
        headers.reserveCapacity(ContentAnswers.usualHeaders + more.count)
        headers[.cacheControl] = "private, no-cache"
        headers[.eTag] = content.tag
        if mayCompress { headers[.vary] = "accept-encoding" }
        for field in more { headers[field.name] = field.value }
        if let known = request.headers[.ifNoneMatch], EntityTag.matches(known, content.tag) {
            return Response(status: .notModified, headers: headers)
        }
        headers[.contentType] = content.type
        var bytes = content.bytes
        if mayCompress, let accepted = request.headers[.acceptEncoding],
            AcceptedEncodings.takesGzip(accepted),
            let smaller = content.compressed(by: compressing)
        {
            headers[.contentEncoding] = "gzip"
            bytes = smaller
        }
        return Response(
            status: .ok, headers: headers, body: ResponseBody(byteBuffer: bytes))
    }

    /// What an answer has, those that the server adds included.
    private static let usualHeaders = 8
}

/// Bytes with what identifies them; what is made of them is made once.
package final class Content: Sendable {
    fileprivate let bytes: ByteBuffer
    fileprivate let type: String
    /// Weak: a strong tag would have to differ between the encodings of one content.
    fileprivate let tag: String
    /// `.some(nil)`: it cannot be.
    private let compressed = Mutex<ByteBuffer??>(nil)

    package init(_ bytes: [UInt8], type: String) {
        self.bytes = ByteBuffer(bytes: bytes)
        self.type = type
        tag = "W/\"\(EntityTag.digits(of: bytes))\""
    }

    static let jsonType = "application/json; charset=utf-8"

    package static func json(_ text: String) -> Content {
        Content(Array(text.utf8), type: jsonType)
    }

    fileprivate func compressed(by compressing: ContentAnswers.Compressing?) -> ByteBuffer? {
        if let made = compressed.withLock({ $0 }) { return made }
        let made = compressing?(Array(bytes.readableBytesView)).map { ByteBuffer(bytes: $0) }
        compressed.withLock { $0 = .some(made) }
        return made
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
