import Testing

@Suite("Figures that a page has from somewhere else")
struct DocumentFiguresTests {
    @Test("are numbers with what joins them; words are none")
    func numbers() {
        let text = "| 1,463 ms, to 4e-15 | **39.3 M**. x86-64 (2.89–3) v4, 5. | 1.79, |"
        #expect(
            DocumentFigures.numbers(in: text) == [
                "1,463", "4e-15", "39.3", "2.89", "3", "5", "1.79",
            ])
    }

    @Test("are looked for as wholes, in the table behind the mark alone")
    func strangers() {
        let page = DocumentPage(
            path: "page.md",
            text: """
                | 7 |

                <!-- figures: results.md -->
                | 14 ms | 1,463 |
                | 2.5 | |

                | 8 |
                """)
        let figures = DocumentFigures.all(in: page)
        #expect(figures.map(\.source) == ["results.md"])
        #expect(figures.map(\.line) == [4])
        #expect(figures.map(\.numbers) == [["14", "1,463", "2.5"]])
        #expect(figures.first?.strangers(in: "14 of 1,463") == ["2.5"])
        #expect(figures.first?.strangers(in: "| 1,463 | 114 | 2.5 |") == ["14"])
    }
}
