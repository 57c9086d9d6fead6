/// A server, a database of it, and how to get in. Only `description` may be shown: it has no
/// secret.
package struct RedisTarget: Sendable, Equatable {
    package static let standardPort = 6379

    package let host: String
    package let port: Int
    /// The number of the database, from 0.
    package let database: Int
    let user: String?
    let password: String?

    package init(host: String, port: Int = standardPort) throws(RedisError) {
        try self.init(host: host, port: port, database: 0, user: nil, password: nil)
    }

    /// - Parameter url: `redis://[user[:password]@]host[:port][/database]`; user and password may
    ///   be percent-encoded, an IPv6 address stands in brackets, `redis://:password@host` has no
    ///   user.
    /// - Throws: `RedisError.unreadableTarget`; it repeats nothing of the address.
    package init(url: String) throws(RedisError) {
        guard let separator = url.firstRange(of: "://") else {
            throw RedisError.unreadableTarget(reason: "it does not begin with redis://")
        }
        try RedisTarget.checkScheme(url[..<separator.lowerBound])
        let rest = url[separator.upperBound...].unicodeScalars
        guard !rest.contains(where: { $0 == "?" || $0 == "#" }) else {
            throw RedisError.unreadableTarget(
                reason: "it has parameters after the database, or a ? or # that is not encoded")
        }
        let slash = rest.lastIndex(of: "/")
        let authority = rest[..<(slash ?? rest.endIndex)]
        guard !authority.contains("/") else {
            throw RedisError.unreadableTarget(reason: "it has more than one /")
        }
        let at = authority.lastIndex(of: "@")
        let (user, password) = try RedisTarget.credentials(at.map { Substring(authority[..<$0]) })
        let place = at.map { authority[$0...].dropFirst() } ?? authority
        let (host, port) = try RedisTarget.place(Substring(place))
        try self.init(
            host: host, port: port,
            database: RedisTarget.database(slash.map { Substring(rest[$0...].dropFirst()) } ?? ""),
            user: user, password: password)
    }

    private init(
        host: String, port: Int, database: Int, user: String?, password: String?
    ) throws(RedisError) {
        guard !host.isEmpty, host.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else {
            throw RedisError.unreadableTarget(reason: "it names no host")
        }
        guard (1...65_535).contains(port) else {
            throw RedisError.unreadableTarget(reason: "the port is not within 1 … 65535")
        }
        self.host = host
        self.port = port
        self.database = database
        self.user = user
        self.password = password
    }
}

// MARK: - Reading the parts

extension RedisTarget {
    private static func checkScheme(_ scheme: Substring) throws(RedisError) {
        switch scheme.lowercased() {
        case "redis": return
        case "rediss":
            throw RedisError.unreadableTarget(
                reason: "rediss:// asks for TLS, which this build's Redis library does not have. "
                    + "Use redis:// to a TLS proxy on this host, such as stunnel")
        default: throw RedisError.unreadableTarget(reason: "it does not begin with redis://")
        }
    }

    private static func credentials(
        _ text: Substring?
    ) throws(RedisError) -> (user: String?, password: String?) {
        guard let text else { return (nil, nil) }
        let scalars = text.unicodeScalars
        guard let colon = scalars.firstIndex(of: ":") else { return (try decoded(text), nil) }
        let user = try decoded(Substring(scalars[..<colon]))
        let password = try decoded(Substring(scalars[colon...].dropFirst()))
        return (user.isEmpty ? nil : user, password)
    }

    private static func place(_ text: Substring) throws(RedisError) -> (String, Int) {
        let scalars = text.unicodeScalars
        if scalars.first == "[" {
            guard let end = scalars.firstIndex(of: "]") else {
                throw RedisError.unreadableTarget(reason: "a [ without its ]")
            }
            let host = String(scalars[..<end].dropFirst())
            let rest = scalars[end...].dropFirst()
            guard rest.isEmpty || rest.first == ":" else {
                throw RedisError.unreadableTarget(reason: "something other than :port after ]")
            }
            return (host, rest.isEmpty ? standardPort : try number(rest.dropFirst(), "port"))
        }
        guard let colon = scalars.firstIndex(of: ":") else {
            return (try decoded(text), standardPort)
        }
        let host = try decoded(Substring(scalars[..<colon]))
        return (host, try number(scalars[colon...].dropFirst(), "port"))
    }

    private static func database(_ text: Substring) throws(RedisError) -> Int {
        text.isEmpty ? 0 : try number(text.unicodeScalars, "database")
    }

    private static func number(
        _ digits: Substring.UnicodeScalarView, _ name: String
    ) throws(RedisError) -> Int {
        guard !digits.isEmpty, digits.count <= 9, digits.allSatisfy({ "0"..."9" ~= $0 }),
            let number = Int(String(digits))
        else { throw RedisError.unreadableTarget(reason: "the \(name) is not a number") }
        return number
    }

    private static func decoded(_ text: Substring) throws(RedisError) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = rest.prefix(2).compactMap { Character(Unicode.Scalar($0)).hexDigitValue }
            guard digits.count == 2 else {
                throw RedisError.unreadableTarget(reason: "a % without two hexadecimal digits")
            }
            bytes.append(UInt8(digits[0] << 4 | digits[1]))
            rest = rest.dropFirst(2)
        }
        guard let decoded = String(validating: bytes, as: UTF8.self) else {
            throw RedisError.unreadableTarget(reason: "what is percent-encoded is not UTF-8")
        }
        return decoded
    }
}

extension RedisTarget: CustomStringConvertible, CustomReflectable {
    /// `host:port/database`.
    package var description: String {
        host.contains(":") ? "[\(host)]:\(port)/\(database)" : "\(host):\(port)/\(database)"
    }

    package var customMirror: Mirror { Mirror(self, children: [:]) }
}
