import Testing

@Suite("What a page shows of an output")
struct ShownOutputTests {
    @Test(
        "wildcards stand for lines and within lines; blanks at ends say nothing",
        arguments: [
            ("one\ntwo", "one  \ntwo\n\n"), ("…", ""), ("…", "any\nlines"), ("one\n…", "one"),
            ("one\n…\nfour", "one\ntwo\nthree\nfour"), ("…\ntwo\n…\ntwo", "one\ntwo\nx\ntwo"),
            ("a…c", "abc"), ("a…c", "ac"), ("…b…", "abc"), ("a…b…c", "a1b2b3c"), ("", "\n"),
            ("…\nb\n…", "a\nb"), ("[…]", "[…]"),
        ])
    func matching(_ shown: String, _ actual: String) {
        #expect(output(shown).matches(actual), "\(shown) of \(actual)")
    }

    @Test(
        "anything else is another output",
        arguments: [
            ("one", "one\ntwo"), ("one\ntwo", "one"), ("a…c", "ab"), ("a…c", "a\nc"), ("", "x"),
            ("…\none", "one\ntwo"), ("aba…ba", "aba"), ("one", " one"), ("…\nb\n…\nb", "a\nb"),
        ])
    func differing(_ shown: String, _ actual: String) {
        #expect(!output(shown).matches(actual), "\(shown) of \(actual)")
    }

    private func output(_ text: String) -> ShownOutput {
        ShownOutput(text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init))
    }

    @Test("several texts are parts of one output, which may go on")
    func parts() {
        let output = ShownOutput(parts: [["one", ""], ["three"]], goesOn: true)
        #expect(output.lines == ["one", "…", "three", "…"])
        #expect(output.matches("one\ntwo\nthree\nfour"))
        #expect(!ShownOutput(parts: [["one"]], goesOn: false).matches("one\ntwo"))
    }

    @Test("who waits for it waits for the longest words of its last line")
    func words() {
        #expect(output("longer words\n…a…the last…\n…").lastWords == "the last")
        #expect(output("…").lastWords.isEmpty)
    }

    @Test(
        "shown anew it keeps its wildcards",
        arguments: [
            ("old", "new\nlines", "new\nlines"), ("a\n…\nz", "b\nc\nd\ny", "b\n…\ny"),
            ("…:1\nold", "x:1\nnew", "…:1\nnew"), ("a\n…\nb\n…", "x", nil), ("", "new", "new"),
        ])
    func renewing(_ shown: String, _ actual: String, _ renewed: String?) {
        #expect(output(shown).renewed(from: actual)?.joined(separator: "\n") == renewed)
    }
}
