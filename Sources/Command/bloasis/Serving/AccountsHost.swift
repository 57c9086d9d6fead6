import AccountService
import Foundation
import Hosting
import Logging
import Passwords
import Ports
import ServiceLifecycle
import Tokens

/// Answers for accounts; all it does is done when it is asked.
struct AccountsHost: BlockingService {
    static let name = "accounts"

    init(_ context: ServiceContext<AccountSettings>) async throws {
        _ = try await context.process.shared(Shared.assembly)
    }

    func run() async throws { try? await gracefulShutdown() }
}

/// What making tokens is told by variables.
struct AccountSettings: ServiceSettings {
    let accessSeconds: Int64

    init(_ reader: inout ConfigurationReader) {
        accessSeconds = Int64(reader.integer("BLOASIS_TOKEN_SECONDS", in: 60...3_600))
    }
}

extension Assembly {
    static var randomBytes: @Sendable (Int) -> [UInt8] {
        { count in
            var generator = SystemRandomNumberGenerator()
            return (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
        }
    }

    private var passwords: ScryptHasher {
        ScryptHasher(salt: { Assembly.randomBytes(ScryptHasher.saltBytes) })
    }

    private func grants(_ logger: Logger) -> GrantEnvironment {
        GrantEnvironment(
            now: { WallClock.now }, randomBytes: Assembly.randomBytes, logger: logger)
    }

    /// With threads of its own for passwords: whoever floods logins keeps nobody from keeping
    /// accounts.
    var administration: AccountAdministration { administration(logger) }

    private func administration(_ logger: Logger) -> AccountAdministration {
        AccountAdministration(
            storage.accounts, hasher: passwords, grants(logger), makeRoom: storage.makeRoom)
    }

    /// For somebody at a terminal, who sees what was done: it is not told a second time.
    var commandedAdministration: AccountAdministration {
        var logger = logger
        logger.logLevel = .warning
        return administration(logger)
    }

    func tokens(_ settings: AccountSettings) -> TokenGrants {
        let access = configuration.access
        let secret = access.keySources.lazy.compactMap { source in
            if case .secret(let secret) = source { secret } else { nil }
        }.first
        return TokenGrants(
            storage.accounts, hasher: passwords,
            issuer: secret.map { JWTIssuer($0, expecting: access.expectations) },
            accessSeconds: settings.accessSeconds, grants(logger))
    }
}
