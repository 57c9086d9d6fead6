import Contracts
import Foundation

/// Where a server is asked over HTTP.
struct ServerAddress: Equatable {
    /// What paths are put behind.
    let base: String
    /// `name` or `name:port`, for people.
    let host: String

    /// - Parameter text: `http://host:port` or `https://…`, with a path where the server has one;
    ///   a trailing `/` does not count.
    /// - Throws: INVALID_ARGUMENT for what is no such URL.
    init(_ text: String) throws(RPCFault) {
        guard let url = URL(string: text, encodingInvalidCharacters: false),
            ["http", "https"].contains(url.scheme?.lowercased() ?? ""),
            let name = url.host(percentEncoded: true), !name.isEmpty,
            url.port.map((1...65_535).contains) ?? true, url.query() == nil,
            url.fragment() == nil, url.user() == nil, url.password() == nil
        else {
            // It may hold a password.
            let shown =
                text.contains("@") ? "this address" : "'\(RequestReading.excerpt(text))'"
            throw .invalidArgument("\(shown) is no server: use http://host:port")
        }
        var base = text
        while base.hasSuffix("/") { base.removeLast() }
        self.base = base
        let shown = name.contains(":") && !name.hasPrefix("[") ? "[\(name)]" : name
        host = url.port.map { "\(shown):\($0)" } ?? shown
    }
}
