package import Hosting
package import Logging
package import Market
package import Metrics
package import Ports
import ServiceLifecycle

/// Verifies each day that has closed, by itself and in the background: recomputes what the store
/// says of every series and compares bit for bit, as `bloasis verify` does.
///
/// Each verification begins at the series' first bar, so what was tampered with shows wherever it
/// lies; but fits that were once found right are not made again. It goes on a page of bars at a
/// time and rests after each for as long as that took: it has half of one thread and of one
/// connection at the most, and live bars come in between. Nothing that it meets ends the process.
package struct ContinuousProof: Service {
    /// Bars that are recomputed before it rests.
    package static let barsPerTurn = 500
    /// Rests are as long as the turn before, within these bounds.
    static let shortestRest = Duration.milliseconds(1)
    static let longestRest = Duration.seconds(5)
    private let reader: any RegimeReader
    private let interval: Duration
    private let status: StatusNode
    private let now: @Sendable () -> Timestamp
    private let sleep: @Sendable (Duration) async throws -> Void
    private let gauges: ProofGauges
    private let logger: Logger

    /// - Parameters:
    ///   - interval: how far apart looks at the store's series are.
    ///   - status: where differences show, as a warning.
    ///   - metrics: where the gauges are.
    ///   - now: the wall clock.
    ///   - sleep: waits, and throws when it is cancelled.
    package init(
        reader: any RegimeReader, interval: Duration, status: StatusNode,
        metrics: any MetricsFactory, now: @escaping @Sendable () -> Timestamp,
        logger: Logger,
        sleep: @escaping @Sendable (Duration) async throws -> Void = {
            try await Task.sleep(for: $0)
        }
    ) {
        self.reader = reader
        self.interval = interval
        self.status = status
        self.now = now
        self.sleep = sleep
        gauges = ProofGauges(factory: metrics)
        self.logger = logger
    }

    package func run() async throws {
        // What was not verified is verified after the next start.
        try await untilShutdown { try await follow() }
    }

    private func follow() async throws {
        var proof = Proof()
        while true {
            let looked = now()
            do {
                proof.ledger.look(at: try await reader.heads(), now: looked)
                tell(proof)
                while looked.distance(to: now()) < interval, let target = proof.ledger.next() {
                    try await prove(target, &proof)
                    tell(proof)
                }
            } catch let error as CancellationError {
                throw error
            } catch {
                logger.warning("Closed days not verified", metadata: ["error": "\(error)"])
                status.report(.warning, "not verified: \(error)")
            }
            try await sleep(
                max(interval - looked.distance(to: now()), ContinuousProof.shortestRest))
        }
    }

    /// What is known, and what the last verification took.
    private struct Proof {
        var ledger = ProofLedger()
        var fits = ProvenFits()
        var took: Duration?
    }

    // MARK: - One verification

    /// - Throws: what passes, and then nothing has come of the target.
    private func prove(_ target: ProofLedger.Target, _ proof: inout Proof) async throws {
        let began = now()
        do {
            let walk = try await walk(target, proof.fits)
            proof.fits.remember(walk.agreed)
            let writes = try await reader.head(of: target.series)?.writes
            log(proof.ledger.took(walk.report, of: target, writes: writes), walk.report)
        } catch  where error is CancellationError || error.passes {
            throw error
        } catch {
            proof.ledger.gaveUp(target)
            logger.error(
                "Series cannot be verified",
                metadata: ["series": "\(target.series)", "error": "\(error)"])
        }
        proof.took = began.distance(to: now())
    }

    private func walk(
        _ target: ProofLedger.Target, _ fits: ProvenFits
    ) async throws -> VerificationWalk {
        var walk = try await VerificationWalk(
            target.series, in: reader,
            range: Timestamp.earliest..<target.through.advanced(byNanoseconds: 1),
            proven: fits.holds, threads: 1)
        while true {
            let began = now()
            guard try await walk.turn(bars: ContinuousProof.barsPerTurn) != nil else { break }
            let took = began.distance(to: now())
            try await sleep(
                min(max(took, ContinuousProof.shortestRest), ContinuousProof.longestRest))
        }
        // The head says that its last bar is answered, which is none before this one.
        walk.takeEnd()
        return walk
    }

    // MARK: - Telling

    private func tell(_ proof: Proof) {
        gauges.record(proof.ledger, at: now(), took: proof.took)
        let tally = proof.ledger.tally
        let series = "\(tally.series) series verified, \(tally.pending) to go"
        if let first = tally.first {
            status.report(.warning, "\(tally.differences) differences; the first: \(first)")
        } else if tally.failed > 0 {
            status.report(.warning, "\(series), \(tally.failed) cannot be verified")
        } else {
            status.report(tally.pending > 0 ? .busy : .ok, series)
        }
    }

    private func log(_ finding: ProofLedger.Finding, _ report: VerificationReport) {
        switch finding {
        case .proven:
            logger.debug(
                "Series verified",
                metadata: ["series": "\(report.series)", "bars": "\(report.answers)"])
        case .differs(let first):
            logger.error(
                "Stored answers differ from recomputed ones",
                metadata: [
                    "series": "\(first.series)", "as_of": "\(first.asOf)",
                    "part": "\(first.part)", "stored": "\(first.stored)",
                    "recomputed": "\(first.recomputed)",
                    "differences": "\(report.differenceCount)",
                ])
        case .unsettled:
            logger.info(
                "Series written while it was verified, verifying again",
                metadata: ["series": "\(report.series)"])
        }
    }
}

/// Whether and how often a serving process verifies what has closed.
package struct ProofSettings: ServiceSettings {
    package static let keys = [
        ConfigurationKey(
            "VERIFY_CLOSED_DAYS", .choice(["on", "off"]), default: "on",
            meaning: "Whether a served market-regime verifies each closed day by itself, as "
                + "`bloasis verify` does. Of several on one store one is enough."),
        ConfigurationKey(
            "VERIFY_INTERVAL_SECONDS", .count, default: "60",
            meaning: "How far apart it looks for days that have closed."),
    ]

    package let isOn: Bool
    package let interval: Duration

    package init(_ reader: inout ConfigurationReader) {
        isOn = reader.text("VERIFY_CLOSED_DAYS") == "on"
        interval = .seconds(reader.integer("VERIFY_INTERVAL_SECONDS", in: 1...86_400))
    }
}

extension Timestamp {
    /// How much later another instant is; nothing when the clock was put back.
    fileprivate func distance(to later: Timestamp) -> Duration {
        max(.zero, .nanoseconds(later.nanoseconds - nanoseconds))
    }
}
