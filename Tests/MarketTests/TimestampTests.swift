import Market
import TestSupport
import Testing

@Suite("Timestamp")
struct TimestampTests {
    @Test("RFC 3339 round trip over the whole range", arguments: [21, 22])
    func roundTrip(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        for round in 0..<5_000 {
            var nanoseconds = Int64.random(in: .min ... .max, using: &generator)
            // Whole seconds, milliseconds and microseconds are written shorter.
            for _ in 0..<(round % 10) { nanoseconds /= 10 }
            for _ in 0..<(round % 10) { nanoseconds *= 10 }
            let moment = Timestamp(nanoseconds: nanoseconds)
            #expect(try instant(moment.rfc3339) == moment)
        }
        #expect(try instant(Timestamp.earliest.rfc3339) == .earliest)
        #expect(try instant(Timestamp.latest.rfc3339) == .latest)
    }

    @Test(
        "the same instant, written differently",
        arguments: [
            "2018-12-31T21:00:00Z", "2018-12-31t21:00:00z", "2018-12-31 21:00:00.000Z",
            "2018-12-31T16:00:00-05:00", "2019-01-01T02:30:00+05:30", "2018-12-31T21:00:00-00:00",
        ])
    func spellings(text: String) throws {
        let moment = try instant(text)
        #expect(moment.nanoseconds == 1_546_290_000 * 1_000_000_000)
        #expect(moment.rfc3339 == "2018-12-31T21:00:00Z")
        #expect(moment.utcDate.iso == "2018-12-31")
        #expect(moment.nanosecondsOfUTCDay == 21 * 3600 * 1_000_000_000)
    }

    @Test("fractions keep their digits, before the epoch too")
    func fractions() throws {
        #expect(try instant("1970-01-01T00:00:00.000000001Z").nanoseconds == 1)
        #expect(try instant("1969-12-31T23:59:59.5Z").nanoseconds == -500_000_000)
        #expect(Timestamp(nanoseconds: -1).rfc3339 == "1969-12-31T23:59:59.999999999Z")
        #expect(Timestamp(nanoseconds: -500_000_000).rfc3339 == "1969-12-31T23:59:59.5Z")
        #expect(Timestamp(nanoseconds: -1).utcDate.iso == "1969-12-31")
    }

    @Test(
        "what is no instant is refused",
        arguments: [
            "", "2018-12-31", "2018-12-31T21:00:00", "2018-12-31T21:00Z", "2018-12-31T24:00:00Z",
            "2018-12-31T21:60:00Z", "2018-12-31T21:00:60Z", "2018-02-30T00:00:00Z",
            "2018-12-31T21:00:00.Z", "2018-12-31T21:00:00.1234567890Z", "2018-12-31T21:00:00.5",
            "2018-12-31T21:00:00+05", "2018-12-31T21:00:00+0500", "2018-12-31T21:00:00+24:00",
            "2018-12-31T21:00:00 Z", "2018-12-31T21:00:00Zz", "2018-12-31_21:00:00Z",
            "2018-12-31T-1:00:00Z", "9999-12-31T00:00:00Z", "0001-01-01T00:00:00Z",
            "1677-09-21T00:12:43.145224191Z", "2262-04-11T23:47:16.854775808Z",
        ])
    func refused(text: String) {
        #expect(Timestamp(rfc3339: text) == nil)
    }

    @Test("ends of the range: refused or clamped, never trapped")
    func ends() throws {
        #expect(Timestamp(secondsSinceEpoch: .max) == nil)
        #expect(Timestamp(secondsSinceEpoch: .min) == nil)
        let late = try date("9999-12-31")
        #expect(Timestamp(late) == nil)
        #expect(Timestamp(clamping: late) == .latest)
        #expect(try Timestamp(clamping: date("0001-01-01")) == .earliest)
        #expect(Timestamp(CivilDate(daysSinceEpoch: .max)) == nil)
        let day = try date("2019-06-01")
        #expect(Timestamp(clamping: day, secondsOfDay: 60) == Timestamp(day, secondsOfDay: 60))
    }
}
