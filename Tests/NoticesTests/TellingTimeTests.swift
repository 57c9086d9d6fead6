import Market
import Notices
import Regimes
import TestSupport
import Testing

@Suite("When a person is told")
struct TellingTimeTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let zone: String
        var quiet: (Int, Int)?
        var digest = Digest.instant
        var net: Int64 = 0
        let at: String
        let told: String

        var testDescription: String { "\(zone) \(at) \(told)" }
    }

    static let night = (22 * 60, 7 * 60)

    static let cases = [
        Case(zone: "UTC", at: "2024-03-05T12:00:01Z", told: "2024-03-05T12:00:01Z"),
        Case(zone: "UTC", net: 600, at: "2024-03-05T12:00:01Z", told: "2024-03-05T12:10:01Z"),
        // Quiet hours over midnight, at both edges.
        Case(zone: "UTC", quiet: night, at: "2024-03-05T21:59:59Z", told: "2024-03-05T21:59:59Z"),
        Case(zone: "UTC", quiet: night, at: "2024-03-05T22:00:00Z", told: "2024-03-06T07:00:00Z"),
        Case(zone: "UTC", quiet: night, at: "2024-03-06T06:59:59Z", told: "2024-03-06T07:00:00Z"),
        Case(zone: "UTC", quiet: night, at: "2024-03-06T07:00:00Z", told: "2024-03-06T07:00:00Z"),
        // By the clock on their wall.
        Case(
            zone: "Asia/Tokyo", quiet: night, at: "2024-03-05T14:00:00Z",
            told: "2024-03-05T22:00:00Z"),
        Case(
            zone: "Asia/Kathmandu", quiet: (0, 360), at: "2024-03-05T18:30:00Z",
            told: "2024-03-06T00:15:00Z"),
        // Clocks are set forward in that night, and back in that one.
        Case(
            zone: "Europe/Berlin", quiet: night, at: "2024-03-30T23:00:00Z",
            told: "2024-03-31T05:00:00Z"),
        Case(
            zone: "Europe/Berlin", quiet: night, at: "2024-10-26T22:00:00Z",
            told: "2024-10-27T06:00:00Z"),
        // Digests.
        Case(
            zone: "UTC", digest: .hourly, at: "2024-03-05T12:00:00Z", told: "2024-03-05T12:00:00Z"),
        Case(
            zone: "Asia/Kolkata", digest: .hourly, at: "2024-03-05T12:00:01Z",
            told: "2024-03-05T12:30:00Z"),
        Case(
            zone: "America/New_York", digest: .daily(minute: 510), at: "2024-03-05T13:30:01Z",
            told: "2024-03-06T13:30:00Z"),
        // Half past two does not come in that night: it is past when clocks show three.
        Case(
            zone: "Europe/Berlin", digest: .daily(minute: 150), at: "2024-03-31T00:10:00Z",
            told: "2024-03-31T01:00:00Z"),
        // A digest that falls into quiet hours waits for their end.
        Case(
            zone: "UTC", quiet: night, digest: .daily(minute: 60), at: "2024-03-05T12:00:00Z",
            told: "2024-03-06T07:00:00Z"),
    ]

    @Test("is at once, or when what keeps it back is over", arguments: cases)
    func told(example: Case) throws {
        let quiet = try example.quiet.map { try #require(QuietHours(start: $0.0, end: $0.1)) }
        let preferences = NoticePreferences(
            zone: example.zone, quietHours: quiet, digest: example.digest,
            netSeconds: example.net)
        let told = preferences.tellingTime(
            of: try Steps.instant(example.at), waits: true, by: Steps.clock)
        #expect(told == (try Steps.instant(example.told)))
    }

    @Test(
        "is never before it came, never in quiet hours, and not two days later",
        arguments: Sweep.seeds(20))
    func laws(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let zones = [
            "UTC", "America/New_York", "Europe/London", "Australia/Lord_Howe", "Asia/Kathmandu",
            "America/St_Johns", "Pacific/Apia",
        ]
        for _ in 0..<20 {
            let quiet = QuietHours(
                start: .random(in: 0..<1_440, using: &generator),
                end: .random(in: 0..<1_440, using: &generator))
            let digest: Digest =
                [
                    .instant, .hourly, .daily(minute: .random(in: 0..<1_440, using: &generator)),
                ].randomElement(using: &generator) ?? .instant
            let zone = zones.randomElement(using: &generator) ?? "UTC"
            let preferences = NoticePreferences(
                zone: zone, quietHours: quiet, digest: digest,
                netSeconds: .random(in: 0...NoticePreferences.netSecondsLimit, using: &generator))
            let seconds = Int64.random(in: 1_577_836_800...1_767_225_600, using: &generator)
            let instant = try #require(Timestamp(secondsSinceEpoch: seconds))
            let told = preferences.tellingTime(of: instant, waits: true, by: Steps.clock)
            #expect(told >= instant)
            #expect(
                told <= instant.advanced(bySeconds: NoticePreferences.longestWaitSeconds))
            guard let quiet, let offset = Steps.clock.offset(zone, told) else { continue }
            let local = told.advanced(bySeconds: Int64(offset))
            let minute = Int(local.nanosecondsOfUTCDay / (60 * Timestamp.nanosecondsPerSecond))
            let isQuiet =
                quiet.start < quiet.end
                ? minute >= quiet.start && minute < quiet.end
                : minute >= quiet.start || minute < quiet.end
            #expect(!isQuiet, "\(zone) \(quiet) \(told)")
        }
    }

    @Test("quiet hours are within a day and not empty")
    func quietHours() {
        #expect(QuietHours(start: 0, end: 1_439) != nil)
        #expect(QuietHours(start: 0, end: 1_440) == nil)
        #expect(QuietHours(start: -1, end: 5) == nil)
        #expect(QuietHours(start: 7, end: 7) == nil)
    }
}
