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
            #expect(await cache.answer(named: "one", at: now) == body)
            #expect(await cache.answer(named: "one", at: now.advanced(bySeconds: 9)) == body)
            #expect(await cache.answer(named: "one", at: now.advanced(bySeconds: 10)) == nil)
            // A clock that was set back since.
            #expect(await cache.answer(named: "one", at: now.advanced(bySeconds: -1)) == nil)
            #expect(await cache.answer(named: "two", at: now.advanced(bySeconds: -1)) == [])
            #expect(await cache.answer(named: "two", at: .latest) == [])
            #expect(await cache.answer(named: "three", at: now) == nil)
            await cache.keep([1], named: "one", for: .forGood, at: now)
            #expect(await cache.answer(named: "one", at: now.advanced(bySeconds: 10)) == [1])
        }
    }

    @Test("another opens what one has kept")
    func shared() async throws {
        try await withDirectory { directory in
            await AnswerCache(directory: directory.path)
                .keep(body, named: "one", for: .forGood, at: now)
            let other = AnswerCache(directory: directory.path)
            #expect(await other.answer(named: "one", at: now) == body)
        }
    }

    @Test("an entry with a byte turned, cut or added is none")
    func damage() throws {
        let entry = AnswerEntry(name: "one", body: body, lifetime: .seconds(10), at: now)
        let bytes = entry.bytes
        #expect(AnswerEntry(reading: bytes) == entry)
        #expect(AnswerEntry(reading: bytes)?.body(of: "one", at: now) == body)
        for index in bytes.indices {
            #expect(
                AnswerEntry(reading: Array(bytes[..<index]))?.body(of: "one", at: now) == nil)
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

    @Test("the oldest go when there are too many, and what is too large does not come")
    func size() async throws {
        try await withDirectory { directory in
            let cache = AnswerCache(directory: directory.path, byteLimit: 4_000)
            let body = [UInt8](repeating: 7, count: 1_000)
            await cache.keep(body + [7], named: "large", for: .forGood, at: now)
            #expect(try files(directory).isEmpty)
            for number in 0..<3 {
                await cache.keep(body, named: "\(number)", for: .forGood, at: now)
                for file in try files(directory) {
                    let facts = try FileManager.default.attributesOfItem(atPath: file.path)
                    let date = try #require(facts[.modificationDate] as? Date)
                    try FileManager.default.setAttributes(
                        [.modificationDate: date.addingTimeInterval(-100)],
                        ofItemAtPath: file.path)
                }
            }
            await cache.keep(body, named: "3", for: .forGood, at: now)
            #expect(await cache.answer(named: "0", at: now) == nil)
            for number in 1...3 {
                #expect(await cache.answer(named: "\(number)", at: now) == body)
            }
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
