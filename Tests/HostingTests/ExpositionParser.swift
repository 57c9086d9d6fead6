/// A strict reader of the Prometheus text format 0.0.4, as a scraper would be.
struct ExpositionParser {
    struct Family: Equatable {
        var type: String
        var help: String
        /// Samples by their text before the value: name and labels.
        var samples: [String: Double] = [:]
        var order: [String] = []
    }

    struct Malformed: Error, CustomStringConvertible {
        let line: String
        let why: String
        var description: String { "\(why): \(line)" }
    }

    private(set) var families: [String: Family] = [:]

    init(_ text: String) throws {
        guard text.isEmpty || text.hasSuffix("\n") else {
            throw Malformed(line: String(text.suffix(40)), why: "no newline at the end")
        }
        var current: String?
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
            if line.hasPrefix("# HELP ") {
                current = try help(String(line))
            } else if line.hasPrefix("# TYPE ") {
                try type(String(line), of: current)
            } else {
                try sample(String(line), of: current)
            }
        }
        for (name, family) in families { try checkHistogram(name, family) }
    }

    private mutating func help(_ line: String) throws -> String {
        let words = line.split(separator: " ", maxSplits: 3)
        guard words.count == 4, isMetricName(words[2]) else {
            throw Malformed(line: line, why: "HELP without name or text")
        }
        let name = String(words[2])
        guard families[name] == nil else { throw Malformed(line: line, why: "two families") }
        families[name] = Family(type: "", help: String(words[3]))
        return name
    }

    private mutating func type(_ line: String, of current: String?) throws {
        let words = line.split(separator: " ")
        guard words.count == 4, let current, words[2] == current, families[current]?.type == "",
            ["counter", "gauge", "histogram", "summary"].contains(words[3])
        else { throw Malformed(line: line, why: "TYPE does not follow its HELP") }
        families[current]?.type = String(words[3])
    }

    private mutating func sample(_ line: String, of current: String?) throws {
        guard let current, let family = families[current], !family.type.isEmpty else {
            throw Malformed(line: line, why: "sample before TYPE")
        }
        guard let space = line.lastIndex(of: " ") else {
            throw Malformed(line: line, why: "no value")
        }
        let key = String(line[..<space])
        let text = line[line.index(after: space)...]
        guard let value = number(text) else { throw Malformed(line: line, why: "no number") }
        let name = key.prefix { $0 != "{" }
        let suffixes: [String] =
            switch family.type {
            case "histogram": ["_bucket", "_sum", "_count"]
            case "summary": ["_sum", "_count"]
            default: [""]
            }
        guard suffixes.contains(where: { current + $0 == name }) else {
            throw Malformed(line: line, why: "sample outside its family")
        }
        guard family.type != "counter" || (name.hasSuffix("_total") && value >= 0) else {
            throw Malformed(line: line, why: "a counter ends in _total and is not negative")
        }
        try labels(key.dropFirst(name.count), in: line)
        guard family.samples[key] == nil else { throw Malformed(line: line, why: "twice") }
        families[current]?.samples[key] = value
        families[current]?.order.append(key)
    }

    private func labels(_ text: Substring, in line: String) throws {
        guard !text.isEmpty else { return }
        var rest = text.dropFirst()
        var names: Set<Substring> = []
        while rest.first != "}" {
            let name = rest.prefix { $0 != "=" }
            guard isLabelName(name), names.insert(name).inserted else {
                throw Malformed(line: line, why: "bad or repeated label name")
            }
            rest = rest.dropFirst(name.count)
            guard rest.hasPrefix("=\"") else { throw Malformed(line: line, why: "label") }
            rest = rest.dropFirst(2)
            while let character = rest.first, character != "\"" {
                rest = rest.dropFirst()
                if character == "\\" {
                    guard let escaped = rest.first, "\\\"n".contains(escaped) else {
                        throw Malformed(line: line, why: "bad escape")
                    }
                    rest = rest.dropFirst()
                }
            }
            rest = rest.dropFirst()
            if rest.first == "," { rest = rest.dropFirst() }
            if rest.isEmpty { throw Malformed(line: line, why: "labels are not closed") }
        }
        guard rest == "}" else { throw Malformed(line: line, why: "text after labels") }
    }

    /// Buckets never fall, and the last, `+Inf`, equals the count.
    private func checkHistogram(_ name: String, _ family: Family) throws {
        guard family.type == "histogram" else { return }
        var previous = 0.0
        for key in family.order {
            let value = family.samples[key] ?? 0
            if key.hasPrefix(name + "_bucket") {
                guard value >= previous else { throw Malformed(line: key, why: "bucket falls") }
                previous = value
                if key.contains("le=\"+Inf\"") { continue }
            } else if key.hasPrefix(name + "_count") {
                guard value == previous else { throw Malformed(line: key, why: "count") }
                previous = 0
            }
        }
    }

    private func isMetricName(_ text: Substring) -> Bool {
        text.wholeMatch(of: #/[a-zA-Z_:][a-zA-Z0-9_:]*/#) != nil
    }

    private func isLabelName(_ text: Substring) -> Bool {
        text.wholeMatch(of: #/[a-zA-Z_][a-zA-Z0-9_]*/#) != nil && !text.hasPrefix("__")
    }

    private func number(_ text: Substring) -> Double? {
        switch text {
        case "+Inf": .infinity
        case "-Inf": -.infinity
        case "NaN": .nan
        default: text.contains(where: \.isLetter) && !text.contains("e") ? nil : Double(text)
        }
    }
}
