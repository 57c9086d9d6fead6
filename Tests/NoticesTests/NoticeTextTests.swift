import Market
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

    @Test(
        "a bar has its day, within the day its minute; regimes have their names",
        arguments: [
            (.daily, "2018-12-31T21:00:00Z", "2018-12-31"),
            (.daily, "2019-01-01T00:00:00Z", "2018-12-31"),
            (.hourly, "2019-01-01T00:00:00Z", "2019-01-01 00:00 UTC"),
            (.minutely, "2018-12-31T21:00:05Z", "2018-12-31 21:00:05 UTC"),
        ] as [(Timeframe, String, String)])
    func words(timeframe: Timeframe, close: String, time: String) throws {
        var step = try Steps.step(.normalBull, .crisis)
        step.series = Series(market: step.series.market, timeframe: timeframe)
        step.reasoning = "crisis 97.0 %; still normal_bull (crisis_like) in place of crisis"
        let close = try #require(Timestamp(rfc3339: close))
        let lines = NoticeText(Steps.notice(step, at: close)).lines
        #expect(lines.first == "Since the bar of \(time)")
        #expect(
            lines.last == "Why: Crisis 97.0 %; still Bull (crisis_like) in place of Crisis")
    }
}
