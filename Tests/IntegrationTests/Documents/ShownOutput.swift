/// What a document shows of a command's output. `…` alone on a line stands for any lines, within a
/// line for any characters; blanks at the ends of lines say nothing.
struct ShownOutput {
    static let wildcard: Character = "…"

    let lines: [String]

    init(_ lines: [String]) {
        self.lines = Self.trimmed(lines)
    }

    /// All that several texts show, in this order, of an output that may go on in between.
    init(parts: [[String]], goesOn: Bool) {
        let joined = parts.map(Self.trimmed).joined(separator: ["…"])
        lines = Array(joined) + (goesOn ? ["…"] : [])
    }

    /// The longest words of the last line that has any: whoever waits for it waits for these.
    var lastWords: String {
        let pieces = lines.reversed().lazy.map { line in
            line.split { $0 == Self.wildcard }.map(String.init)
        }
        return pieces.first { !$0.isEmpty }?.max { $0.count < $1.count } ?? ""
    }

    func matches(_ text: String) -> Bool {
        let actual = Self.trimmed(
            text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init))
        // How much of the output each prefix of what is shown can cover.
        var reached: Set<Int> = [0]
        for line in lines {
            if line == "…" {
                reached = reached.min().map { Set($0...actual.count) } ?? []
            } else {
                reached = Set(
                    reached.compactMap { index in
                        index < actual.count && Self.matches(line, actual[index])
                            ? index + 1 : nil
                    })
            }
        }
        return reached.contains(actual.count)
    }

    /// One line, by the pieces between its wildcards.
    private static func matches(_ shown: String, _ actual: String) -> Bool {
        let pieces = shown.split(separator: wildcard, omittingEmptySubsequences: false)
        guard pieces.count > 1, let first = pieces.first, let last = pieces.last else {
            return shown == actual
        }
        guard actual.hasPrefix(first) else { return false }
        var rest = actual.dropFirst(first.count)
        for piece in pieces.dropFirst().dropLast() where !piece.isEmpty {
            guard let found = rest.firstRange(of: piece) else { return false }
            rest = rest[found.upperBound...]
        }
        return rest.hasSuffix(last)
    }

    /// The same text with what has come really: as many lines before and behind a wildcard as are
    /// shown, and wildcards within lines where they still hold. `nil` when it shows no more than
    /// one wildcard by itself can tell.
    func renewed(from text: String) -> [String]? {
        let actual = Self.trimmed(
            text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init))
        let gaps = lines.indices.filter { lines[$0] == "…" }
        guard gaps.count < 2 else { return nil }
        guard let gap = gaps.first else {
            return actual.enumerated().map { index, line in
                index < lines.count && Self.matches(lines[index], line) ? lines[index] : line
            }
        }
        let behind = lines.count - gap - 1
        guard actual.count >= gap + behind else { return actual }
        let head = zip(lines.prefix(gap), actual).map { Self.matches($0, $1) ? $0 : $1 }
        let tail = zip(lines.suffix(behind), actual.suffix(behind)).map {
            Self.matches($0, $1) ? $0 : $1
        }
        return head + ["…"] + tail
    }

    private static func trimmed(_ lines: [String]) -> [String] {
        var lines = lines.map { line in
            String(line.reversed().drop { $0 == " " || $0 == "\r" }.reversed())
        }
        while lines.last?.isEmpty == true { lines.removeLast() }
        return lines
    }
}
