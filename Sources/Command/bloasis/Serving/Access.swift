import Hosting
import Logging
import Ports
import Tokens

/// Who may call, by the configuration.
struct Access: Sendable {
    let control: AccessControl
    /// What `/ready` asks.
    let checks: [HealthCheck]
    /// Keeps keys fresh; `nil` where nobody is asked for a token.
    private let refreshing: Task<Void, Never>?

    /// - Throws: `ConfigurationError` where nobody would be asked on an address that others reach;
    ///   `KeySourceError` for a file without keys.
    init(_ configuration: BloasisConfiguration, logger: Logger) async throws {
        switch try configuration.access.authentication(on: configuration.bindAddress) {
        case .off(let notice):
            if let notice { logger.warning("\(notice)") }
            (control, checks, refreshing) = (.off, [], nil)
        case .required:
            let settings = configuration.access
            let verifier = try await JWTVerifier(
                settings.keySources, expecting: settings.expectations, at: WallClock.now,
                failed: { error in
                    logger.warning("No keys for tokens", metadata: ["error": "\(error)"])
                })
            control = AccessControl(verifier: verifier)
            checks = [
                HealthCheck("token-keys") {
                    "\(try await verifier.keyCount(at: WallClock.now)) in force"
                }
            ]
            refreshing = Task { await verifier.run { WallClock.now } }
        }
    }

    /// Once nobody calls any more.
    func close() async {
        refreshing?.cancel()
        await refreshing?.value
    }
}
