import CoreMetrics
import Metrics
import TestSupport
import Testing

@testable import Hosting

@Suite("Prometheus metrics")
struct PrometheusRegistryTests {
    private let registry = PrometheusRegistry(help: ["bars_total": "Bars taken in."])

    @Test("an exact exposition")
    func exact() {
        let bars = Counter(label: "bars", dimensions: [("market", "SPX")], factory: registry)
        bars.increment(by: 2)
        bars.increment()
        Gauge(label: "lag.seconds", factory: registry).record(1.5)
        Meter(label: "open connections", factory: registry).set(7)
        Recorder(label: "batch", factory: registry).record(10)
        #expect(
            registry.exposition() == """
                # HELP bars_total Bars taken in.
                # TYPE bars_total counter
                bars_total{market="SPX"} 3
                # HELP batch No description.
                # TYPE batch summary
                batch_sum 10
                batch_count 1
                # HELP lag_seconds No description.
                # TYPE lag_seconds gauge
                lag_seconds 1.5
                # HELP open_connections No description.
                # TYPE open_connections gauge
                open_connections 7
                # HELP bloasis_metrics_refused_total Metrics dropped: their name has another kind, \
                or a limit is reached.
                # TYPE bloasis_metrics_refused_total counter
                bloasis_metrics_refused_total{reason="kind"} 0
                bloasis_metrics_refused_total{reason="labels"} 0
                bloasis_metrics_refused_total{reason="metrics"} 0

                """)
    }

    @Test("timers are histograms in seconds: each bound counts what equals it")
    func histogram() throws {
        let timer = Timer(label: "request", factory: registry)
        timer.recordNanoseconds(500_000)
        timer.recordNanoseconds(500_001)
        timer.recordSeconds(3600)
        let family = try #require(
            ExpositionParser(registry.exposition()).families["request_seconds"])
        #expect(family.samples[#"request_seconds_bucket{le="0.0005"}"#] == 1)
        #expect(family.samples[#"request_seconds_bucket{le="0.001"}"#] == 2)
        #expect(family.samples[#"request_seconds_bucket{le="10"}"#] == 2)
        #expect(family.samples[#"request_seconds_bucket{le="+Inf"}"#] == 3)
        #expect(family.samples["request_seconds_count"] == 3)
        let sum = try #require(family.samples["request_seconds_sum"])
        #expect(abs(sum - 3600.001000001) < 1e-6)
    }

    @Test("whatever names and values come in, the text is well formed", arguments: 0..<50)
    func property(seed: Int) throws {
        var random = SplitMix64(seed: UInt64(seed))
        let pieces = [
            "a", "Z", "9", "_", ":", "-", ".", " ", "\"", "\\", "\n", "é", "{", "}", "=", ",",
        ]
        func text() -> String {
            (0..<Int.random(in: 0...6, using: &random))
                .map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
        }
        for _ in 0..<60 {
            let labels = (0..<Int.random(in: 0...3, using: &random)).map { _ in (text(), text()) }
            let value =
                [0, 1, -1.5, 1e300, 1e-300, .infinity, .nan].randomElement(using: &random) ?? 0
            switch Int.random(in: 0..<5, using: &random) {
            case 0: Counter(label: text(), dimensions: labels, factory: registry).increment()
            case 1:
                FloatingPointCounter(label: text(), dimensions: labels, factory: registry)
                    .increment(by: value)
            case 2: Gauge(label: text(), dimensions: labels, factory: registry).record(value)
            case 3: Recorder(label: text(), dimensions: labels, factory: registry).record(value)
            default:
                Timer(label: text(), dimensions: labels, factory: registry)
                    .recordNanoseconds(Int64.random(in: 0...20_000_000_000, using: &random))
            }
        }
        let exposition = registry.exposition()
        let families = try ExpositionParser(exposition).families
        #expect(families.count > 1)
        #expect(registry.exposition() == exposition)
    }

    @Test("the same name and labels are one series, in any order of labels")
    func identity() {
        Counter(label: "x", dimensions: [("a", "1"), ("b", "2")], factory: registry).increment()
        let again = Counter(label: "x", dimensions: [("b", "2"), ("a", "1")], factory: registry)
        again.increment()
        again.destroy()
        #expect(registry.exposition().contains(#"x_total{a="1",b="2"} 2"# + "\n"))
    }

    @Test("a name of another kind is refused and counted")
    func kindConflict() {
        Gauge(label: "x", factory: registry).record(1)
        Timer(label: "x", factory: registry).recordSeconds(1)
        Recorder(label: "x", factory: registry).record(2)
        let text = registry.exposition()
        #expect(text.contains("x 1\n"))
        #expect(text.contains(#"bloasis_metrics_refused_total{reason="kind"} 1"#))
    }

    @Test("label sets up to the limit are kept, one more is refused and counted")
    func labelSetLimit() throws {
        for index in 0...PrometheusRegistry.labelSetLimit {
            Counter(label: "x", dimensions: [("i", "\(index)")], factory: registry).increment()
        }
        let parsed = try ExpositionParser(registry.exposition())
        #expect(parsed.families["x_total"]?.samples.count == PrometheusRegistry.labelSetLimit)
        #expect(
            parsed.families["bloasis_metrics_refused_total"]?
                .samples[#"bloasis_metrics_refused_total{reason="labels"}"#] == 1)
    }

    @Test("metrics up to the limit are kept, one more is refused and counted")
    func metricLimit() throws {
        for index in 0...PrometheusRegistry.metricLimit {
            Gauge(label: "m\(index)", factory: registry).record(1)
        }
        let parsed = try ExpositionParser(registry.exposition())
        #expect(parsed.families.count == PrometheusRegistry.metricLimit + 1)
        #expect(
            parsed.families["bloasis_metrics_refused_total"]?
                .samples[#"bloasis_metrics_refused_total{reason="metrics"}"#] == 1)
    }

    @Test("concurrent increments are all counted")
    func concurrency() async {
        await withTaskGroup(of: Void.self) { tasks in
            for _ in 0..<8 {
                tasks.addTask { [registry] in
                    for _ in 0..<1000 { Counter(label: "x", factory: registry).increment() }
                }
            }
        }
        #expect(registry.exposition().contains("x_total 8000\n"))
    }
}
