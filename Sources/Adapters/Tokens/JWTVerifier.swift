import Crypto
package import Market
package import Ports
import Synchronization

/// Verifies JSON Web Tokens (RFC 7519) with jwt-kit: RS256, ES256 and HS256 alone.
///
/// In this order: form and header; a key of the header's algorithm; the signature; only then the
/// claims. jwt-kit does the arithmetic of signatures. Its own choice of keys (a default for names
/// it does not know) and its checks against the system's clock are not used.
package final class JWTVerifier: TokenVerifier {
    private let ring: KeyRing
    private let expectations: TokenExpectations
    private let verified = Mutex(VerifiedTokens())

    /// Reads the files of keys and tries the URLs once; what a URL does not give now is asked for
    /// later.
    ///
    /// - Parameters:
    ///   - now: what refreshing is counted from.
    ///   - failed: told of every attempt to get keys that brought none, for logs.
    /// - Throws: when a file gives no keys.
    package init(
        _ sources: [KeySource], expecting expectations: TokenExpectations,
        fetcher: any KeySetFetcher = HTTPKeySetFetcher(), at now: Timestamp,
        failed: @escaping @Sendable (KeySourceError) -> Void
    ) async throws(KeySourceError) {
        self.expectations = expectations
        ring = try await KeyRing(sources, fetcher: fetcher, at: now, failed: failed)
    }

    /// How often `run` looks whether keys have grown old: as often as a server is asked at most.
    static let lookInterval = Duration.seconds(RefreshSchedule.Pace.url.pause)

    /// Keeps keys from growing old, also while nobody calls, until it is cancelled; with it ends
    /// whatever looks for keys.
    ///
    /// - Parameters:
    ///   - clock: paces looking.
    ///   - now: what refreshing is counted by.
    package func run(
        clock: any Clock<Duration> = ContinuousClock(), now: @escaping @Sendable () -> Timestamp
    ) async {
        await withTaskCancellationHandler {
            repeat {
                await ring.refresh(at: now())
            } while (try? await clock.sleep(for: JWTVerifier.lookInterval)) != nil
        } onCancel: {
            ring.stop()
        }
    }

    /// How many keys are in force, for readiness.
    ///
    /// - Throws: when a source has never given any.
    package func keyCount(at now: Timestamp) async throws(KeySourceError) -> Int {
        try await ring.count(at: now)
    }

    package func principal(
        of token: String, at now: Timestamp
    ) async throws(TokenRefusal) -> Principal {
        guard token.utf8.count <= TokenLimits.tokenBytes else { throw .malformed(.length) }
        let digest = SHA256.hash(data: Array(token.utf8))
        let version = ring.version
        if let known = verified.withLock({ $0.principal(digest, keys: version, at: now) }) {
            return known
        }
        // Signatures take long, and a caller's thread may be one that connections wait for.
        return try await withTaskExecutorPreference(globalConcurrentExecutor) {
            () async throws(TokenRefusal) -> Principal in
            try await verify(token, digest, at: now)
        }
    }

    private func verify(
        _ token: String, _ digest: SHA256Digest, at now: Timestamp
    ) async throws(TokenRefusal) -> Principal {
        let token = try CompactToken(token)
        let (keys, used) = try await ring.candidates(for: token.header, at: now)
        guard keys.contains(where: { $0.verifies(token) }) else { throw .badSignature }
        let claims = try TokenClaims(token.claims)
        try claims.check(expectations, at: now)
        let principal = Principal(
            subject: claims.subject, scopes: claims.scopes, organisation: claims.organisation)
        verified.withLock {
            $0.remember(digest, principal, keys: used, at: now, until: claims.lastInstant)
        }
        return principal
    }
}
