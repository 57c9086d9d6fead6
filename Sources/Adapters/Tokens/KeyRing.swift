import Market
import Ports

/// All keys that verify tokens.
struct KeyRing: Sendable {
    /// Keys that are tried on one token: each costs a verification, and who sends tokens need not
    /// be known.
    static let attemptLimit = 8

    private let secrets: [VerificationKey]
    private let places: [RefreshedKeys]

    /// Reads the files and asks the URLs once.
    ///
    /// - Throws: when a file gives no keys; a URL may give them later.
    init(
        _ sources: [KeySource], fetcher: any KeySetFetcher, at now: Timestamp,
        failed: @escaping @Sendable (KeySourceError) -> Void
    ) async throws(KeySourceError) {
        var secrets: [VerificationKey] = []
        var places: [RefreshedKeys] = []
        for source in sources {
            switch source {
            case .secret(let secret): secrets.append(try await Self.key(secret))
            case .file(let path):
                places.append(RefreshedKeys(.file(KeyFile(path: path)), failed: failed))
                await places.last?.refresh(at: now, for: .freshness)
                if let failure = places.last?.failure { throw failure }
            case .url(let url):
                places.append(RefreshedKeys(.url(url, fetcher), failed: failed))
                await places.last?.refresh(at: now, for: .freshness)
            }
        }
        self.secrets = secrets
        self.places = places
    }

    private static func key(_ secret: SharedSecret) async throws(KeySourceError) -> VerificationKey
    {
        do {
            return try await .shared(secret)
        } catch {
            throw KeySourceError(
                location: "the shared secret", problem: "no key can be made of it: change it")
        }
    }

    /// Changes whenever keys do.
    var version: Int { places.reduce(0) { $0 + $1.current.version } }

    /// The keys that a token with this header may be signed with, `attemptLimit` at the most, and
    /// the version of the ring that they are from.
    ///
    /// - Throws: `unknownKey` when there are none, `keysUnavailable` when some were never had.
    func candidates(
        for header: TokenHeader, at now: Timestamp
    ) async throws(TokenRefusal) -> (keys: [VerificationKey], version: Int) {
        if header.algorithm == .hs256 { return (try Self.some(of: secrets), version) }
        for place in places { await place.keepFresh(at: now) }
        var snapshot = snapshot(header)
        if snapshot.keys.isEmpty {
            for place in places { await place.refresh(at: now, for: .unknownKey) }
            snapshot = self.snapshot(header)
        }
        if snapshot.keys.isEmpty, places.contains(where: { $0.current.version == 0 }) {
            throw .keysUnavailable
        }
        return (try Self.some(of: snapshot.keys), snapshot.version)
    }

    /// How many keys are in force.
    ///
    /// - Throws: when a place has never given any.
    func count(at now: Timestamp) async throws(KeySourceError) -> Int {
        var count = secrets.count
        for place in places {
            await place.keepFresh(at: now)
            if place.current.version == 0 { await place.refresh(at: now, for: .freshness) }
            let (keys, version) = place.current
            if version == 0, let failure = place.failure { throw failure }
            count += keys.count
        }
        return count
    }

    /// Looks for keys that have grown old, so that those nobody asks for do not.
    func refresh(at now: Timestamp) async {
        for place in places { await place.refresh(at: now, for: .freshness) }
    }

    /// Ends what is under way.
    func stop() { for place in places { place.stop() } }

    private func snapshot(_ header: TokenHeader) -> (keys: [VerificationKey], version: Int) {
        places.reduce(into: (keys: [], version: 0)) { sum, place in
            let (keys, version) = place.current
            sum.keys += keys.filter { $0.fits(header) }
            sum.version += version
        }
    }

    private static func some(
        of keys: [VerificationKey]
    ) throws(TokenRefusal) -> [VerificationKey] {
        guard !keys.isEmpty else { throw .unknownKey }
        return Array(keys.prefix(attemptLimit))
    }
}
