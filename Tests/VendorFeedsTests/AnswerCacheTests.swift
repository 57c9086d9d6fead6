import Foundation
import Market
import TestSupport
import Testing

@testable import VendorFeeds

@Suite("Answers kept on disk")
struct AnswerCacheTests {
    private let now = FeedStory.now
    private let body = Array("Date,Close\n2020-12-01,1\n\n".utf8)

    private func files(_ directory: URL) throws -> [URL] {
        try FileManager.default.contentsOfDirectory(
            at: directory, includingPropertiesForKeys: nil)
    }

    @Test("what is kept is found, by its name alone, and as long as it is good")
    func lifetimes() async throws {
        try await withDirectory { directory in
            let cache = AnswerCache(directory: directory.appending(path: "a/b").path)
            #expect(await cache.answer(named: "one", at: now) == nil)
            await cache.keep(body, named: "one", for: .seconds(10), at: now)
            await cache.keep([], named: "two", for: .forGood, at: now)
            let one = KeptAnswer(body: body, keptAt: now)
            #expect(await cache.answer(named: "one", at: now) == one)
            #expect(await cache.answer(named: "one", at: now.advanced(bySeconds: 9)) == one)
            #expect(await cache.answer(named: "one", at: now.advanced(bySeconds: 10)) == nil)
            // A clock that was set back since.
            #expect(await cache.answer(named: "one", at: now.advanced(bySeconds: -1)) == nil)
            let two = KeptAnswer(body: [], keptAt: now)
            #expect(await cache.answer(named: "two", at: now.advanced(bySeconds: -1)) == two)
            #expect(await cache.answer(named: "two", at: .latest) == two)
            #expect(await cache.answer(named: "three", at: now) == nil)
            let later = now.advanced(bySeconds: 5)
            await cache.keep([1], named: "one", for: .forGood, at: later)
            #expect(
                await cache.answer(named: "one", at: now.advanced(bySeconds: 10))
                    == KeptAnswer(body: [1], keptAt: later))
        }
    }

    @Test("another opens what one has kept")
    func shared() async throws {
        try await withDirectory { directory in
            await AnswerCache(directory: directory.path)
                .keep(body, named: "one", for: .forGood, at: now)
            let other = AnswerCache(directory: directory.path)
            #expect(await other.answer(named: "one", at: now)?.body == body)
        }
    }

    @Test("an entry with a byte turned, cut or added is none")
    func damage() throws {
        let entry = AnswerEntry(name: "one", body: body, lifetime: .seconds(10), at: now)
        let bytes = entry.bytes
        #expect(AnswerEntry(reading: bytes) == entry)
        #expect(AnswerEntry(reading: bytes)?.answer(to: "one", at: now)?.body == body)
        for index in bytes.indices {
            #expect(
                AnswerEntry(reading: Array(bytes[..<index]))?.answer(to: "one", at: now) == nil)
            for bit in [0x01, 0x80] as [UInt8] {
                var turned = bytes
                turned[index] ^= bit
                #expect(AnswerEntry(reading: turned) == nil)
            }
        }
        #expect(AnswerEntry(reading: bytes + [0]) == nil)
    }

    @Test("a damaged entry, and one that cannot be read as bars, is asked for again")
    func damagedFile() async throws {
        try await withDirectory { directory in
            try await VendorWorld.with(cache: directory.path) { world in
                _ = try await world.ask(.cboe, "VIX").get()
                let file = try #require(try files(directory).first)
                try Data("bloasis answer 1\n".utf8).write(to: file)
                _ = try await world.ask(.cboe, "VIX").get()
                #expect(world.server.targets.count == 2)
                _ = try await world.ask(.cboe, "VIX").get()
                #expect(world.server.targets.count == 2)
                let name = try Vendor(.cboe, base: world.server.url).cacheName(
                    of: VendorQuery("/api/global/us_indices/daily_prices/VIX_History.csv"))
                await AnswerCache(directory: directory.path)
                    .keep(Array("<html>".utf8), named: name, for: .forGood, at: now)
                let bars = try await world.ask(.cboe, "VIX").get().count
                #expect(bars == 6)
                #expect(world.server.targets.count == 3)
            }
        }
    }

    @Test("a day that still traded is asked for again once it is final, and left out until then")
    func becomingFinal() async throws {
        try await withDirectory { directory in
            try await VendorWorld.with(cache: directory.path) { world in
                let close = FeedStory.instant("2020-12-02T21:00:00Z")
                for (seconds, requests, bars) in [
                    (-60, 1, 6), (600, 1, 6), (3_000, 2, 6), (3_599, 2, 6), (3_600, 3, 7),
                    (4_499, 3, 7), (4_500, 4, 7),
                ] {
                    let said = try await world.ask(
                        .cboe, "VIX", at: close.advanced(bySeconds: Int64(seconds))
                    ).get()
                    #expect(said.count == bars)
                    #expect(world.server.targets.count == requests)
                }
            }
        }
    }

    @Test("an hour or minute that was not final in what was kept is asked for again")
    func intradayBecomingFinal() async throws {
        try await withDirectory { directory in
            try await VendorWorld.with(cache: directory.path) { world in
                // The newest hour closed at 15:00, and the one before it the evening before.
                for (time, requests, bars) in [
                    ("15:55:00", 2, 7), ("15:59:59", 2, 7), ("16:00:00", 3, 8),
                    ("16:09:59", 3, 8),
                ] {
                    let said = try await world.ask(
                        .alphaVantage, timeframe: .hourly,
                        at: FeedStory.instant("2020-12-02T\(time)Z")
                    ).get()
                    #expect(said.count == bars)
                    #expect(world.server.targets.count == requests)
                }
            }
            try await VendorWorld.with(cache: directory.path) { world in
                for (time, requests, bars) in [
                    ("21:59:30", 2, 2), ("21:59:59", 2, 2), ("22:00:00", 4, 3),
                ] {
                    let said = try await world.ask(
                        .yahoo, timeframe: .minutely, at: FeedStory.instant("2020-12-01T\(time)Z")
                    ).get()
                    #expect(said.count == bars)
                    #expect(world.server.targets.count == requests)
                }
            }
        }
    }

    @Test(
        "the newest answer is believed until the next bar is final, a quarter of an hour at most",
        arguments: [
            ("1d", SessionCalendar.nyse, "2020-12-02T21:50:00Z", 600),
            ("1d", .nyse, "2020-12-02T21:59:59.5Z", 0), ("1d", .nyse, "2020-12-02T22:00:00Z", 900),
            ("1d", .nyse, "2020-12-02T12:00:00Z", 900),
            ("1d", .continuous, "2020-12-02T00:58:00Z", 120),
            ("1m", .nyse, "2020-12-02T12:00:00Z", 60),
            ("1h", .nyse, "2020-12-02T12:00:00Z", 900),
        ])
    func newest(
        timeframe: String, calendar: SessionCalendar, now: String, seconds: Int64
    ) throws {
        let request = try november(
            timeframe: try #require(Timeframe(timeframe)), calendar: calendar)
        #expect(
            AnswerCache.Lifetime.newest(
                of: request, YahooFeed.offer, at: FeedStory.instant(now)) == .seconds(seconds))
    }

    @Test("what was refused is not kept")
    func refusals() async throws {
        try await withDirectory { directory in
            try await VendorWorld.with(cache: directory.path) { world in
                for body in ["No data", "<html>", "Date,Close\n2020-11-23,x\n"] {
                    world.server.reply(.answer(body: body))
                    let reason = try await world.ask(.stooq).reason
                    #expect(reason != nil)
                }
                #expect(try files(directory).isEmpty)
            }
        }
    }

    /// Makes every file older.
    private func age(_ directory: URL) throws {
        for file in try files(directory) {
            let facts = try FileManager.default.attributesOfItem(atPath: file.path)
            let date = try #require(facts[.modificationDate] as? Date)
            try FileManager.default.setAttributes(
                [.modificationDate: date.addingTimeInterval(-100)], ofItemAtPath: file.path)
        }
    }

    @Test("the oldest go when there are too many, and what is too large does not come")
    func size() async throws {
        try await withDirectory { directory in
            let cache = AnswerCache(directory: directory.path, byteLimit: 4_000)
            let body = [UInt8](repeating: 7, count: 1_000)
            await cache.keep(body + [7], named: "large", for: .forGood, at: now)
            #expect(try files(directory).isEmpty)
            for number in 0..<3 {
                await cache.keep(body, named: "\(number)", for: .forGood, at: now)
                try age(directory)
            }
            await cache.keep(body, named: "3", for: .forGood, at: now)
            #expect(await cache.answer(named: "0", at: now) == nil)
            for number in 1...3 {
                #expect(await cache.answer(named: "\(number)", at: now)?.body == body)
            }
        }
    }

    @Test("what others keep in the directory is neither counted nor removed")
    func others() async throws {
        try await withDirectory { directory in
            let cache = AnswerCache(directory: directory.path, byteLimit: 4_000)
            let body = [UInt8](repeating: 7, count: 1_000)
            await cache.keep(body, named: "own", for: .forGood, at: now)
            let own = try #require(try files(directory).first).lastPathComponent
            let large = Data(repeating: 1, count: 10_000)
            let names = [
                "notes.txt", "notes.answer", own + "~", String(own.dropFirst()), "x" + own,
                own.uppercased(),
            ]
            for name in names { try large.write(to: directory.appending(path: name)) }
            let folder = directory.appending(path: String(repeating: "0", count: 64) + ".answer")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try age(directory)
            for number in 0..<9 {
                await cache.keep(body, named: "\(number)", for: .forGood, at: now)
            }
            for name in names {
                #expect(try Data(contentsOf: directory.appending(path: name)) == large)
            }
            // Three of its own have room, beside the others' seven.
            #expect(try files(directory).count <= 3 + names.count + 1)
            #expect(await cache.answer(named: "8", at: now)?.body == body)
        }
    }

    @Test("the directory is looked at when writing begins and when more was written than fits")
    func looking() async throws {
        try await withDirectory { directory in
            let body = [UInt8](repeating: 7, count: 500)
            let first = AnswerCache(directory: directory.path, byteLimit: 4_000)
            await first.keep(body, named: "first", for: .forGood, at: now)
            let roomy = AnswerCache(directory: directory.path, byteLimit: 1 << 20)
            for number in 0..<20 {
                await roomy.keep(body, named: "\(number)", for: .forGood, at: now)
            }
            // As far as it knows there is room.
            await first.keep(body, named: "second", for: .forGood, at: now)
            var count = try files(directory).count
            #expect(count == 22)
            for number in 20..<26 {
                await first.keep(body, named: "\(number)", for: .forGood, at: now)
            }
            count = try files(directory).count
            #expect(count < 7)
            for number in 30..<50 {
                await roomy.keep(body, named: "\(number)", for: .forGood, at: now)
            }
            let later = AnswerCache(directory: directory.path, byteLimit: 4_000)
            await later.keep(body, named: "later", for: .forGood, at: now)
            count = try files(directory).count
            #expect(count < 7)
        }
    }

    @Test("a place that cannot be written costs requests, not answers")
    func unwritable() async throws {
        try await VendorWorld.with(cache: "/dev/null/feeds") { world in
            for _ in 0..<2 {
                let bars = try await world.ask(.cboe, "VIX").get().count
                #expect(bars == 6)
            }
            #expect(world.server.targets.count == 2)
        }
    }
}
