import Foundation
import TestSupport

@testable import Hosting

/// `Documentation/Reference/metrics.md`.
enum MetricReference {
    static var text: String {
        let bounds = PrometheusHistogram.bucketSeconds.map(PrometheusText.number)
        return """
            # Metrics

            Made from `MetricTable` by `make docs`; edit the table, not this page.

            Every HTTP door answers `GET /metrics` with Prometheus text 0.0.4. Which metrics a
            process has depends on what it runs; counters count from its start. A histogram has
            `_bucket`, `_sum` and `_count`, with buckets up to \(bounds.joined(separator: ", ")) and
            +Inf seconds. At most \(PrometheusRegistry.labelSetLimit) sets of labels a metric and
            \(PrometheusRegistry.metricLimit) metrics are kept.


            """ + table.dropLast()
    }

    private static var table: String {
        Markdown.table(
            ["metric", "type", "unit", "labels", "meaning"],
            MetricTable.all.map { metric in
                [
                    Markdown.code(metric.name), metric.kind.rawValue, metric.unit ?? "",
                    metric.labels.map(Markdown.code).joined(separator: ", "), metric.meaning,
                ]
            })
    }
}

/// The metrics that the sources make, found by how they are written.
struct DeclaredMetrics {
    /// The kind of each by its full name.
    private(set) var kinds: [String: MetricDescription.Kind] = [:]

    init() throws {
        let folder = GeneratedDocument.repository.appending(path: "Sources")
        for path in try FileManager.default.subpathsOfDirectory(atPath: folder.path)
        where path.hasSuffix(".swift") {
            let source = try String(contentsOf: folder.appending(path: path), encoding: .utf8)
            if source.contains("Metrics") { take(source) }
        }
    }

    init(source: String) {
        take(source)
    }

    private mutating func take(_ source: String) {
        for match in source.matches(of: #/\b(?:FloatingPoint)?Counter\(\s*label:\s*"([^"]+)"/#) {
            add(match.1, .counter)
        }
        for match in source.matches(of: #/\bGauge\(\s*label:\s*"([^"]+)"/#) {
            add(match.1, .gauge)
        }
        for match in source.matches(of: #/\bTimer\(\s*label:\s*"([^"]+)"/#) {
            add(match.1, .histogram)
        }
        for match in source.matches(of: #/counter:\s*"([^"]+)",\s*timer:\s*"([^"]+)"/#) {
            add(match.1, .counter)
            add(match.2, .histogram)
        }
        // A file whose gauges have names that are given to a function of it.
        guard source.contains(#/\bGauge\(label: name\b/#) else { return }
        for match in source.matches(of: #/\b(?:gauge|set)\(\s*"([^"]+)"/#) {
            add(match.1, .gauge)
        }
    }

    /// With the ending that the registry gives a kind.
    private mutating func add(_ label: Substring, _ kind: MetricDescription.Kind) {
        let ending =
            switch kind {
            case .counter: "_total"
            case .histogram: "_seconds"
            case .gauge: ""
            }
        kinds[label.hasSuffix(ending) ? String(label) : label + ending] = kind
    }
}
