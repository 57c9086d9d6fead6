/// What came of a page that was followed, and where that is not what it says.
struct DocumentReport {
    let page: DocumentPage
    /// `failed STATUS LINE COMMAND` and `finished LINE`, a line each, as the shell noted them.
    let notes: String
    /// What each block has shown, by the line of its fence.
    let transcripts: [Int: String]

    private struct Failure {
        let line: Int
        let status: Int
        let command: String
    }

    private var failures: [Failure] {
        notes.split(separator: "\n").compactMap { note in
            let words = note.split(separator: " ", maxSplits: 3)
            guard words.count == 4, words[0] == "failed", let status = Int(words[1]),
                let line = Int(words[2])
            else { return nil }
            return Failure(line: line, status: status, command: String(words[3]))
        }
    }

    /// Empty when all is as the page says.
    var problems: [DocumentPage.Problem] {
        page.runs.flatMap { block -> [DocumentPage.Problem] in
            var found = statuses(block) + ending(block) + (shows(block) ? [] : [unlike(block)])
            // What was shown really is told once.
            if let last = found.popLast() {
                let shown = transcripts[block.line] ?? "nothing"
                let message = "\(last.message). What was shown:\n\(shown)"
                found.append(DocumentPage.Problem(line: last.line, message: message))
            }
            return found
        }
    }

    private func statuses(_ block: DocumentPage.Block) -> [DocumentPage.Problem] {
        let promises = block.promisedStatuses
        let broken = promises.compactMap { promise -> DocumentPage.Problem? in
            let status = failures.last { promise.lines.contains($0.line) }?.status ?? 0
            guard status != promise.status else { return nil }
            return DocumentPage.Problem(
                line: promise.lines.upperBound,
                message: "exits with \(status), not \(promise.status)")
        }
        let unforeseen = failures.filter { failure in
            failure.line > block.line && failure.line <= block.end
                && !promises.contains { $0.lines.contains(failure.line) }
        }
        return broken
            + unforeseen.map {
                DocumentPage.Problem(
                    line: $0.line, message: "«\($0.command)» exits with \($0.status)")
            }
    }

    private func ending(_ block: DocumentPage.Block) -> [DocumentPage.Problem] {
        let isFinished = notes.split(separator: "\n").contains("finished \(block.line)")
        return isFinished
            ? [] : [DocumentPage.Problem(line: block.line, message: "was not run to its end")]
    }

    private func output(_ block: DocumentPage.Block) -> ShownOutput? {
        let parts = page.shown(by: block).map(\.lines)
        return parts.isEmpty ? nil : ShownOutput(parts: parts, goesOn: block.isEndless)
    }

    private func shows(_ block: DocumentPage.Block) -> Bool {
        output(block)?.matches(transcripts[block.line] ?? "") ?? true
    }

    private func unlike(_ block: DocumentPage.Block) -> DocumentPage.Problem {
        DocumentPage.Problem(
            line: page.shown(by: block).first?.line ?? block.line,
            message: "shows something else")
    }

    /// The page with what was really shown, where it showed something else once.
    var renewedText: String {
        var lines = page.lines
        for block in page.runs.reversed() where !block.isEndless && !shows(block) {
            let parts = page.shown(by: block)
            guard parts.count == 1, let part = parts.first,
                let fresh = ShownOutput(part.lines).renewed(from: transcripts[block.line] ?? "")
            else { continue }
            lines.replaceSubrange(part.line..<part.end - 1, with: fresh)
        }
        return lines.joined(separator: "\n")
    }
}
