/// Whether a text is well-formed XML, as far as the page's own constructs go: nesting, attributes
/// in quotes and no name twice, references, forbidden characters.
enum WellFormed {
    /// The first thing that is wrong, with what stands there.
    static func problem(_ text: String) -> String? {
        var open: [Substring] = []
        var rest = text[...]
        if rest.hasPrefix("<!DOCTYPE html>") { rest = rest.dropFirst("<!DOCTYPE html>".count) }
        while let start = rest.firstIndex(of: "<") {
            if let wrong = problem(inText: rest[..<start]) { return wrong }
            guard let end = rest[start...].firstIndex(of: ">") else { return "a tag without end" }
            var tag = rest[rest.index(after: start)..<end]
            rest = rest[rest.index(after: end)...]
            if tag.hasPrefix("/") {
                guard open.popLast() == tag.dropFirst() else { return "</\(tag.dropFirst())>" }
                continue
            }
            let isClosed = tag.hasSuffix("/")
            if isClosed { tag = tag.dropLast() }
            let name = tag.prefix { $0.isLetter || $0.isNumber }
            if name.isEmpty { return "<\(tag)>" }
            if let wrong = problem(inAttributes: tag.dropFirst(name.count)) { return wrong }
            if !isClosed { open.append(name) }
        }
        return open.isEmpty ? problem(inText: rest) : "not closed: \(open)"
    }

    private static func problem(inText text: Substring) -> String? {
        if let wrong = text.unicodeScalars.first(where: { $0.value < 32 && $0 != "\n" }) {
            return "character \(wrong.value)"
        }
        let known = ["amp;", "lt;", "gt;", "quot;", "#39;"]
        for piece in text.split(separator: "&", omittingEmptySubsequences: false).dropFirst()
        where !known.contains(where: { piece.hasPrefix($0) }) {
            return "&\(piece.prefix(10))"
        }
        return nil
    }

    private static func problem(inAttributes text: Substring) -> String? {
        var rest = text
        var names: Set<Substring> = []
        while !rest.isEmpty {
            guard rest.hasPrefix(" ") else { return "attributes «\(rest)»" }
            rest = rest.dropFirst()
            let name = rest.prefix { $0 != "=" }
            rest = rest.dropFirst(name.count + 1)
            guard rest.hasPrefix("\""), names.insert(name).inserted else { return "\(name)" }
            let value = rest.dropFirst().prefix { $0 != "\"" }
            rest = rest.dropFirst(value.count + 2)
            if name.hasPrefix("on") { return "\(name) is a handler" }
            if let wrong = problem(inText: value) { return wrong }
        }
        return nil
    }
}
