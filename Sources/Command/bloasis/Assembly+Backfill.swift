import Contracts
import Foundation
import Hosting
import MarketRegime

extension Assembly {
    var backfill: Backfill { backfill(threads: ProcessInfo.processInfo.activeProcessorCount) }

    /// - Parameter threads: that one fit runs on.
    func backfill(threads: Int) -> Backfill {
        Backfill(journal: journal, reader: store, threads: threads)
    }

    /// A backfill that writes nothing.
    var rehearsal: Backfill {
        let dryRun = DryRun(over: store, wording: .standard)
        return Backfill(journal: dryRun, reader: dryRun, threads: backfill.threads)
    }

    /// Runs a backfill, and tells whoever follows what it wrote.
    func backfill(
        _ request: BackfillRequest, isRehearsal: Bool = false, from source: Backfill.Source,
        scanning scan: @escaping Backfill.Source, progress: (BackfillProgress) -> Void
    ) async throws -> BackfillResult {
        let result: BackfillResult
        do {
            result = try await (isRehearsal ? rehearsal : backfill).run(
                request, from: source, scanning: scan, progress: progress)
        } catch {
            // What came before it is committed.
            await currents.written(request.series)
            throw error
        }
        // Also when nothing was: whoever wrote it may have been killed before it told the cache.
        await currents.written(request.series)
        try await publishAnnounced(request.terms.emitting)
        return result
    }

    /// Publishes what a backfill announced, unless another process is at it.
    func publishAnnounced(_ emitting: Bool) async throws {
        if emitting, try await desk.relay.drainOnce() == .leaseHeldElsewhere {
            StandardError.note("the relay of another process publishes the announced changes")
        }
    }
}
