import Testing

@Suite("A page as one who follows it reads it")
struct DocumentPageTests {
    private func page(_ text: String) -> DocumentPage {
        DocumentPage(path: "page.md", text: text)
    }

    @Test("blocks are run, shown by the one above, skipped for a reason, or data")
    func uses() {
        let page = page(
            """
            # Title
            ```sh
            one
            ```

            ```text
            said
            ```
            <!-- not run: needs a Docker engine -->
            ```sh
            two
            ```
            ```json
            {}
            ```
            words
            ```json
            {}
            ```
            ```python
            three
            ```
            <!-- said by: one -->
            ```text
            later
            ```
            """)
        #expect(page.problems.isEmpty)
        let skipped = DocumentPage.Use.skipped(reason: "needs a Docker engine")
        #expect(
            page.blocks.map(\.use) == [
                .run, .shown(by: 2), skipped, skipped, .data, .run, .shown(by: 2),
            ])
        #expect(page.runs.map(\.line) == [2, 20])
        #expect(page.shown(by: page.runs[0]).map(\.lines) == [["said"], ["later"]])
    }

    @Test(
        "what is neither run nor marked is a problem",
        arguments: [
            ("```\nbloasis current\n```", 1), ("```bash\nls\n```", 1),
            ("words\n```text\nx\n```", 2),
            ("```sh\nls", 1), ("<!-- not run: why -->\nwords", 1),
            ("<!-- said by: ls -->\n```text\nx\n```", 2), ("<!-- not run: why -->", 1),
            ("<!-- said by: ls -->\n```sh\nls\n```", 2),
        ])
    func unmarked(_ text: String, _ line: Int) {
        #expect(page(text).problems.map(\.line) == [line], "\(text)")
    }

    @Test(
        "what goes on is known by its ampersand or by what is said of it",
        arguments: [
            ("bloasis serve &", true), ("bloasis serve &   # port 8082", true),
            ("bloasis watch    # to the end; Ctrl-C ends it", true), ("true && false", false),
            ("true && \\\nfalse", false), ("curl 'a?b&c' # d", false),
            ("bloasis current  # now & then", false), ("curl 'a?b=c&'", false),
        ])
    func endless(_ text: String, _ isEndless: Bool) {
        #expect(page("```sh\n\(text)\n```").runs.first?.isEndless == isEndless, "\(text)")
    }

    @Test("a status that is promised is of the whole command")
    func promises() {
        let block = page("```sh\none\ntwo \\\n  three # exits with 3\necho exits with 4\n```").runs[
            0]
        #expect(block.promisedStatuses.map(\.lines) == [3...4])
        #expect(block.promisedStatuses.map(\.status) == [3])
    }

    @Test("a script has each command on its own line, and notes around it")
    func script() {
        let page = page(
            """
            Text.
            ```sh
            bloasis serve    # Ctrl-C ends it
            ```
            ```text
            …it's up…
            ```
            ```python
            x = 1
            ```
            <!-- said by: serve -->
            ```text
            bye
            ```
            """)
        let script = DocumentScript(page: page)
        #expect(
            script.text.split(separator: "\n", omittingEmptySubsequences: false) == [
                "", "begin 2", "bloasis serve    &", "await 2 'it'\\''s up'; finish 2", "", "", "",
                "begin 8", "", "python3 \"$NOTES\"/program-8.py; finish 8", "", "await 2 'bye'", "",
                "", "",
            ])
        #expect(script.programs.map(\.name) == ["program-8.py"])
        #expect(script.programs.map(\.text) == ["x = 1\n"])
    }
}
