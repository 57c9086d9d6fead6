import TestSupport
import Testing

@testable import Hosting

@Suite("The reference of the metrics")
struct MetricReferenceTests {
    @Test("is what the table of metrics says")
    func reference() throws {
        try GeneratedDocument.expect(
            MetricReference.text, at: "Documentation/Reference/metrics.md")
    }

    @Test("every metric that the sources make is in the table, of its kind, and no other one")
    func declared() throws {
        let declared = try DeclaredMetrics().kinds
        #expect(declared.count >= 30)
        // The registry's own, which is not made like the others.
        let described = MetricTable.all.filter { $0.name != PrometheusRegistry.refusedName }
        #expect(Set(declared.keys) == Set(described.map(\.name)))
        for metric in described {
            #expect(declared[metric.name] == metric.kind, "\(metric.name)")
        }
    }

    @Test("a metric that nobody described is found")
    func planted() {
        let source = """
            Counter(
                label: "planted", dimensions: [])
            Gauge(label: "height").record(1)
            let calls = CallMetrics(
                counter: "asked", timer: "asking", labels: [])
            """
        #expect(
            DeclaredMetrics(source: source).kinds == [
                "planted_total": .counter, "height": .gauge, "asked_total": .counter,
                "asking_seconds": .histogram,
            ])
        let helper = """
            set("depth", 1)
            Gauge(label: name, dimensions: labels).record(value)
            """
        #expect(DeclaredMetrics(source: helper).kinds == ["depth": .gauge])
    }

    @Test("descriptions are sentences, names and labels are Prometheus's, units are their endings")
    func descriptions() {
        #expect(Set(MetricTable.all.map(\.name)).count == MetricTable.all.count)
        for metric in MetricTable.all {
            #expect(metric.meaning.hasSuffix("."), "\(metric.name)")
            #expect(PrometheusText.metricName(metric.name) == metric.name)
            for label in metric.labels { #expect(PrometheusText.labelName(label) == label) }
            #expect((metric.kind == .counter) == metric.name.hasSuffix("_total"), "\(metric.name)")
            if metric.name.hasSuffix("_seconds") { #expect(metric.unit == "seconds") }
        }
        #expect(MetricTable.help.count == MetricTable.all.count)
    }
}
