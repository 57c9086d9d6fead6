import Terminal
import Testing

@Suite("The hold on the terminal's second screen")
struct ScreenHoldTests {
    private let enter = TerminalControl.enter
    private let leave = TerminalControl.leave

    @Test("it is taken once, given back once, and after the end never taken again")
    func script() {
        var hold = ScreenHold()
        #expect(hold.give() == nil)
        #expect(hold.take() == enter)
        #expect(hold.take() == nil)
        #expect(hold.give() == leave)
        #expect(hold.give() == nil)
        #expect(hold.take() == enter)
        #expect(hold.end() == leave && hold.isOver)
        #expect(hold.take() == nil && hold.give() == nil && hold.end() == nil)
    }

    @Test("stopped without being asked, it is taken anew; ended before that, it is given back")
    func stoppedUnasked() {
        var hold = ScreenHold()
        #expect(hold.take() == enter)
        hold.resume()
        #expect(hold.take() == enter)
        hold.resume()
        #expect(hold.end() == leave)
    }

    @Test("what is written to take it hides the cursor, and giving it back shows it again")
    func cursor() {
        #expect(enter.hasPrefix("\u{1B}[?1049h\u{1B}[?25l"))
        #expect(leave == "\u{1B}[?25h\u{1B}[?1049l")
    }
}

@Suite("How often a live view looks")
struct WatchPaceTests {
    @Test("soon after news; after none twice as long each time, up to the longest")
    func backsOff() {
        var pace = WatchPace()
        func waits(_ count: Int, foundNews: Bool) -> [Duration] {
            (0..<count).map { _ in pace.wait(afterLookOf: .zero, foundNews: foundNews) }
        }
        let shortest = WatchPace.shortest
        #expect(waits(2, foundNews: true) == [shortest, shortest])
        #expect(waits(3, foundNews: false) == [shortest * 2, shortest * 4, WatchPace.longest])
        #expect(waits(20, foundNews: false).allSatisfy { $0 == WatchPace.longest })
        #expect(waits(1, foundNews: true) == [shortest])
    }

    @Test("looks that take long take a tenth of the time, and a wait is bounded all the same")
    func slow() {
        var pace = WatchPace()
        let second: Duration = .seconds(1)
        #expect(
            pace.wait(afterLookOf: second, foundNews: true) == second * WatchPace.waitsPerLook)
        #expect(
            pace.wait(afterLookOf: .seconds(60), foundNews: false)
                == WatchPace.longestAfterSlowLook)
        #expect(pace.wait(afterLookOf: .milliseconds(1), foundNews: true) == WatchPace.shortest)
    }
}
