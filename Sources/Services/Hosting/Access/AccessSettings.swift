package import Ports

/// Whether callers must say who they are: `BLOASIS_AUTH`.
package enum AuthenticationMode: String, Sendable, CaseIterable {
    /// By where the process listens.
    case auto
    case off
    case required
}

/// Whether tokens are asked for, and what verifies them, as configured.
package struct AccessSettings: Sendable, Equatable {
    package let mode: AuthenticationMode
    package let keySources: [KeySource]
    package let expectations: TokenExpectations

    package init(
        mode: AuthenticationMode, keySources: [KeySource],
        expectations: TokenExpectations = TokenExpectations()
    ) {
        self.mode = mode
        self.keySources = keySources
        self.expectations = expectations
    }

    /// - Parameter text: of a variable, already checked; `nil` when it is unset.
    init(_ text: (_ name: String) -> String?) {
        var sources: [KeySource] = []
        if let secret = text("BLOASIS_JWT_SECRET").flatMap({ SharedSecret($0) }) {
            sources.append(.secret(secret))
        }
        if let path = text("BLOASIS_JWKS_FILE") { sources.append(.file(path: path)) }
        if let url = text("BLOASIS_JWKS_URL").flatMap({ KeySetURL($0) }) {
            sources.append(.url(url))
        }
        self.init(
            mode: text("BLOASIS_AUTH").flatMap(AuthenticationMode.init(rawValue:)) ?? .auto,
            keySources: sources,
            expectations: TokenExpectations(
                issuer: text("BLOASIS_JWT_ISSUER"), audience: text("BLOASIS_JWT_AUDIENCE")))
    }
}

/// What a process that listens does about callers.
package enum Authentication: Sendable, Equatable {
    /// Everybody may do everything.
    ///
    /// - notice: to be said at start.
    case off(notice: String?)
    case required
}

extension AccessSettings {
    /// What is to be done on an address; only a process that listens asks.
    ///
    /// - Throws: when tokens are to be asked for and nothing verifies them: an address that others
    ///   reach is not open to everybody unless that was said.
    package func authentication(
        on bindAddress: String
    ) throws(ConfigurationError) -> Authentication {
        let isLoopback = LoopbackHost.contains(bindAddress)
        switch mode {
        case .off where isLoopback:
            return .off(notice: keySources.isEmpty ? nil : Self.unusedNotice)
        case .off: return .off(notice: Self.openNotice(bindAddress))
        // Whoever has keys wants tokens looked at, also behind a gateway on the same machine.
        case .auto where isLoopback && keySources.isEmpty: return .off(notice: nil)
        case .auto where keySources.isEmpty: throw Self.noKeys(bindAddress)
        case .required where keySources.isEmpty: throw Self.noKeys(nil)
        case .auto, .required: return .required
        }
    }

    private static func openNotice(_ address: String) -> String {
        "BLOASIS_AUTH is off and BIND_ADDRESS is \(address): whoever reaches this process may do "
            + "everything"
    }

    private static let unusedNotice =
        "keys for tokens are configured, but BLOASIS_AUTH is off: nobody is asked for one, and "
        + "whoever calls may do everything"

    /// - Parameter address: `nil` when tokens are asked for wherever the process listens.
    private static func noKeys(_ address: String?) -> ConfigurationError {
        let reason =
            address.map { "BIND_ADDRESS is \($0), which others may reach" }
            ?? "BLOASIS_AUTH is required"
        return ConfigurationError([
            "\(reason), and no keys verify tokens: set BLOASIS_JWKS_FILE, BLOASIS_JWKS_URL or "
                + "BLOASIS_JWT_SECRET, or say BLOASIS_AUTH=off"
        ])
    }
}
