import Contracts
package import Hosting
import Market
package import Ports
import ServiceLifecycle
import Trading

/// The users' portfolios, before their reports: in the process, in the shared cache, and only then
/// added up.
///
/// What is cached is the answer but for the instant it is given at. A commit drops what the process
/// has; a report of this process drops the shared entry besides, and other instances hear of it.
/// Adding up takes time that grows with a user's reports: it is done when somebody asks, not with
/// every report.
package final class Portfolios: Service, Sendable {
    private let cache: TieredCache<MessageCodec<Bloasis_Trading_Portfolio>>
    private let ledger: any FillLedger
    private let commits: @Sendable () -> AsyncStream<Void>

    /// - Parameters:
    ///   - shared: `nil` when there is none.
    ///   - commits: yields after every commit to the ledger's store.
    package init(
        ledger: any FillLedger, commits: @escaping @Sendable () -> AsyncStream<Void>,
        shared: (any SharedCache)?, _ environment: CacheEnvironment
    ) {
        cache = TieredCache(
            "portfolio", MessageCodec(), shared: shared, CacheLimits(), environment)
        self.ledger = ledger
        self.commits = commits
    }

    /// A user's portfolio of everything reported, without its instant; empty without reports.
    func answer(of user: UserID) async throws -> Bloasis_Trading_Portfolio {
        let answer = try await cache.value(
            of: try Portfolios.key(of: user), lifetime: CacheKeys.portfolioLifetime,
            isLatest: { version in
                // Of no reports: before the first.
                let known = max(version.sequence, 0)
                return try await self.ledger.fills(of: user, after: known, limit: 1).isEmpty
            }, load: { try await self.load(user) })
        guard case .value(let portfolio, _) = answer else {
            return try await self.answer(of: user, adding: [], asOf: nil)
        }
        return portfolio.message
    }

    /// A user's portfolio of what was reported up to an instant; it is not cached.
    func answer(
        of user: UserID, asOf: Timestamp
    ) async throws -> Bloasis_Trading_Portfolio {
        try await answer(of: user, adding: try await ledger.fills(of: user), asOf: asOf)
    }

    /// Drops a user's portfolio in both tiers, after a commit; never fails.
    func changed(_ user: UserID) async {
        guard let key = try? Portfolios.key(of: user) else { return }
        await cache.forget(key)
    }

    /// Hears of what other processes commit and other instances write.
    package func run() async throws {
        await cancelWhenGracefulShutdown { await self.cache.run(forgettingAt: self.commits()) }
    }

    /// - Throws: `RPCFault` when the user's name does not belong into a key.
    static func key(of user: UserID) throws(RPCFault) -> CacheKey {
        do {
            return try CacheKeys.portfolio(ofUser: user.text)
        } catch {
            throw .invalidArgument("\(error)")
        }
    }

    private func load(
        _ user: UserID
    ) async throws -> CacheAnswer<KeptAnswer<Bloasis_Trading_Portfolio>> {
        let fills = try await ledger.fills(of: user)
        guard let last = fills.last else { return .absent }
        let portfolio = try await answer(of: user, adding: fills, asOf: nil)
        // A user's reports are numbered without gaps: the number alone says which is newer.
        let version = CacheVersion(
            asOf: Timestamp(nanoseconds: 0), revision: 0, sequence: last.sequence)
        return .value(KeptAnswer(portfolio), version)
    }

    private func answer(
        of user: UserID, adding fills: [RecordedFill], asOf: Timestamp?
    ) async throws -> Bloasis_Trading_Portfolio {
        let counted = fills.last { fill in asOf.map { fill.fill.timestamp <= $0 } ?? true }
        do {
            var answer = try Bloasis_Trading_Portfolio(
                Portfolio(of: fills, asOf: asOf), of: user, sequence: counted?.sequence ?? 0)
            if let asOf { answer.asOf = asOf.rfc3339 }
            return answer
        } catch {
            throw RPCFault(.outOfRange, "the portfolio of \(user) cannot be added up: \(error)")
        }
    }
}
