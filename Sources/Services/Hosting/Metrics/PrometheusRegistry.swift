package import CoreMetrics
import Synchronization

/// Metrics of the process, written as Prometheus text.
///
/// Counters end in `_total`, timers in `_seconds`; other characters than the format allows become
/// `_`. Two metrics that would share a name but differ in kind, and label sets above the limit, are
/// counted in `bloasis_metrics_refused_total` and otherwise dropped.
package final class PrometheusRegistry: MetricsFactory {
    /// Different label sets one metric may have: more is a mistake in the labels.
    package static let labelSetLimit = 500
    /// Metrics of different names.
    package static let metricLimit = 500
    package static let contentType = PrometheusText.contentType

    static let refusedName = "bloasis_metrics_refused_total"
    static let refusedMeaning =
        "Metrics dropped: their name has another kind, or a limit is reached."

    private struct Family {
        var kind: PrometheusKind
        var series: [[LabelPair]: any PrometheusSeries] = [:]
    }

    private struct State {
        var families: [String: Family] = [:]
        var refused: [String: Int] = [:]
    }

    private let state = Mutex(State())
    private let help: [String: String]

    /// - Parameter help: one line about each metric, by its full name in the text.
    package init(help: [String: String] = [:]) {
        self.help = help
    }

    /// Everything, ordered by name and labels, what was refused last; two equal states give equal
    /// text.
    package func exposition() -> String {
        let (families, refused) = state.withLock { ($0.families, $0.refused) }
        var text = ""
        for (name, family) in families.sorted(by: { $0.key < $1.key }) {
            text += header(name, family.kind)
            for (labels, series) in family.series.sorted(by: {
                $0.key.lexicographicallyPrecedes($1.key)
            }) {
                text += series.samples(name: name, labels: labels)
            }
        }
        text += header(PrometheusRegistry.refusedName, .counter)
        for reason in Refusal.allCases {
            let labels = PrometheusText.labels([LabelPair(name: "reason", value: reason.rawValue)])
            text += PrometheusRegistry.refusedName + "\(labels) \(refused[reason.rawValue] ?? 0)\n"
        }
        return text
    }

    private func header(_ name: String, _ kind: PrometheusKind) -> String {
        let own = name == Self.refusedName ? Self.refusedMeaning : nil
        let about = help[name] ?? own ?? Self.withoutDescription
        return "# HELP \(name) \(PrometheusText.escapedHelp(about))\n# TYPE \(name) \(kind)\n"
    }

    /// What is said of a metric that nobody described.
    package static let withoutDescription = "No description."

    private enum Refusal: String, CaseIterable {
        case kind, labels, metrics
    }

    /// The series of a name and labels, made when new; `nil` when refused.
    private func series<Series: PrometheusSeries>(
        _ name: String, _ dimensions: [(String, String)], _ kind: PrometheusKind,
        make: () -> Series
    ) -> Series? {
        let labels = LabelPair.canonical(dimensions)
        return state.withLock { state in
            func refuse(_ reason: Refusal) -> Series? {
                state.refused[reason.rawValue, default: 0] += 1
                return nil
            }
            if state.families[name] == nil, state.families.count >= Self.metricLimit {
                return refuse(.metrics)
            }
            let family = state.families[name] ?? Family(kind: kind)
            guard family.kind == kind, name != Self.refusedName else { return refuse(.kind) }
            if let known = family.series[labels] {
                return known as? Series ?? refuse(.kind)
            }
            guard family.series.count < Self.labelSetLimit else { return refuse(.labels) }
            let made = make()
            state.families[name, default: family].series[labels] = made
            return made
        }
    }
}

// MARK: - MetricsFactory

extension PrometheusRegistry {
    private func counter(_ label: String, _ dimensions: [(String, String)]) -> PrometheusCounter? {
        let stem = PrometheusText.metricName(label)
        let name = stem.hasSuffix("_total") ? stem : stem + "_total"
        return series(name, dimensions, .counter) { PrometheusCounter() }
    }

    package func makeCounter(
        label: String, dimensions: [(String, String)]
    ) -> any CounterHandler {
        counter(label, dimensions)
            ?? NOOPMetricsHandler.instance.makeCounter(
                label: label, dimensions: dimensions)
    }

    package func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        counter(label, dimensions)
            ?? NOOPMetricsHandler.instance.makeFloatingPointCounter(
                label: label, dimensions: dimensions)
    }

    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        series(PrometheusText.metricName(label), dimensions, .gauge) { PrometheusGauge() }
            ?? NOOPMetricsHandler.instance.makeMeter(label: label, dimensions: dimensions)
    }

    package func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
        let name = PrometheusText.metricName(label)
        let made: (any RecorderHandler)? =
            aggregate
            ? series(name, dimensions, .summary) { PrometheusSummary() }
            : series(name, dimensions, .gauge) { PrometheusGauge() }
        return made
            ?? NOOPMetricsHandler.instance.makeRecorder(
                label: label, dimensions: dimensions, aggregate: aggregate)
    }

    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        let stem = PrometheusText.metricName(label)
        let name = stem.hasSuffix("_seconds") ? stem : stem + "_seconds"
        return series(name, dimensions, .histogram) { PrometheusHistogram() }
            ?? NOOPMetricsHandler.instance.makeTimer(label: label, dimensions: dimensions)
    }

    // A scrape must still see what a destroyed handle counted, so nothing is forgotten.
    package func destroyCounter(_ handler: any CounterHandler) {}
    package func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
    package func destroyMeter(_ handler: any MeterHandler) {}
    package func destroyRecorder(_ handler: any RecorderHandler) {}
    package func destroyTimer(_ handler: any TimerHandler) {}
}
