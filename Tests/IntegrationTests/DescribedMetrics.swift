import Hosting
import Testing

/// Metrics as a process tells them, against what the table says of them.
enum DescribedMetrics {
    /// Fails for a metric that is not described, has another kind, or has other labels.
    static func expect(in exposition: String) {
        let table = Dictionary(uniqueKeysWithValues: MetricTable.all.map { ($0.name, $0) })
        var described: MetricDescription?
        for line in exposition.split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 3)
            if line.hasPrefix("# HELP ") {
                described = table[String(words[2])]
                #expect(described?.meaning == words.last.map(String.init), "\(line)")
            } else if line.hasPrefix("# TYPE ") {
                #expect(described?.kind.rawValue == words.last.map(String.init), "\(line)")
            } else {
                #expect(described?.labels == labels(line), "\(line)")
            }
        }
    }

    /// The names of a sample's labels, but for a bucket's bound.
    private static func labels(_ sample: Substring) -> [String] {
        sample.matches(of: #/[{,]([a-z_]+)="/#).map { String($0.1) }.filter { $0 != "le" }
    }
}
