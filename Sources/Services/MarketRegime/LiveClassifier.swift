package import Logging
package import Market
package import Ports
import RegimeModels
package import Regimes

/// The live shell around `MarketRegimeState`: one bar in, one transaction out.
///
/// Keeps a state per series, rebuilt from the store when first needed and whenever another writer
/// moved the series. A state only advances once its effects are committed, so a failed write leaves
/// it where it was.
package struct LiveClassifier: Sendable {
    /// Rebuilds before a bar is given up for this attempt: each lost race means another writer made
    /// progress.
    static let reloadLimit = 24
    /// The pause after a lost race is drawn from 0 up to this, times the races lost.
    static let reloadPause = Duration.milliseconds(4)

    private let journal: any RegimeJournal
    private let replay: Replay
    private let now: @Sendable () -> Timestamp
    private let logger: Logger
    private var standing: [Series: Replay.Standing] = [:]
    private var jitter: any RandomNumberGenerator & Sendable

    /// - Parameters:
    ///   - now: the wall clock: when a late bar was brought.
    ///   - jitter: spreads writers that race for one series.
    package init(
        journal: any RegimeJournal, reader: any RegimeReader,
        now: @escaping @Sendable () -> Timestamp, logger: Logger,
        jitter: any RandomNumberGenerator & Sendable
    ) {
        self.jitter = jitter
        self.now = now
        self.journal = journal
        self.replay = Replay(reader: reader)
        self.logger = logger
    }

    /// Classifies a bar and commits what follows from it.
    ///
    /// The same bar again writes nothing; a bar not later than the last one is kept as a revision,
    /// known from when it came unless it says otherwise, and announces nothing.
    ///
    /// - Throws: `JournalError.unknownSeries`, `BarRefusal`, `StoreError`.
    @discardableResult
    @concurrent
    package mutating func take(
        _ bar: Bar, of series: Series, as trigger: Trigger = .bar
    ) async throws -> JournalReceipt {
        var lastError: (any Error)?
        for attempt in 1...LiveClassifier.reloadLimit {
            var standing = try await standing(of: series)
            try await checkSession(of: bar, after: standing.state)
            if let split = standing.suspicion(at: bar) {
                // It may have been written by a backfill that was told to accept it.
                let head = try await replay.reader.head(of: series)
                let isCurrent = head?.writes == standing.writes
                self.standing[series] = isCurrent ? standing : nil
                let refusal = BarRefusal.suspectedSplit(series, split)
                if isCurrent { throw refusal }
                lastError = refusal
                continue
            }
            var batch = JournalBatch(
                series: series,
                expecting: .head(
                    lastAsOf: standing.lastAsOf, writes: standing.writes),
                announcing: true)
            let effects = standing.state.process(bar, as: trigger)
            batch.append(effects, of: bar)
            batch.lateBars = batch.lateBars.map { $0.asCorrection(broughtAt: now()) }
            do {
                let receipt = try await journal.record(batch)
                standing.lastAsOf = receipt.head.lastAsOf
                standing.writes = receipt.head.writes
                self.standing[series] = standing
                log(effects)
                return receipt
            } catch let error as JournalError {
                guard case .headMoved = error else { throw error }
                self.standing[series] = nil
                lastError = error
                try await Task.sleep(
                    for: LiveClassifier.reloadPause * Double(attempt)
                        * Double.random(in: 0..<1, using: &jitter))
            }
        }
        throw lastError ?? JournalError.unknownSeries(series)
    }

    /// Bars that came before are compared where they are known: the last one in the state, those
    /// around a late one in the store.
    private func checkSession(of bar: Bar, after state: MarketRegimeState) async throws {
        let profile = state.profile
        guard profile.series.timeframe == .daily, let last = state.lastAsOf,
            last != bar.timestamp
        else { return }
        var stamps = [last]
        if bar.timestamp < last {
            stamps = try await replay.reader.stamps(
                around: bar.timestamp...bar.timestamp, of: profile.series)
        }
        try BarRefusal.checkSessions(stamps + [bar.timestamp], of: profile)
    }

    /// Forgets every state: each is rebuilt from the store when its series is next written.
    package mutating func forget() {
        standing = [:]
    }

    private mutating func standing(of series: Series) async throws -> Replay.Standing {
        if let known = standing[series] { return known }
        let rebuilt = try await replay.standing(of: series, trigger: .bar)
        standing[series] = rebuilt
        return rebuilt
    }

    private func log(_ effects: [Effect]) {
        for effect in effects {
            switch effect {
            case .record(let record):
                guard let change = record.change else { continue }
                logger.notice(
                    "Regime changed",
                    metadata: [
                        "market": "\(change.series.market)", "regime": "\(change.regime)",
                        "previous_regime": "\(change.previousRegime)", "as_of": "\(change.asOf)",
                        "confidence": "\(change.confidence)",
                    ])
            case .reportFitFailure(let instant, let failure):
                logger.warning(
                    "Refit failed, what was before it goes on answering",
                    metadata: ["as_of": "\(instant)", "error": "\(failure)"])
            case .adopt, .keep, .keepLate:
                continue
            }
        }
    }
}
