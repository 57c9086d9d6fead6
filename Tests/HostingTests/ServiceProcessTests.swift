import Logging
import ServiceLifecycle
import TestSupport
import Testing
import UnixSignals

@testable import Hosting

private struct Away: Error, CustomStringConvertible {
    let description = "postgresql://u:hunter2@h is away"
}

private let away = "postgresql://u:<redacted>@h is away"

/// Opened by tests to let a service go on.
private let gate = SharedValue("gate") { _ in Gate() }

private struct First: PermanentService {
    static let name = "first"
    let context: ServiceContext<NoSettings>
    init(_ context: ServiceContext<NoSettings>) { self.context = context }
    func start() { context.status.report(.idle) }
    func stop() { context.logger.info("stop") }
}

private struct Second: BlockingService {
    static let name = "second"
    let context: ServiceContext<NoSettings>
    init(_ context: ServiceContext<NoSettings>) { self.context = context }
    func onStart() { context.logger.info("on start") }
    func run() async throws { try await gracefulShutdown() }
    func onStop() { context.logger.info("on stop") }
}

private struct Unmakeable: PermanentService {
    static let name = "unmakeable"
    init(_ context: ServiceContext<NoSettings>) throws { throw Away() }
    func start() {}
    func stop() {}
}

/// Made only once the gate is open.
private struct Slow: PermanentService {
    static let name = "slow"
    let context: ServiceContext<NoSettings>
    init(_ context: ServiceContext<NoSettings>) async throws {
        self.context = context
        try await context.process.shared(gate).wait()
        context.logger.info("made")
    }
    func start() { context.logger.info("start") }
    func stop() { context.logger.info("stop") }
}

private struct Breaking: BlockingService {
    static let name = "breaking"
    let context: ServiceContext<NoSettings>
    init(_ context: ServiceContext<NoSettings>) { self.context = context }
    func run() throws { throw Away() }
    func onStop() { context.logger.info("on stop") }
}

/// Breaks once the cue is given.
private struct BreakingOnCue: BlockingService {
    static let name = "breaking-on-cue"
    static let cue = SharedValue("cue") { _ in Gate() }
    let context: ServiceContext<NoSettings>
    init(_ context: ServiceContext<NoSettings>) { self.context = context }
    func run() async throws {
        try await context.process.shared(BreakingOnCue.cue).wait()
        throw Away()
    }
}

private struct Ending: BlockingService {
    static let name = "ending"
    init(_ context: ServiceContext<NoSettings>) {}
    func run() {}
}

private struct Stubborn: BlockingService {
    static let name = "stubborn"
    let context: ServiceContext<NoSettings>
    init(_ context: ServiceContext<NoSettings>) { self.context = context }
    func run() async throws { try await context.process.shared(gate).wait() }
}

private struct Job: SingleShotService {
    static let name = "job"
    let context: ServiceContext<NoSettings>
    init(_ context: ServiceContext<NoSettings>) { self.context = context }
    func execute() async throws {
        try context.status.add("step").report(.busy)
        context.status.report(.warning, "half done")
    }
}

private struct BadJob: SingleShotService {
    static let name = "bad-job"
    init(_ context: ServiceContext<NoSettings>) {}
    func execute() throws { throw Away() }
}

private struct LongJob: SingleShotService {
    static let name = "long-job"
    let context: ServiceContext<NoSettings>
    init(_ context: ServiceContext<NoSettings>) { self.context = context }
    func execute() async throws { try await context.process.shared(gate).wait() }
}

private struct SeatedSettings: ServiceSettings {
    static let keys = [ConfigurationKey("SEATED_CHAIR", .text, meaning: "A chair.")]
    init(_ reader: inout ConfigurationReader) { _ = reader.text("SEATED_CHAIR") }
}

private struct Seated: SingleShotService {
    static let name = "seated"
    init(_ context: ServiceContext<SeatedSettings>) {}
    func execute() {}
}

@Suite("Service process")
struct ServiceProcessTests {
    @Test("SIGTERM stops the last declared first, between the promised lines")
    func shutdown() async throws {
        let world = try ProcessWorld([First.self, Second.self])
        #expect(world.status("first") == StatusReport(.unknown, "declared"))
        async let run: Void = world.run()
        try await eventually { world.journal.all.count == 3 }
        #expect(world.status("first")?.status == .idle)
        #expect(world.status("second") == StatusReport(.ok, "running"))
        world.signal.yield(.sigterm)
        try await run
        let lines = world.journal.all
        #expect(lines.prefix(3).contains("on start instance=second"))
        #expect(lines.prefix(3).contains("Service running instance=first"))
        #expect(
            lines.dropFirst(3) == [
                "SIGTERM received", "Shutdown initiated", "on stop instance=second",
                "Service stopped instance=second", "stop instance=first",
                "Service stopped instance=first", "Shutdown complete",
            ])
        #expect(world.status("first") == StatusReport(.shutdown, "stopped"))
    }

    @Test("a service that cannot be made is shown, without its password, and stops the others")
    func unmakeable() async throws {
        let world = try ProcessWorld([First.self, Unmakeable.self])
        await #expect(throws: Away.self) { try await world.run() }
        #expect(world.status("unmakeable") == StatusReport(.failed, away))
        #expect(world.process.status.snapshot().aggregated == .failed)
        #expect(world.life("first") == .stopped)
        #expect(
            world.journal.all.contains(
                "Service failed instance=unmakeable reason=\"\(away)\""))
        #expect(
            world.journal.all.contains("Shutdown initiated reason=\"unmakeable failed\""))
        #expect(world.journal.all.last == "Shutdown complete")
        #expect(!world.journal.all.joined().contains("hunter2"))
    }

    @Test("one that is not made in time is left to itself, and never lives")
    func slow() async throws {
        var limits = ServiceLimits()
        limits.start = .milliseconds(20)
        let world = try ProcessWorld([Slow.self], limits: limits)
        let hold = try await world.process.shared(gate)
        let error = await #expect(throws: ServiceFailure.self) { try await world.run() }
        #expect(error?.instance == "slow")
        #expect(error?.reason == "not started within 0.02 seconds")
        #expect(world.status("slow")?.status == .failed)
        hold.open()
        try await eventually { world.journal.all.last == "made instance=slow" }
        #expect(!world.journal.all.contains("start instance=slow"))
    }

    @Test("one that breaks stops the others; its on-stop is called and its error comes out")
    func breaking() async throws {
        let world = try ProcessWorld([First.self, Breaking.self])
        await #expect(throws: Away.self) { try await world.run() }
        #expect(world.journal.all.contains("on stop instance=breaking"))
        #expect(world.life("breaking") == .failed(reason: away))
        #expect(world.life("first") == .stopped)
        #expect(world.process.controllers.last?.failure is Away)
    }

    @Test("one that ends though nobody asked it to has failed")
    func ending() async throws {
        let world = try ProcessWorld([First.self, Ending.self])
        await #expect(
            throws: ServiceFailure(
                instance: "ending", reason: "ended though nobody asked it to")
        ) { try await world.run() }
    }

    @Test("one that ignores the shutdown is named, and does not keep the process")
    func stubborn() async throws {
        var limits = ServiceLimits()
        limits.drain = .milliseconds(20)
        limits.cancellation = .milliseconds(20)
        let world = try ProcessWorld([First.self, Stubborn.self], limits: limits)
        async let run: Void = world.run()
        await world.reaches(.running, "first")
        await world.reaches(.running, "stubborn")
        world.signal.yield(.sigterm)
        try await eventually { world.journal.all.contains("exit 1") }
        #expect(world.status("stubborn") == StatusReport(.shutdown, "stopping"))
        let lines = world.journal.all
        #expect(lines.contains { $0.hasPrefix("Shutdown incomplete") })
        #expect(lines.contains { $0.hasPrefix("Services not stopped") && $0.contains("stubborn") })
        try await world.process.shared(gate).open()
        try? await run
    }

    @Test("one that ignores the shutdown for another's failure does not keep the process either")
    func stubbornAfterFailure() async throws {
        var limits = ServiceLimits()
        limits.drain = .milliseconds(20)
        limits.cancellation = .milliseconds(20)
        let world = try ProcessWorld([Stubborn.self, BreakingOnCue.self], limits: limits)
        async let run: Void = world.run()
        await world.reaches(.running, "stubborn")
        try await world.process.shared(BreakingOnCue.cue).open()
        try await eventually { world.journal.all.contains("exit 1") }
        try await world.process.shared(gate).open()
        try? await run
        #expect(world.life("breaking-on-cue") == .failed(reason: away))
    }

    @Test("a job that is done ends nothing else, and leaves nothing behind")
    func job() async throws {
        let world = try ProcessWorld([First.self, Job.self])
        async let run: Void = world.run()
        await world.reaches(.running, "first")
        await world.reaches(.finished, "job")
        let snapshot = world.process.status.snapshot().find("test.job")
        #expect(
            snapshot
                == StatusSnapshot(
                    id: "test.job", own: StatusReport(.ok, "finished"), children: []))
        #expect(world.life("first") == .running)
        world.signal.yield(.sigint)
        try await run
        #expect(world.journal.all.contains("Service finished instance=job"))
        #expect(world.life("job") == .finished)
    }

    @Test("a job that fails is shown and logged, and ends nothing else")
    func badJob() async throws {
        let world = try ProcessWorld([First.self, BadJob.self])
        async let run: Void = world.run()
        await world.reaches(.running, "first")
        await world.reaches(.failed(reason: away), "bad-job")
        #expect(world.process.status.snapshot().aggregated == .failed)
        #expect(world.life("first") == .running)
        world.signal.yield(.sigterm)
        try await run
        #expect(
            world.journal.all.contains("Service failed instance=bad-job reason=\"\(away)\""))
    }

    @Test("a job that ends in the shutdown of others does not disturb it")
    func jobInShutdown() async throws {
        let world = try ProcessWorld([LongJob.self, Second.self])
        async let run: Void = world.run()
        await world.reaches(.running, "long-job")
        await world.reaches(.running, "second")
        world.signal.yield(.sigterm)
        try await world.process.shared(gate).open()
        try await run
        #expect(world.life("long-job") == .finished)
        #expect(world.life("second") == .stopped)
    }

    @Test("when all were jobs the process ends by itself, with the first failure")
    func jobs() async throws {
        let world = try ProcessWorld([Job.self, BadJob.self])
        await #expect(throws: Away.self) { try await world.run() }
        #expect(world.life("job") == .finished)
        #expect(
            world.journal.all.contains("Shutdown initiated reason=\"no service is left\""))
        try await ProcessWorld([Job.self]).run()
    }

    @Test("wrong settings are told before anything starts, and shown")
    func settings() async throws {
        let world = try ProcessWorld([First.self, Seated.self])
        let problem = "SEATED_CHAIR not set: must be a text"
        await #expect(throws: ConfigurationError([problem])) { try await world.run() }
        #expect(world.status("seated") == StatusReport(.failed, problem))
        #expect(world.life("first") == .declared)
        #expect(!world.journal.all.contains { $0.hasPrefix("Service running") })
    }

    @Test("instances of one service have names of their own")
    func instances() throws {
        let world = try ProcessWorld([First.self])
        let entry = try ServiceCatalogue([First.self]).entry(named: "first")
        #expect(throws: StatusTreeError.duplicate(name: "first")) {
            try world.process.declare(entry)
        }
        try world.process.declare(entry, as: "another")
        #expect(world.process.controllers.map(\.instance) == ["first", "another"])
        #expect(world.status("another") == StatusReport(.unknown, "declared"))
    }

    @Test("a service whose status callback hangs delays neither the answer nor the shutdown")
    func hangingCallback() async throws {
        var limits = ServiceLimits()
        limits.answer = .milliseconds(20)
        let world = try ProcessWorld([First.self], limits: limits)
        let hold = Gate()
        async let run: Void = world.run()
        await world.reaches(.running, "first")
        try world.process.status.root.add("watch").whenAsked {
            await hold.wait()
            return StatusReport(.ok)
        }
        let snapshot = await world.process.status.ask()
        #expect(snapshot.find("test.watch")?.aggregated == .error)
        #expect(snapshot.find("test.first")?.aggregated == .idle)
        #expect(snapshot.aggregated == .error)
        world.signal.yield(.sigterm)
        try await run
        hold.open()
    }
}
