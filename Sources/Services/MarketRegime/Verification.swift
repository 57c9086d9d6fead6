import Contracts
package import Market
package import Ports
import RegimeModels
import Regimes

/// Recomputes what the store says of a series, or what was believed at an instant, through the live
/// path and with new fits, and compares the two bit for bit.
package struct Verification: Sendable {
    /// Differences that are kept; the others are counted.
    package static let differenceLimit = 100

    private let reader: any RegimeReader
    private let threads: Int

    /// - Parameter threads: that a fit runs on; what is said does not depend on it.
    package init(reader: any RegimeReader, threads: Int) {
        self.reader = reader
        self.threads = threads
    }

    /// - Parameters:
    ///   - range: what is compared; the bars before it are run all the same.
    ///   - knownAt: bars and answers are those that were available at this instant.
    /// - Throws: `JournalError.unknownSeries`, `StoreError`.
    package func run(
        _ series: Series, range: Range<Timestamp>? = nil, knownAt: Timestamp? = nil,
        progress: (BackfillProgress) -> Void
    ) async throws -> VerificationReport {
        var walk = try await VerificationWalk(
            series, in: reader, range: range, knownAt: knownAt, threads: threads)
        while let last = try await walk.turn(bars: Replay.pageSize) {
            progress(BackfillProgress(bars: walk.report.bars, lastAsOf: last))
        }
        return walk.report
    }
}
