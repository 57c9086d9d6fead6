import Notices
import Regimes
import Testing

@Suite("A notice in words")
struct NoticeTextTests {
    @Test("what came late says so")
    func late() throws {
        let notice = Steps.notice(try Steps.step(.normalBull, .crisis))
        let (text, late) = (NoticeText(notice), NoticeText(notice, isLate: true))
        #expect(late.title == "Late, SPX: Bull → Crisis" && late.title == "Late, " + text.title)
        #expect(late.lines.first?.hasPrefix("This came late") == true)
        #expect(Array(late.lines.dropFirst()) == text.lines)
    }

    @Test(
        "a confidence is worded, whatever number it is",
        arguments: [
            (0.0, "0.0 %"), (0.9349, "93.5 %"), (0.0005, "0.1 %"), (1, "100.0 %"),
            (1e300, "100.0 %"), (-1e300, "0.0 %"), (.infinity, "100.0 %"), (-.infinity, "0.0 %"),
            (.nan, "0.0 %"),
        ] as [(Double, String)]
    )
    func confidence(share: Double, words: String) throws {
        let text = NoticeText(
            Steps.notice(try Steps.step(.normalBull, .crisis, confidence: share)))
        #expect(text.lines.contains("Probability \(words)"))
    }
}
