import Foundation
import Market
import Ports
import WebCalls

/// Who is asked, where, and as whom.
struct Vendor: Sendable {
    let kind: FeedKind
    /// Without a slash at its end.
    let base: String
    let key: APIKey?

    /// - Parameter base: in place of the vendor's own.
    /// - Throws: `FeedError` when it cannot be used, or would show a key to whoever listens.
    init(_ kind: FeedKind, base: String?, key: APIKey? = nil) throws(FeedError) {
        self.kind = kind
        self.key = key
        var text = (base ?? kind.standardBase ?? "")[...]
        while text.hasSuffix("/") { text.removeLast() }
        self.base = String(text)
        guard let url = URL(string: self.base), let scheme = url.scheme?.lowercased(),
            let host = url.host, !host.isEmpty, url.user == nil, url.password == nil,
            url.query == nil, url.fragment == nil, ["http", "https"].contains(scheme),
            self.base.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else {
            throw FeedError(
                kind.rawValue, nil,
                .unreachable("its URL is none of http or https with a host, and perhaps a path"))
        }
        guard key == nil || scheme == "https" || LoopbackHost.contains(host) else {
            throw FeedError(
                kind.rawValue, nil,
                .refused(detail: "its URL would send the key in plain text: use https"))
        }
    }

    func url(of query: VendorQuery) -> String {
        guard let key, let name = query.keyParameter else { return base + query.target }
        let mark = query.parameters.isEmpty ? "?" : "&"
        return base + query.target + mark + name + "=" + URLText.encoded(key.exposed)
    }

    /// Names an answer in the cache, without the key.
    func cacheName(of query: VendorQuery) -> String {
        "\(kind.rawValue) \(base)\(query.target)"
    }

    func error(_ symbol: FeedSymbol?, _ reason: FeedError.Reason) -> FeedError {
        FeedError(kind.rawValue, symbol, reason)
    }
}

/// What a vendor is asked, without the key.
struct VendorQuery: Sendable, Equatable {
    struct Parameter: Sendable, Equatable {
        let name: String
        let value: String
    }

    /// Begins with a slash; percent-encoded where needed.
    let path: String
    let parameters: [Parameter]
    /// The parameter that carries the key, if there is one.
    let keyParameter: String?

    init(
        _ path: String, _ parameters: KeyValuePairs<String, String> = [:],
        keyParameter: String? = nil
    ) {
        self.path = path
        self.parameters = parameters.map { Parameter(name: $0.key, value: $0.value) }
        self.keyParameter = keyParameter
    }

    /// Path and query.
    var target: String {
        let pairs = parameters.map { $0.name + "=" + URLText.encoded($0.value) }
        return pairs.isEmpty ? path : path + "?" + pairs.joined(separator: "&")
    }
}

/// What came back.
struct VendorAnswer: Sendable {
    let status: Int
    let body: [UInt8]
    /// When it came: what was final then is final, whenever it is read.
    let saidAt: Timestamp
    /// What the header `Retry-After` asks for.
    var retryAfterSeconds: Int64?

    /// How it begins, without white space; for telling a table from a page.
    var start: Substring {
        String(decoding: body.prefix(512), as: UTF8.self).drop {
            $0.isWhitespace || $0 == "\u{FEFF}"
        }
    }

    var isPage: Bool { start.first == "<" }
}
