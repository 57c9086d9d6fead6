import Testing

@Suite("Commands between backticks")
struct DocumentWordsTests {
    private static let page = DocumentPage(
        path: "page.md",
        text: """
            Say `bloasis verify --market M` or `A=1 bloasis serve gateway`; `bloasis` alone is none.

            ```sh
            B=2 bloasis watch
            ```
            | `--stamp open` | `bloasis.sqlite` | `make bench RECORD=1` | `make lint test` |
            """)

    @Test("programs, options and words are found with their lines; blocks are not looked into")
    func finding() {
        let words = DocumentWords(Self.page)
        #expect(words.commands.map(\.verb) == ["verify", "serve"])
        #expect(words.verbs == ["verify", "serve", "watch"])
        #expect(words.commands.map(\.options) == [["--market"], []])
        #expect(words.options.map(\.option) == ["--stamp"])
        #expect(words.targets.map(\.word) == ["bench", "lint", "test"])
        #expect(words.targets.map(\.line) == [6, 6, 6])
    }
}
