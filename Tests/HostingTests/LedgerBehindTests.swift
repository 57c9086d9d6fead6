import Logging
import Ports
import ServiceLifecycle
import TestSupport
import Testing

@testable import Hosting

/// A store of effects that is older than the offsets of its group: restored from a backup, or gone
/// on without its last commits.
@Suite("Effects that the store lost")
struct LedgerBehindTests {
    private static func texts(_ numbers: Range<Int>) -> [String] {
        numbers.map { "\($0)\(["a", "b", "c", "d", "e"][$0 % 5])" }
    }

    @Test("what the store lost is taken from the log, where nothing new comes too")
    func nothingNew() async throws {
        let world = LedgerWorld()
        try await world.publish(Self.texts(0..<10))
        try await world.running { try await world.untilDone() }
        let backup = world.effect.backup
        try await world.publish(Self.texts(10..<40))
        try await world.publish(["x", "y", "z"], on: LedgerWorld.topics[1])
        try await world.running { try await world.untilDone() }
        #expect(world.hasEverythingInOrder)
        for lost in [backup, RestorableEffect.State()] {
            world.effect.restore(lost)
            try await world.running(checkedEvery: .seconds(3_600)) { try await world.untilDone() }
            #expect(world.hasEverythingInOrder)
        }
    }

    @Test("what a store loses under a running member is taken before the next event")
    func running() async throws {
        let world = LedgerWorld()
        let consumer = world.consumer()
        try await world.publish(Self.texts(0..<10))
        for event in world.bus.logged(LedgerWorld.topics[0]) { try await consumer.process(event) }
        let backup = world.effect.backup
        try await world.publish(Self.texts(10..<20))
        let logged = world.bus.logged(LedgerWorld.topics[0])
        for event in logged[10..<18] { try await consumer.process(event) }
        world.effect.restore(backup)
        for event in logged[18...] { try await consumer.process(event) }
        // Of a partition of which nothing came since, nobody has asked.
        try await world.running { try await world.untilDone() }
        #expect(world.hasEverythingInOrder)
    }

    @Test("a store that loses something while a member waits for events gets it back")
    func waiting() async throws {
        let world = LedgerWorld()
        try await world.running {
            try await world.publish(Self.texts(0..<10))
            try await world.untilDone()
            let backup = world.effect.backup
            try await world.publish(Self.texts(10..<20))
            try await world.untilDone()
            world.effect.restore(backup)
            try await world.untilDone()
        }
        #expect(world.hasEverythingInOrder)
    }

    @Test("what was set aside is not set aside again, unless the store lost that it was")
    func setAside() async throws {
        let world = LedgerWorld()
        try await world.publish(["0a", "poison a", "1a", "poison b"])
        let before = world.effect.backup
        for _ in 0..<3 {
            try await world.running { try await world.untilDone() }
            try await world.consumer().catchUp(world.effect)
            #expect(world.setAside == 2)
        }
        world.effect.restore(before)
        try await world.running(checkedEvery: .seconds(3_600)) { try await world.untilDone() }
        #expect(world.setAside == 4)
        #expect(world.hasEverythingInOrder)
    }

    @Test("a poison message is not set aside before what is missing was taken")
    func poisonBehind() async throws {
        let world = LedgerWorld()
        try await world.publish(["0a", "1a", "poison a"])
        let logged = world.bus.logged(LedgerWorld.topics[0])
        try await world.consumer().process(logged[2])
        #expect(world.effect.texts == ["0a", "1a"])
        #expect(world.setAside == 1)
    }

    @Test("a store that is away while it is compared and caught up is waited for")
    func storeAway() async throws {
        let world = LedgerWorld(failures: 6)
        try await world.publish(Self.texts(0..<10) + ["poison a"])
        try await world.running {
            try await world.untilDone()
            world.effect.fail(6)
            try await world.publish(Self.texts(10..<20))
            try await world.untilDone()
            world.effect.restore(RestorableEffect.State())
            world.effect.fail(6)
            try await world.untilDone()
        }
        #expect(world.hasEverythingInOrder)
        #expect(world.setAside == 2)
    }

    @Test("a shutdown ends the member and the comparison", .timeLimit(.minutes(5)))
    func shutdown() async throws {
        let world = LedgerWorld()
        try await world.publish(Self.texts(0..<10))
        let group = ServiceGroup(
            services: [world.consumer(checkedEvery: .seconds(3_600))],
            logger: Logger(label: "events") { _ in SwiftLogNoOpLogHandler() })
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            try await world.untilDone()
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
        #expect(world.hasEverythingInOrder)
    }

    @Test(
        "wherever the store is put back, everything is taken once and in order",
        arguments: Sweep.seeds(20))
    func restorePoints(seed: UInt64) async throws {
        var generator = SplitMix64(seed: seed)
        let world = LedgerWorld()
        var backups = [world.effect.backup]
        var number = 0
        for _ in 0..<6 {
            let steps = (0..<6).map { _ in Int.random(in: 0..<5, using: &generator) }
            let counts = steps.map { _ in Int.random(in: 1..<8, using: &generator) }
            let picks = steps.map { _ in Int.random(in: 0..<1_000, using: &generator) }
            let isSlow = Bool.random(using: &generator)
            try await world.running(checkedEvery: isSlow ? .seconds(3_600) : .milliseconds(1)) {
                for (index, step) in steps.enumerated() {
                    switch step {
                    case 0: world.effect.restore(backups[picks[index] % backups.count])
                    case 1: backups.append(world.effect.backup)
                    case 2: if !isSlow { try await world.untilDone() }
                    default:
                        let texts = Self.texts(number..<(number + counts[index]))
                            .map { $0.hasSuffix("e") ? "poison \($0)" : $0 }
                        try await world.publish(texts, on: LedgerWorld.topics[picks[index] % 2])
                        number += counts[index]
                    }
                }
            }
        }
        try await world.running { try await world.untilDone() }
        #expect(world.hasEverythingInOrder)
    }
}
