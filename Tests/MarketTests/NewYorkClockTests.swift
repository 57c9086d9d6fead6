import Market
import TestSupport
import Testing

/// Compared with the IANA database as Python's `zoneinfo` reads it.
@Suite("New York clock")
struct NewYorkClockTests {
    struct Transition {
        let instant: Timestamp
        let before: Int
        let after: Int
    }

    static func transitions() throws -> [Transition] {
        let file = try FixtureFile(
            "golden/new_york_transitions.csv", header: "utc,offset_before,offset_after")
        return try file.rows.map { row in
            Transition(
                instant: try instant(row[0]), before: try #require(Int(row[1])),
                after: try #require(Int(row[2])))
        }
    }

    @Test("agrees on both sides of every change, to the nanosecond")
    func bothSides() throws {
        let transitions = try NewYorkClockTests.transitions()
        #expect(transitions.count == 234)
        for transition in transitions {
            let last = transition.instant.advanced(byNanoseconds: -1)
            #expect(NewYorkClock.utcOffsetSeconds(at: last) == transition.before, "\(last)")
            #expect(
                NewYorkClock.utcOffsetSeconds(at: transition.instant) == transition.after,
                "\(transition.instant)")
        }
    }

    @Test("knows no other change: every hour of 1901 to 2037")
    func everyHour() throws {
        var transitions = try NewYorkClockTests.transitions()[...]
        var expected = try #require(transitions.first).before
        var hour = try instant("1901-01-01T00:00:00Z")
        let end = try instant("2038-01-01T00:00:00Z")
        var wrong: [Timestamp] = []
        while hour < end {
            if let next = transitions.first, next.instant <= hour {
                expected = next.after
                transitions.removeFirst()
            }
            if NewYorkClock.utcOffsetSeconds(at: hour) != expected { wrong.append(hour) }
            hour = hour.advanced(bySeconds: 3600)
        }
        #expect(wrong.isEmpty, "\(wrong.count) hours, first \(wrong.prefix(3))")
        #expect(transitions.isEmpty)
    }

    @Test(
        "reads the wall back: local time to instant and instant to local time", arguments: [1, 2])
    func roundTrip(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        // 1850 to 2200, in seconds.
        for _ in 0..<20_000 {
            let whole = Int64.random(in: -3_786_825_600...7_258_118_400, using: &generator)
            let moment = try #require(Timestamp(secondsSinceEpoch: whole))
            let day = NewYorkClock.localDate(at: moment)
            let midnight = Int64(day.daysSinceEpoch) * 86_400
            let second = whole + Int64(NewYorkClock.utcOffsetSeconds(at: moment)) - midnight
            #expect((0..<86_400).contains(second))
            let back = NewYorkClock.instant(day, secondsOfDay: Int(second))
            // The second showing of an autumn hour is read as the first.
            #expect(back == moment || back == moment.advanced(bySeconds: -3600), "\(moment)")
        }
    }

    @Test("skipped and repeated hours")
    func skippedAndRepeated() throws {
        let spring = try date("2024-03-10")
        #expect(
            try NewYorkClock.instant(spring, secondsOfDay: 2 * 3600 + 1800)
                == instant("2024-03-10T03:30:00-04:00"))
        #expect(
            try NewYorkClock.instant(spring, secondsOfDay: 2 * 3600 - 1)
                == instant("2024-03-10T01:59:59-05:00"))
        let autumn = try date("2024-11-03")
        #expect(
            try NewYorkClock.instant(autumn, secondsOfDay: 3600 + 1800)
                == instant("2024-11-03T01:30:00-04:00"))
        #expect(
            try NewYorkClock.instant(autumn, secondsOfDay: 2 * 3600)
                == instant("2024-11-03T02:00:00-05:00"))
    }

    @Test("War Time crosses New Year")
    func warTime() throws {
        #expect(
            try NewYorkClock.instant(date("1943-01-01"), secondsOfDay: 0)
                == instant("1943-01-01T00:00:00-04:00"))
        #expect(
            try NewYorkClock.localDate(at: instant("1945-01-01T03:59:59Z")) == date("1944-12-31"))
    }

    @Test("standard time before 1883, and the ends of time do not trap")
    func ends() throws {
        #expect(try NewYorkClock.utcOffsetSeconds(at: instant("1800-07-01T00:00:00Z")) == -18_000)
        #expect(NewYorkClock.localDate(at: .earliest).iso == "1677-09-20")
        #expect(NewYorkClock.localDate(at: .latest).iso == "2262-04-11")
        #expect(try NewYorkClock.instant(date("9999-12-31"), secondsOfDay: 57_600) == .latest)
        #expect(try NewYorkClock.instant(date("0001-01-01"), secondsOfDay: 57_600) == .earliest)
    }
}
