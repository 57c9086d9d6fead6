import Foundation
import Testing

@Suite("What came of a page that was followed")
struct DocumentReportTests {
    private static let text = """
        ```sh
        one
        two # exits with 3
        ```
        ```text
        said
        ```
        """

    private func report(_ notes: String, _ shown: String, _ text: String = text) -> DocumentReport {
        DocumentReport(
            page: DocumentPage(path: "page.md", text: text), notes: notes, transcripts: [1: shown])
    }

    private func lines(_ report: DocumentReport) -> [Int] { report.problems.map(\.line) }

    @Test("all as it says: no problem")
    func good() {
        #expect(lines(report("failed 3 3 two\nfinished 1", "said\n")).isEmpty)
    }

    @Test("a status that was not promised, or did not come, or another text, is told by its line")
    func bad() {
        #expect(lines(report("failed 3 3 two\nfinished 1", "else")) == [5])
        #expect(lines(report("finished 1", "said")) == [3])
        #expect(lines(report("failed 1 3 two\nfinished 1", "said")) == [3])
        #expect(lines(report("failed 1 2 one\nfailed 3 3 two\nfinished 1", "said")) == [2])
        #expect(lines(report("failed 3 3 two", "said")) == [1])
        // A pipeline within a command is noted before the command itself.
        #expect(lines(report("failed 1 3 false\nfailed 3 3 two\nfinished 1", "said")).isEmpty)
    }

    @Test("the page with what was really shown")
    func renewed() {
        let fresh = report("failed 3 3 two\nfinished 1", "new\nlines\n").renewedText
        #expect(fresh == Self.text.replacing("said", with: "new\nlines"))
        #expect(report("", "said").renewedText == Self.text)
    }

    @Test("a shell follows a page: statuses by line, outputs by block, what goes on is ended")
    func shell() async throws {
        let page = DocumentPage(
            path: "page.md",
            text: """
                ```sh
                cd "$HOME" && pwd | tail -c 5
                export WORDS='a b'
                ```
                ```sh
                sh -c 'echo begun; exec sleep 600' &
                ```
                ```text
                begun
                ```
                ```sh
                echo "$WORDS"
                false \\
                    || (exit 3) # exits with 3
                ls /nowhere
                ```
                ```text
                a b
                …
                ```
                """)
        let bench = try DocumentBench(python: "/usr/bin/python3")
        defer { bench.remove() }
        let report = try await bench.follow(page)
        #expect(report.transcripts[1] == "home\n")
        #expect(report.problems.map(\.line) == [15])
        #expect(report.problems.first?.message.hasPrefix("«ls /nowhere» exits with 2") == true)
    }
}
