/// A page as a script for bash: each command stands on the line on which it stands in the page,
/// so that whatever bash says about a line is about the page.
struct DocumentScript {
    let page: DocumentPage

    var text: String {
        var lines = [String](repeating: "", count: page.lines.count)
        for block in page.blocks {
            switch block.use {
            case .run: write(block, into: &lines)
            case .shown(let line):
                // What stands right behind is waited for before the next command.
                if let speaker = page.runs.first(where: { $0.line == line }),
                    !isRightBehind(block, speaker)
                {
                    lines[block.line - 1] = waiting(for: block, by: line)
                }
            case .skipped, .data: break
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Programs that are files rather than lines of the script, by name.
    var programs: [(name: String, text: String)] {
        page.runs.filter { $0.language == "python" }.map {
            (Self.program($0), $0.lines.joined(separator: "\n") + "\n")
        }
    }

    private static func program(_ block: DocumentPage.Block) -> String {
        "program-\(block.line).py"
    }

    private func write(_ block: DocumentPage.Block, into lines: inout [String]) {
        lines[block.line - 1] = "begin \(block.line)"
        var ending = ""
        if block.language == "python" {
            ending = "python3 \"$NOTES\"/\(Self.program(block)); "
        } else {
            for (index, line) in block.lines.enumerated() {
                lines[block.line + index] = Self.beside(line)
            }
        }
        // What goes on is given the time to say what is shown right behind it.
        let next = page.blocks.first { $0.line > block.line && $0.use == .shown(by: block.line) }
        if block.isEndless, let next, isRightBehind(next, block) {
            ending += waiting(for: next, by: block.line) + "; "
        }
        lines[block.end - 1] = ending + "finish \(block.line)"
    }

    private func isRightBehind(_ shown: DocumentPage.Block, _ block: DocumentPage.Block) -> Bool {
        page.lines[block.end..<shown.line - 1].allSatisfy { $0.allSatisfy { $0 == " " } }
    }

    private static func beside(_ line: String) -> String {
        DocumentPage.Block.needsEnding(line) ? DocumentPage.Block.code(line) + " &" : line
    }

    private func waiting(for shown: DocumentPage.Block, by speaker: Int) -> String {
        let words = ShownOutput(shown.lines).lastWords
        return "await \(speaker) '\(words.replacing("'", with: "'\\''"))'"
    }
}
