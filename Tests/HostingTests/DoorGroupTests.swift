import Logging
import ServiceLifecycle
import TestSupport
import Testing
import UnixSignals

@testable import Hosting

/// What depends on nothing and stops after the doors.
private struct Ground: BlockingService {
    static let name = "ground"
    let context: ServiceContext<NoSettings>
    init(_ context: ServiceContext<NoSettings>) { self.context = context }
    func run() async throws {
        try await gracefulShutdown()
        context.logger.info(Task.isCancelled ? "cut off" : "in good order")
    }
}

/// Each has been told to stop once it is open.
private let firstTold = SharedValue("first-told") { _ in Gate() }
private let secondTold = SharedValue("second-told") { _ in Gate() }

/// A door that stops once the other one has been told to.
private struct FirstDoor: BlockingService {
    static let name = "first-door"
    static let isDoor = true
    let context: ServiceContext<NoSettings>
    init(_ context: ServiceContext<NoSettings>) { self.context = context }
    func run() async throws {
        try await gracefulShutdown()
        try await context.process.shared(firstTold).open()
        try await context.process.shared(secondTold).wait()
    }
}

private struct SecondDoor: BlockingService {
    static let name = "second-door"
    static let isDoor = true
    let context: ServiceContext<NoSettings>
    init(_ context: ServiceContext<NoSettings>) { self.context = context }
    func run() async throws {
        try await gracefulShutdown()
        try await context.process.shared(secondTold).open()
        try await context.process.shared(firstTold).wait()
    }
}

/// A door with a client that stays until it is cut off.
private struct StuckDoor: BlockingService {
    static let name = "stuck-door"
    static let isDoor = true
    init(_ context: ServiceContext<NoSettings>) {}
    func run() async throws {
        for await _ in AsyncStream<Void>.makeStream().stream {}
        try Task.checkCancellation()
    }
}

@Suite("Doors stop together", .timeLimit(.minutes(5)))
struct DoorGroupTests {
    @Test("doors are told at the same moment, what they depend on after them")
    func together() async throws {
        let world = try ProcessWorld([Ground.self, FirstDoor.self, SecondDoor.self])
        async let run: Void = world.run()
        for name in ["ground", "first-door", "second-door"] {
            await world.reaches(.running, name)
        }
        world.signal.yield(.sigterm)
        try await run
        let lines = world.journal.all
        let stopped = lines.filter { $0.hasPrefix("Service stopped") }
        #expect(stopped.count == 3)
        #expect(stopped.last == "Service stopped instance=ground")
    }

    @Test("a stuck door is cut off, and what stops after it has its share of the drain")
    func stuck() async throws {
        var limits = ServiceLimits()
        limits.drain = .seconds(60)
        limits.afterDoors = limits.drain - .milliseconds(20)
        let world = try ProcessWorld([Ground.self, StuckDoor.self], limits: limits)
        async let run: Void = world.run()
        for name in ["ground", "stuck-door"] { await world.reaches(.running, name) }
        world.signal.yield(.sigterm)
        try await run
        let lines = world.journal.all
        #expect(lines.contains("Doors cut off instances=stuck-door"))
        #expect(lines.contains("in good order instance=ground"))
        #expect(world.life("stuck-door") == .stopped)
        #expect(!lines.contains { $0.hasPrefix("exit") })
    }

    @Test("a door that fails stops all, and its error comes out")
    func failing() async throws {
        let world = try ProcessWorld([Ground.self, BrokenDoor.self])
        await #expect(throws: BrokenDoor.Broken.self) { try await world.run() }
        #expect(world.life("ground") == .stopped)
    }
}

private struct BrokenDoor: BlockingService {
    struct Broken: Error {}
    static let name = "broken-door"
    static let isDoor = true
    init(_ context: ServiceContext<NoSettings>) {}
    func run() throws { throw Broken() }
}
