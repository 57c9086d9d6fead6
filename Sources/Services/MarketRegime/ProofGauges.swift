import Market
import Metrics

/// What the continuous proof tells whoever asks for metrics.
struct ProofGauges: Sendable {
    let factory: any MetricsFactory

    /// - Parameter took: what the last verification took; `nil` before the first.
    func record(_ ledger: ProofLedger, at now: Timestamp, took: Duration?) {
        let tally = ledger.tally
        set("verification_series", Double(tally.series))
        set("verification_pending_series", Double(tally.pending))
        set("verification_failed_series", Double(tally.failed))
        set("verification_bars", Double(tally.bars))
        set("verification_differences", Double(tally.differences))
        set(
            "verification_first_difference_timestamp_seconds",
            tally.first.map { ProofGauges.seconds($0.asOf) } ?? 0)
        if let took {
            set("verification_last_run_timestamp_seconds", ProofGauges.seconds(now))
            set("verification_last_run_duration_seconds", took / .seconds(1))
        }
        for (series, through) in ledger.verifiedThrough(limit: ServiceGauges.seriesLimit) {
            set(
                "verification_through_timestamp_seconds",
                through.map(ProofGauges.seconds) ?? 0, ServiceGauges.dimensions(of: series))
        }
    }

    private func set(_ name: String, _ value: Double, _ labels: [(String, String)] = []) {
        Gauge(label: name, dimensions: labels, factory: factory).record(value)
    }

    /// Since 1970.
    private static func seconds(_ instant: Timestamp) -> Double {
        Double(instant.nanoseconds) / Double(Timestamp.nanosecondsPerSecond)
    }
}
