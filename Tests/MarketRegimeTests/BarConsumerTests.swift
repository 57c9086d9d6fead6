import Contracts
import Hosting
import Market
import MarketRegime
import Ports
import Regimes
import ServiceLifecycle
import TestSupport
import Testing

@Suite("Bars from the topic")
struct BarConsumerTests {
    private func consumer(
        _ world: World, bus: (any EventBus)? = nil,
        retryDelay: Duration = EventConsumer.retryDelay
    ) -> EventConsumer {
        EventConsumer.bars(
            on: bus ?? world.bus, into: BarIntake(classifier: world.classifier()),
            now: World.now, logger: World.logger, retryDelay: retryDelay)
    }

    /// Runs the consumer until everything published so far has been committed.
    private func run(
        _ world: World, on bus: (any EventBus)? = nil, until count: Int
    ) async throws {
        let group = ServiceGroup(services: [consumer(world, bus: bus)], logger: World.logger)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            var commits = world.store.commits().makeAsyncIterator()
            while try await world.store.history(SeriesQuery(World.series)).count < count {
                await commits.next()
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    @Test("says what a backfill of the same bars says, over a restart")
    func classifies() async throws {
        let bars = World.bars(count: 260, seed: 11)
        let world = World()
        try await world.register(anchor: bars[0].timestamp)
        for (part, count) in [(bars[..<200], 200), (bars[200...], 260)] {
            try await world.bus.publish(
                part.map { MarketBarEvent(series: World.series, bar: $0).message })
            try await run(world, until: count)
        }
        let whole = World()
        try await whole.backfill(bars)
        #expect(sayTheSame(try await whole.history(), try await world.history()))
    }

    @Test("a poison message goes to the dead-letter topic, and the loop goes on")
    func poison() async throws {
        let world = World()
        try await world.register(anchor: Samples.day(0))
        try await world.bus.publish([
            EventMessage(topic: .marketBars, key: "SPX", payload: Array("not json".utf8)),
            MarketBarEvent(series: Samples.series("NOBODY"), bar: Samples.bar(0)).message,
            MarketBarEvent(series: World.series, bar: Samples.bar(0)).message,
        ])
        try await run(world, until: 1)
        let dead = world.bus.logged(Topic.marketBars.deadLetter)
        #expect(dead.count == 2)
        #expect(dead[0].message.payload == Array("not json".utf8))
        #expect(dead[0].message.headers["topic"] == "market-bars")
        #expect(dead[1].message.headers["reason"]?.contains("NOBODY") == true)
    }

    @Test("bars that the HTTP door would refuse are set aside: of the future, of a session twice")
    func refusedBars() async throws {
        let world = World()
        try await world.register(anchor: Samples.day(0))
        let hour = 3_600 * Timestamp.nanosecondsPerSecond
        // The second of a day, live and late; the same stamp again is another version of its bar.
        var second = Samples.bar(1)
        second.timestamp = second.timestamp.advanced(byNanoseconds: hour)
        second.availableAt = second.timestamp
        var late = Samples.bar(0)
        late.timestamp = late.timestamp.advanced(byNanoseconds: -hour)
        let future = Samples.bar(30_000)
        let bars = [
            Samples.bar(0), Samples.bar(1), second, late, Samples.bar(0, close: 101), future,
            Samples.bar(2),
        ]
        try await world.bus.publish(
            bars.map { MarketBarEvent(series: World.series, bar: $0).message })
        try await run(world, until: 3)
        let asOf = try await world.history().map(\.asOf)
        #expect(asOf == (0...2).map { Samples.day($0) })
        let stored = try await world.store.bars(SeriesQuery(World.series))
        #expect(stored.map(\.bar.timestamp) == asOf)
        let reasons = world.bus.logged(Topic.marketBars.deadLetter)
            .map { $0.message.headers["reason"] ?? "" }
        #expect(reasons.count == 3)
        #expect(reasons.prefix(2).allSatisfy { $0.contains("has two bars of") })
        #expect(reasons.last?.contains("in the future") == true)
    }

    @Test("of a poison message that is too large for a dead letter, the beginning is set aside")
    func largePoison() async throws {
        let world = World()
        try await world.register(anchor: Samples.day(0))
        let size = 200_000
        let poison = EventMessage(
            topic: .marketBars, key: "SPX", payload: [UInt8](repeating: 120, count: size))
        let bus = NarrowBus(world.bus, bytes: size + 3)
        _ = try await bus.publish([
            poison, MarketBarEvent(series: World.series, bar: Samples.bar(0)).message,
        ])
        try await run(world, on: bus, until: 1)
        let dead = world.bus.logged(Topic.marketBars.deadLetter).map(\.message)
        #expect(dead.map(\.payload.count) == [EventMessage.cutPayloadLimit])
        #expect(dead.first?.key == "SPX")
        #expect(dead.first?.headers["cut"] == "true")
        #expect(dead.first?.headers["original-size"] == "\(size)")
    }

    @Test("a bus that fails for a while, in any call, is joined again, and nothing is lost")
    func busAway() async throws {
        let bars = World.bars(count: 12, seed: 11)
        let world = World()
        try await world.register(anchor: bars[0].timestamp)
        try await world.bus.publish(
            bars.map { MarketBarEvent(series: World.series, bar: $0).message })
        let bus = StumblingBus(world.bus)
        try await run(world, on: bus, until: bars.count)
        #expect(bus.hasFailedEverywhere)
        #expect(try await world.history().map(\.asOf) == bars.map(\.timestamp))
        #expect(world.bus.logged(Topic.marketBars.deadLetter).isEmpty)
    }

    @Test(
        "a bus that stays away does not keep the process from ending, nor does a pause",
        .timeLimit(.minutes(5)), arguments: [(Duration.zero, 2), (.seconds(86_400), 1)])
    func endsWithoutBus(retryDelay: Duration, refusals: Int) async throws {
        let bus = StumblingBus(InMemoryEventBus(), failuresPerCall: .max)
        let group = ServiceGroup(
            services: [consumer(World(), bus: bus, retryDelay: retryDelay)], logger: World.logger)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            try await eventually { bus.subscriptionsRefused >= refusals }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    // MARK: - Attempts

    /// Hands one bar to a consumer whose store fails as it is told before it writes.
    private func process(failingWith script: [StoreError]) async throws -> Int {
        let world = World()
        try await world.register(anchor: Samples.day(0))
        let journal = ScriptedJournal(world.store, failingWith: script)
        let classifier = LiveClassifier(
            journal: journal, reader: world.store, now: World.now, logger: World.logger,
            jitter: SplitMix64(seed: 1))
        let consumer = EventConsumer.bars(
            on: world.bus, into: BarIntake(classifier: classifier), now: World.now,
            logger: World.logger, retryDelay: .zero)
        try await consumer.process(
            LoggedEvent(
                message: MarketBarEvent(series: World.series, bar: Samples.bar(0)).message,
                partition: 0, offset: 1))
        return try await world.history().count
    }

    @Test("what passes is no attempt that counts")
    func passingFailures() async throws {
        let away = [StoreError](
            repeating: .told(.unavailable), count: 3 * EventConsumer.attemptLimit)
        let failed = [StoreError](repeating: .told(.failed), count: EventConsumer.attemptLimit - 1)
        let written = try await process(failingWith: away + failed)
        #expect(written == 1)
    }

    @Test("what does not pass is tried so often, and then the process says so")
    func lastingFailures() async throws {
        let failed = [StoreError](repeating: .told(.failed), count: EventConsumer.attemptLimit)
        await #expect(throws: StoreError.told(.failed)) {
            try await process(failingWith: failed)
        }
    }
}
