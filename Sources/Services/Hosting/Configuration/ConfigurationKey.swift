import Logging
import Market
import Ports

/// One variable: a row of a `ConfigurationTable`.
package struct ConfigurationKey: Sendable {
    package let name: String
    package let kind: Kind
    /// The text used when nothing sets the variable; `nil`: it stays unset.
    package let defaultText: String?
    package let meaning: String
    package let isSecret: Bool
    package let availability: Availability
    /// The command-line flag that sets it, if there is one.
    package let flag: String?

    package enum Kind: Sendable, Equatable {
        case text
        case host
        case port
        case market
        /// A whole number, 1 or more.
        case count
        case path
        case storeURL
        case logLevel
        case choice([String])
        /// A base URL with one of these schemes.
        case url(schemes: [String])
        /// The same, or `host:port`.
        case address(schemes: [String])
        /// `host:port,host:port …`
        case brokers
        /// What HS256 tokens are signed with.
        case sharedSecret
        case keySetURL
    }

    package enum Availability: Sendable, Equatable {
        case available
        /// Setting it asks for something this version does not have: an error.
        case planned
    }

    package init(
        _ name: String, _ kind: Kind, default defaultText: String? = nil, flag: String? = nil,
        secret isSecret: Bool = false, _ availability: Availability = .available, meaning: String
    ) {
        self.name = name
        self.kind = kind
        self.defaultText = defaultText
        self.meaning = meaning
        self.isSecret = isSecret
        self.availability = availability
        self.flag = flag
    }

    /// The value as logs, errors and `doctor` may show it.
    package func shown(_ text: String) -> String {
        guard !isSecret else { return Redaction.mask }
        let masked = Redaction.maskingPasswords(in: text)
        // What issuers put behind the question mark is theirs.
        return kind == .keySetURL ? String(masked.prefix { $0 != "?" }) : masked
    }
}

// MARK: - Validation

extension ConfigurationKey.Kind {
    static let textLengthLimit = 4096

    /// What a value must be, as a phrase that completes «must be …»; `nil` when the text is one.
    func objection(to text: String) -> String? {
        guard text.utf8.count <= Self.textLengthLimit else {
            return "at most \(Self.textLengthLimit) bytes"
        }
        guard !text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
        else { return "without control characters" }
        return accepts(text) ? nil : expectation
    }

    private func accepts(_ text: String) -> Bool {
        switch self {
        case .text, .path: !text.isEmpty
        case .host: Self.isHost(text)
        case .port: PortTable.port(text) != nil
        case .market: MarketName(text) != nil
        case .count: Int32(text).map { $0 >= 1 } ?? false
        case .storeURL: StoreLocation(url: text) != nil
        case .logLevel: Logger.Level(configured: text) != nil
        case .choice(let words): words.contains(text)
        case .url(let schemes): Self.isURL(text, schemes: schemes)
        case .address(let schemes):
            Self.isURL(text, schemes: schemes) || Self.isHostAndPort(text[...])
        case .brokers:
            text.split(separator: ",", omittingEmptySubsequences: false)
                .allSatisfy { Self.isHostAndPort($0) }
        case .sharedSecret: SharedSecret(text) != nil
        case .keySetURL: KeySetURL(text) != nil
        }
    }

    package var expectation: String {
        switch self {
        case .text: "a text that is not empty"
        case .host: "a host name or an address"
        case .port: "a port from 1 to 65535"
        case .market: "a market name: 1 to 32 of A–Z a–z 0–9 . _ ^ = -, not starting with . or -"
        case .count: "a whole number, 1 or more"
        case .path: "a path"
        case .storeURL: "sqlite:PATH or postgresql://…"
        case .logLevel: "one of " + Logger.Level.configuredNames.joined(separator: ", ")
        case .choice(let words): "one of " + words.joined(separator: ", ")
        case .url(let schemes): schemes.map { $0 + "://…" }.joined(separator: " or ")
        case .address(let schemes):
            (schemes.map { $0 + "://…" } + ["host:port"]).joined(separator: " or ")
        case .brokers: "host:port,host:port …"
        case .sharedSecret: "a text of at least \(TokenLimits.secretBytesMinimum) bytes"
        case .keySetURL:
            "https://…, or http://… of this machine, without user, password and fragment"
        }
    }

    private static func isHost(_ text: some StringProtocol) -> Bool {
        !text.isEmpty && text.utf8.count <= 253
            && text.utf8.allSatisfy {
                switch $0 {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"),
                    UInt8(ascii: "_"), UInt8(ascii: ":"), UInt8(ascii: "%"):
                    true
                default: false
                }
            }
    }

    private static func isHostAndPort(_ text: Substring) -> Bool {
        guard let colon = text.lastIndex(of: ":") else { return false }
        return isHost(text[..<colon])
            && PortTable.port(String(text[text.index(after: colon)...])) != nil
    }

    private static func isURL(_ text: String, schemes: [String]) -> Bool {
        guard let separator = text.firstRange(of: "://") else { return false }
        return schemes.contains(text[..<separator.lowerBound].lowercased())
            && !text[separator.upperBound...].isEmpty && !text.contains(" ")
    }
}

extension Logger.Level {
    static let configuredNames = allCases.map { $0.rawValue.uppercased() } + ["WARN"]

    /// A level by its name in any case; `WARN` is `WARNING`.
    init?(configured text: String) {
        let name = text.lowercased()
        self.init(rawValue: name == "warn" ? "warning" : name)
    }
}

/// Where the store is.
package enum StoreLocation: Sendable, Equatable {
    /// A SQLite file.
    case sqlite(path: String)
    /// A PostgreSQL server; the URL may hold a password.
    case postgreSQL(url: String)

    /// From `sqlite:PATH` (also `sqlite:///absolute`) or `postgresql://…`, with or without a
    /// `+driver` suffix in the scheme; `nil` for anything else.
    package init?(url: String) {
        guard let colon = url.firstIndex(of: ":") else { return nil }
        let scheme = url[..<colon].lowercased().prefix { $0 != "+" }
        let rest = url[url.index(after: colon)...]
        switch scheme {
        case "sqlite":
            let path = rest.hasPrefix("//") ? rest.dropFirst(2) : rest
            guard !path.isEmpty, !path.hasPrefix(":") else { return nil }
            self = .sqlite(path: String(path))
        case "postgresql", "postgres":
            guard rest.hasPrefix("//") else { return nil }
            self = .postgreSQL(url: url)
        default: return nil
        }
    }
}
