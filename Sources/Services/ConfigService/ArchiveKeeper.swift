import Logging
import Ports

/// Writes the registry to its archive, one write at a time: who asks while one is under way waits
/// for the next, which serves all who asked.
///
/// A write that fails is said in the log and made up for later; nobody is refused because of it.
actor ArchiveKeeper {
    private let archive: any RegistryArchive
    private let steady: @Sendable () -> ContinuousClock.Instant
    private let logger: Logger
    private var underWay: Task<Void, Never>?
    private var waiting: Task<Void, Never>?
    /// Why what is known is not in the archive; `nil` when it is.
    private var failure: Failure?

    private struct Failure {
        let reason: String
        let retryAt: ContinuousClock.Instant
    }

    /// How long after a write that failed the next one is made without being asked for.
    static let retryDelay = Duration.seconds(10)

    /// - Parameter steady: the clock that never jumps.
    init(
        _ archive: any RegistryArchive, steady: @escaping @Sendable () -> ContinuousClock.Instant,
        logger: Logger
    ) {
        self.archive = archive
        self.steady = steady
        self.logger = logger
    }

    /// What was written before the last end; nothing when it cannot be read, which is put aside.
    static func restore(
        from archive: any RegistryArchive, logger: Logger
    ) async -> [ServiceInstance] {
        do {
            return try await archive.read().map { try RegistrySnapshot.decode($0) } ?? []
        } catch {
            let place: String
            do {
                place = try await archive.setAside()
            } catch {
                place = "not moved: \(error)"
            }
            logger.warning(
                "Registry not restored, beginning with an empty one",
                metadata: [
                    "archive": "\(archive.location)", "error": "\(error)", "set_aside": "\(place)",
                ])
            return []
        }
    }

    /// Returns once what is known now is in the archive, or could not be written.
    ///
    /// - Parameter known: what is known, asked when it is written.
    func save(_ known: @escaping @Sendable () -> [ServiceInstance]) async {
        let task = waiting ?? next(known, after: underWay)
        waiting = task
        await task.value
    }

    /// Saves again when the last write failed a while ago.
    func catchUp(_ known: @escaping @Sendable () -> [ServiceInstance]) async {
        if let failure, failure.retryAt <= steady() { await save(known) }
    }

    /// - Throws: why what is known is not in the archive.
    func check() throws -> String {
        if let failure { throw ArchiveFailure(description: failure.reason) }
        return "saved"
    }

    // Not a part of whoever asked first: that one may be cancelled, the others count on it.
    private func next(
        _ known: @escaping @Sendable () -> [ServiceInstance], after previous: Task<Void, Never>?
    ) -> Task<Void, Never> {
        Task {
            await previous?.value
            await write(known)
        }
    }

    private func write(_ known: () -> [ServiceInstance]) async {
        // From here on, who asks needs a write of its own.
        underWay = waiting
        waiting = nil
        do {
            try await archive.write(RegistrySnapshot.encode(known()))
            if failure != nil { logger.notice("Registry saved again") }
            failure = nil
        } catch {
            if failure == nil {
                logger.warning(
                    "Registry not saved: what is registered from now on is lost with a restart",
                    metadata: ["archive": "\(archive.location)", "error": "\(error)"])
            }
            let retryAt = steady().advanced(by: ArchiveKeeper.retryDelay)
            failure = Failure(reason: "\(error)", retryAt: retryAt)
        }
    }
}

struct ArchiveFailure: Error, CustomStringConvertible {
    let description: String
}
