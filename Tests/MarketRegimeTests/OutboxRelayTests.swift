import Contracts
import Hosting
import Logging
import Market
import MarketRegime
import Ports
import Regimes
import ServiceLifecycle
import TestSupport
import Testing

@Suite("Outbox relay: in order, at least once, one at a time")
struct OutboxRelayTests {
    private func announced(_ world: World) async throws -> Int {
        try await world.backfill(
            World.bars(count: 500, seed: 9), World.request(emitting: true)
        ).work.announced
    }

    private func relay(
        _ world: World, outbox: (any Outbox)? = nil, bus: (any EventBus)? = nil,
        owner: String = "one", now: @escaping @Sendable () -> Timestamp = World.now,
        batchLimit: Int = OutboxRelay.batchLimit
    ) -> OutboxRelay {
        OutboxRelay(
            outbox: outbox ?? world.store, bus: bus ?? world.bus, owner: owner, now: now,
            logger: World.logger, batchLimit: batchLimit)
    }

    private func published(_ world: World) -> [String?] {
        world.bus.logged(.regimeChange).map { $0.message.headers["ce-id"] }
    }

    @Test("every announced change, once, in order of its sequence")
    func drains() async throws {
        let world = World()
        let count = try await announced(world)
        #expect(count > 2)
        #expect(try await relay(world).drain() == .drained(published: count))
        #expect(try await relay(world).drain() == .drained(published: 0))
        let expected = try await world.store.announcements(of: World.series, after: 0, limit: 1_000)
        #expect(published(world) == expected.map(\.eventID.text))
    }

    @Test("killed between publishing and marking: again, with the same ids")
    func killed() async throws {
        let world = World()
        let count = try await announced(world)
        let rows = try await world.store.pending(limit: 1_000)
        try await world.bus.publish(rows.map(\.message))
        try await relay(world).drain()
        let ids = published(world)
        #expect(ids.count == 2 * count)
        #expect(Set(ids).count == count)
    }

    @Test("a second relay waits for the lease, and takes it once it has run out")
    func lease() async throws {
        let world = World()
        _ = try await announced(world)
        let time = ManualTime()
        let taken = try await world.store.acquireLease(
            owner: "dead", for: LeaseTerm(from: time.now, seconds: 10))
        #expect(taken)
        let relay = relay(world, owner: "alive", now: { time.now })
        #expect(try await relay.drain() == .leaseHeldElsewhere)
        time.advance(bySeconds: 11)
        let outcome = try await relay.drain()
        #expect(outcome != .leaseHeldElsewhere)
    }

    @Test("a bus that refuses leaves the rows where they are")
    func refusing() async throws {
        let world = World()
        let count = try await announced(world)
        await #expect(throws: StoreError.self) {
            try await relay(world, bus: RefusingBus()).drain()
        }
        #expect(try await world.store.pending(limit: 1_000).count == count)
    }

    @Test("in batches of any size, every change once and in order", arguments: 1...5)
    func batches(size: Int) async throws {
        let world = World()
        let count = try await announced(world)
        let relay = relay(world, batchLimit: size)
        #expect(try await relay.drain() == .drained(published: count))
        #expect(try await world.store.pending(limit: 1).isEmpty)
        let expected = try await world.store.announcements(of: World.series, after: 0, limit: 1_000)
        #expect(published(world) == expected.map(\.eventID.text))
    }

    @Test(
        "a bus that fails later on: what it acknowledged is marked, and nothing else",
        arguments: 0...2)
    func failingLater(batches: Int) async throws {
        let world = World()
        let count = try await announced(world)
        let bus = FailingBus(world.bus, after: batches)
        await #expect(throws: StoreError.self) {
            try await relay(world, bus: bus, batchLimit: 1).drain()
        }
        #expect(try await world.store.pending(limit: 1_000).count == count - batches)
        try await relay(world).drain()
        let expected = try await world.store.announcements(of: World.series, after: 0, limit: 1_000)
        #expect(published(world) == expected.map(\.eventID.text))
    }

    @Test("as a service it follows commits, and drains before it ends")
    func service() async throws {
        let world = World()
        let relay = relay(world)
        let group = ServiceGroup(services: [relay], logger: World.logger)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            let subscription = try await world.bus.subscribe(
                to: [.regimeChange], as: ConsumerGroup("test"), from: .earliest)
            let count = try await announced(world)
            for _ in 0..<count { _ = try await subscription.next() }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
        // The lease was given back: another relay need not wait.
        let free = try await world.store.acquireLease(
            owner: "other", for: LeaseTerm(from: World.now(), seconds: 1))
        #expect(free)
    }

    @Test("of an event too large for a dead letter the beginning is set aside, the rest goes on")
    func largeEvent() async throws {
        let world = World()
        var messages = ["a", "b", "c"].map { Samples.message($0) }
        messages[1].payload = [UInt8](repeating: 120, count: 200_000)
        let outbox = ListedOutbox(messages)
        let outcome = try await relay(
            world, outbox: outbox, bus: NarrowBus(world.bus, bytes: 100_000)
        ).drain()
        #expect(outcome == .drained(published: 3))
        #expect(outbox.isEmpty)
        let dead = world.bus.logged(Topic.regimeChange.deadLetter).map(\.message)
        #expect(dead.map(\.payload.count) == [EventMessage.cutPayloadLimit])
        #expect(dead.first?.headers["partition"] == "-1")
        #expect(dead.first?.headers["original-size"] == "200000")
    }

    @Test(
        "only what is refused alone is set aside, and first appearances stay in order",
        arguments: [1, 7])
    func refusedTogether(count together: Int) async throws {
        let world = World()
        let large: Set<Int> = [2, 5]
        let messages = (0..<7).map { number in
            var message = Samples.message("\(number)", key: number.isMultiple(of: 2) ? "A" : "B")
            message.headers["ce-id"] = "\(number)"
            if large.contains(number) {
                message.payload = [UInt8](repeating: 120, count: 200_000)
            }
            return message
        }
        let outbox = ListedOutbox(messages)
        let bus = NarrowBus(world.bus, bytes: 100_000, together: together)
        let outcome = try await relay(world, outbox: outbox, bus: bus).drain()
        #expect(outcome == .drained(published: 7))
        #expect(outbox.isEmpty)
        let dead = world.bus.logged(Topic.regimeChange.deadLetter)
        #expect(dead.compactMap { $0.message.headers["ce-id"] } == ["2", "5"])
        var appeared: [String] = []
        for case let id? in published(world) where !appeared.contains(id) { appeared.append(id) }
        #expect(appeared == ["0", "1", "3", "4", "6"])
    }

    @Test("a shutdown while events are on their way: each is published once", arguments: [1, 100])
    func shutdownInFlight(batchLimit: Int) async throws {
        let world = World()
        let outbox = ListedOutbox((0..<10).map { Samples.message("\($0)") })
        let bus = LastingBus(world.bus)
        let relay = relay(world, outbox: outbox, bus: bus, batchLimit: batchLimit)
        let group = ServiceGroup(services: [relay], logger: World.logger)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            try await eventually { bus.isBusy }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
        let payloads = world.bus.logged(.regimeChange).map(\.message.payload)
        #expect(payloads == (0..<10).map { Array("\($0)".utf8) })
        #expect(outbox.isEmpty)
    }

    @Test("what passes is no attempt that counts, what does not pass ends the process")
    func attempts() async throws {
        let limit = OutboxRelay.attemptLimit
        let away = [StoreError](repeating: .told(.unavailable), count: 3 * limit)
        let failed = [StoreError](repeating: .told(.failed), count: limit - 1)
        let world = World()
        let count = try await announced(world)
        let patient = relay(world, outbox: ScriptedOutbox(world.store, failingWith: away + failed))
        let running = Task { try await patient.run() }
        try await eventually { published(world).count == count }
        running.cancel()
        try await running.value
        let spent = relay(
            world, outbox: ScriptedOutbox(world.store, failingWith: failed + [.told(.failed)]))
        await #expect(throws: StoreError.told(.failed)) { try await spent.run() }
    }
}
