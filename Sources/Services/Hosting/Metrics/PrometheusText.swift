/// The pieces of the Prometheus text format 0.0.4.
enum PrometheusText {
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// A metric name: `[a-zA-Z_:][a-zA-Z0-9_:]*`; every other character becomes `_`.
    static func metricName(_ text: String) -> String {
        name(text, allowingColon: true)
    }

    /// A label name: `[a-zA-Z_][a-zA-Z0-9_]*`, but for what the format itself uses: the prefix `__`
    /// and the names `le` and `quantile`.
    static func labelName(_ text: String) -> String {
        var name = name(text, allowingColon: false)
        while name.hasPrefix("__") { name.removeFirst() }
        return name == "le" || name == "quantile" ? "_" + name : name
    }

    private static func name(_ text: String, allowingColon: Bool) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            let isLetter = ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar)
            let isDigit = ("0"..."9").contains(scalar)
            if isDigit, result.isEmpty { result += "_" }
            let isAllowed = isLetter || isDigit || (allowingColon && scalar == ":")
            result.unicodeScalars.append(isAllowed ? scalar : "_")
        }
        return result.isEmpty ? "_" : result
    }

    static func escapedLabelValue(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
            .replacing("\n", with: "\\n")
    }

    static func escapedHelp(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
    }

    /// A sample value: whole numbers without a fraction, `+Inf`, `-Inf`, `NaN`.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if let whole = Int64(exactly: value) { return String(whole) }
        return value.description
    }

    /// `{a="1",b="2"}`; empty for no labels.
    static func labels(_ pairs: [LabelPair]) -> String {
        guard !pairs.isEmpty else { return "" }
        let body = pairs.map { "\($0.name)=\"\(escapedLabelValue($0.value))\"" }
        return "{" + body.joined(separator: ",") + "}"
    }
}

/// A label of a sample.
struct LabelPair: Hashable, Comparable {
    var name: String
    var value: String

    static func < (lhs: LabelPair, rhs: LabelPair) -> Bool {
        (lhs.name, lhs.value) < (rhs.name, rhs.value)
    }

    /// Sanitised, ordered by name, the first of two equal names.
    static func canonical(_ dimensions: [(String, String)]) -> [LabelPair] {
        var pairs: [LabelPair] = []
        for (name, value) in dimensions {
            let name = PrometheusText.labelName(name)
            if !pairs.contains(where: { $0.name == name }) {
                pairs.append(LabelPair(name: name, value: value))
            }
        }
        return pairs.sorted()
    }
}
