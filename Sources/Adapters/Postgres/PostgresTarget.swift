import CPQ
import Foundation

/// A server and a database, and how to get in. Only `description` may be shown: it has no secret.
package struct PostgresTarget: Sendable {
    /// libpq's keywords and values, in the order they were given.
    let parameters: [(keyword: String, value: String)]
    /// `host:port/database`.
    package let description: String

    /// - Parameter url: `postgresql://…` as libpq reads it («Connection URIs»); a driver's name in
    ///   the scheme, as in `postgresql+asyncpg://`, is ignored.
    /// - Throws: `PostgresError.unreadableTarget`.
    package init(url: String) throws(PostgresError) {
        let plain = PostgresTarget.withoutDriver(url)
        guard let plain else {
            throw PostgresError.unreadableTarget(
                reason: "it begins with neither postgresql:// nor postgres://")
        }
        var message: UnsafeMutablePointer<CChar>?
        guard let options = PQconninfoParse(plain, &message) else {
            let reason = message.map { String(cString: $0) } ?? "out of memory"
            PQfreemem(message)
            throw PostgresError.unreadableTarget(reason: PostgresTarget.withoutEcho(reason))
        }
        defer { PQconninfoFree(options) }
        var parameters: [(keyword: String, value: String)] = []
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val {
                parameters.append((String(cString: keyword), String(cString: value)))
            }
            option += 1
        }
        func value(_ keyword: String) -> String? {
            parameters.last { $0.keyword == keyword && !$0.value.isEmpty }?.value
        }
        let host = value("host") ?? value("hostaddr") ?? "localhost"
        let port = value("port") ?? "5432"
        guard !PostgresTarget.mayHoldSecrets(host, port, value("dbname")) else {
            throw PostgresError.unreadableTarget(
                reason: "its host, port or database's name cannot be one; in a password, write @ "
                    + "as %40 and / as %2F")
        }
        description = "\(host):\(port)/\(value("dbname") ?? value("user") ?? "")"
        let ours: [(keyword: String, value: String)] = [
            ("client_encoding", "UTF8"), ("fallback_application_name", "bloasis"),
        ]
        let unset = PostgresTarget.keepalives.filter { keepalive in
            !parameters.contains { $0.keyword == keepalive.keyword }
        }
        self.parameters = unset + parameters.filter { $0.keyword != "client_encoding" } + ours
    }

    private init(_ parameters: [(keyword: String, value: String)], _ description: String) {
        self.parameters = parameters
        self.description = description
    }

    /// The database's name, where the address says it; the server takes the user's else.
    package var database: String? { value("dbname") ?? value("user") }

    /// Another database of the same server, for the same user.
    ///
    /// - Parameter name: taken as it is: it is no part of an address.
    package func inDatabase(_ name: String) -> PostgresTarget {
        let place = description.prefix(
            upTo: description.lastIndex(of: "/") ?? description.endIndex)
        return PostgresTarget(
            parameters.filter { $0.keyword != "dbname" } + [("dbname", name)], "\(place)/\(name)")
    }

    private func value(_ keyword: String) -> String? {
        parameters.last { $0.keyword == keyword && !$0.value.isEmpty }?.value
    }

    /// A machine that is gone without a word is found out within a minute, unless the address says
    /// otherwise.
    private static let keepalives: [(keyword: String, value: String)] = [
        ("keepalives_idle", "30"), ("keepalives_interval", "10"), ("keepalives_count", "3"),
        ("tcp_user_timeout", "60000"),
    ]

    /// A password with an @ or a / in it ends there: its rest is taken for what follows it.
    private static func mayHoldSecrets(_ host: String, _ port: String, _ name: String?) -> Bool {
        // A list of hosts has a list of ports.
        host.utf8.contains(UInt8(ascii: "@")) || name?.utf8.contains(UInt8(ascii: "@")) ?? false
            || !port.utf8.allSatisfy {
                $0 == UInt8(ascii: ",") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
            }
    }

    /// `nil` when the scheme is not PostgreSQL's.
    private static func withoutDriver(_ url: String) -> String? {
        guard let separator = url.firstRange(of: "://") else { return nil }
        let scheme = url[..<separator.lowerBound]
        let name = scheme.prefix { $0 != "+" }
        guard name == "postgresql" || name == "postgres" else { return nil }
        return "postgresql" + url[separator.lowerBound...]
    }

    /// libpq's messages may quote the whole address, with its password: what it quotes is left out.
    private static func withoutEcho(_ message: String) -> String {
        // By scalars: a quotation mark may be part of a longer character.
        let scalars = message.unicodeScalars
        guard let quote = scalars.firstIndex(of: "\"") else {
            return message.trimmingCharacters(in: .whitespacesAndNewlines)
        }
        let rest = scalars[quote...].dropFirst()
        let after = rest.lastIndex(of: "\"").map { String(scalars[$0...].dropFirst()) } ?? ""
        return (String(scalars[..<quote]) + "…" + after)
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }
}

extension PostgresTarget: CustomStringConvertible, CustomReflectable {
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}
