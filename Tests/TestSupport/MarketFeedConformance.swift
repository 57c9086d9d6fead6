package import Market
package import Ports
import Testing

/// A feed, and what it should tell of one market.
package struct FeedWorld: Sendable {
    package let feed: any MarketFeed
    package let symbol: FeedSymbol
    package let timeframe: Timeframe
    /// All of its bars up to the present but the last, which still trades, ascending.
    package let story: [FeedBar]
    package let now: Timestamp

    package init(
        feed: any MarketFeed, symbol: String, timeframe: Timeframe = .daily, story: [FeedBar],
        now: Timestamp
    ) {
        guard let symbol = FeedSymbol(symbol) else { preconditionFailure("no symbol: \(symbol)") }
        self.feed = feed
        self.symbol = symbol
        self.timeframe = timeframe
        self.story = story
        self.now = now
    }

    package func request(
        _ range: Range<Timestamp>? = nil, symbol: FeedSymbol? = nil, timeframe: Timeframe? = nil,
        calendar: SessionCalendar = .nyse
    ) -> FeedRequest {
        let series = Samples.series("ACME", "\(timeframe ?? self.timeframe)")
        let day = Timestamp.nanosecondsPerDay
        let first = story.first?.bar.timestamp ?? now
        return FeedRequest(
            symbol: symbol ?? self.symbol, series: series, calendar: calendar,
            range: range ?? first.advanced(byNanoseconds: -day)..<now.advanced(byNanoseconds: day))
    }

    package func bars(
        _ range: Range<Timestamp>? = nil, at now: Timestamp? = nil
    ) async throws
        -> [FeedBar]
    {
        try await feed.bars(request(range), at: now ?? self.now)
    }
}

/// What every feed keeps.
package enum MarketFeedConformance {
    package static let laws: [Law<FeedWorld>] = answers + refusals

    private static let answers: [Law<FeedWorld>] = [
        Law("tells the story, oldest first, and not what still trades") { world in
            let bars = try await world.bars()
            #expect(bars.count == world.story.count)
            for (bar, told) in zip(bars, world.story) { expect(bar, tells: told) }
        },
        Law("a range takes in its beginning and leaves out its end") { world in
            let closes = world.story.map(\.bar.timestamp)
            for (first, last) in [(0, 1), (1, closes.count - 1), (2, 2)] {
                let bars = try await world.bars(closes[first]..<closes[last])
                #expect(bars.map(\.bar.timestamp) == Array(closes[first..<last]))
            }
            let next = closes[1].advanced(byNanoseconds: 1)
            let none = try await world.bars(next..<next.advanced(byNanoseconds: 1))
            #expect(none.isEmpty)
        },
        Law("a bar is told once it is known and settled, not a moment earlier") { world in
            let last = try #require(world.story.last?.bar)
            let settled = max(
                last.availableAt,
                last.timestamp.advanced(bySeconds: world.feed.offer.settlingSeconds))
            let early = try await world.bars(at: settled.advanced(byNanoseconds: -1))
            #expect(early.last?.bar.timestamp == world.story.dropLast().last?.bar.timestamp)
            let due = try await world.bars(at: settled)
            #expect(due.last?.bar.timestamp == last.timestamp)
        },
        Law("bars are possible, and known neither before their close nor after now") { world in
            for bar in try await world.bars().map(\.bar) {
                #expect(bar.fault == nil)
                #expect(bar.availableAt >= bar.timestamp)
                #expect(bar.availableAt <= world.now)
            }
        },
        Law("the same question has the same answer") { world in
            let first = try await world.bars()
            let second = try await world.bars()
            #expect(first.count == second.count)
            for (one, other) in zip(first, second) { expect(one, tells: other) }
        },
        Law("before the beginning there is nothing, after the present neither") { world in
            let first = try #require(world.story.first?.bar.timestamp)
            let hour = 3_600 * Timestamp.nanosecondsPerSecond
            let end = world.now.advanced(byNanoseconds: hour)
            for range in [first.advanced(byNanoseconds: -hour)..<first, world.now..<end] {
                do {
                    let bars = try await world.bars(range)
                    #expect(bars.isEmpty)
                } catch let error as FeedError {
                    // Some vendors do not say whether it is the symbol or the range.
                    #expect(error.reason == .noData)
                }
            }
        },
    ]

    private static let refusals: [Law<FeedWorld>] = [
        Law("an unknown symbol has no data") { world in
            let request = world.request(symbol: FeedSymbol("NOPE"))
            try await expect(.noData, from: world, request)
        },
        Law("a timeframe or a calendar that it has not is refused, and what it has is told") {
            world in
            let offer = world.feed.offer
            let fortnight = try #require(Timeframe("2w"))
            let offered = offer.timeframes.sorted { $0.nanoseconds < $1.nanoseconds }
            try await expect(
                .unsupportedTimeframe(fortnight, offered: offered), from: world,
                world.request(timeframe: fortnight))
            for calendar in SessionCalendar.allCases where !offer.calendars.contains(calendar) {
                try await expect(
                    .unsupportedCalendar(
                        calendar, offered: offer.calendars.sorted { $0.rawValue < $1.rawValue }),
                    from: world, world.request(calendar: calendar))
            }
        },
        Law("all of time can be asked for, and answered or refused") { world in
            for range in [
                Timestamp.earliest..<Timestamp.latest, .latest..<Timestamp.latest,
                .earliest..<Timestamp.earliest,
            ] {
                do {
                    let bars = try await world.bars(range)
                    #expect(bars.count == (range.isEmpty ? 0 : world.story.count))
                } catch let error as FeedError {
                    guard case .notBefore = error.reason else { throw error }
                }
            }
        },
        Law("who is cancelled gets nothing") { world in
            let asking = Task {
                while !Task.isCancelled { await Task.yield() }
                return try await world.bars()
            }
            asking.cancel()
            await #expect(throws: CancellationError.self) { try await asking.value }
        },
    ]

    private static func expect(
        _ reason: FeedError.Reason, from world: FeedWorld, _ request: FeedRequest
    ) async throws {
        do {
            _ = try await world.feed.bars(request, at: world.now)
            Issue.record("it was answered")
        } catch let error as FeedError {
            #expect(error == FeedError(world.feed.name, request.symbol, reason))
        }
    }

    /// Numbers may differ as much as vendors round.
    private static func expect(_ bar: FeedBar, tells told: FeedBar) {
        #expect(bar.bar.timestamp == told.bar.timestamp)
        #expect(bar.bar.availableAt == told.bar.availableAt)
        let numbers =
            bar.bar.values
            + [bar.adjustedClose, bar.splitFactor, bar.dividend].map {
                $0 ?? .nan
            }
        let others =
            told.bar.values
            + [told.adjustedClose, told.splitFactor, told.dividend].map {
                $0 ?? .nan
            }
        for (number, other) in zip(numbers, others) {
            #expect(
                number.isNaN && other.isNaN || abs(number - other) <= 1e-5 * abs(other),
                "\(bar) is not \(told)")
        }
    }
}
