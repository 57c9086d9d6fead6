import Hosting
import TestSupport
import Testing

@Suite("Shared values")
struct SharedValuesTests {
    private struct Away: Error {}

    private func process(closing limit: Duration = .seconds(30)) throws -> ProcessWorld {
        var limits = ServiceLimits()
        limits.close = limit
        return try ProcessWorld([], limits: limits)
    }

    @Test("many ask at once: made once, everybody has it")
    func race() async throws {
        let world = try process()
        let calls = Calls()
        let key = SharedValue("number") { _ in calls.count() }
        let values = try await withThrowingTaskGroup(of: Int.self) { tasks in
            for _ in 0..<200 { tasks.addTask { try await world.process.shared(key) } }
            return try await tasks.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(values == [1])
        #expect(calls.total == 1)
    }

    @Test("closed in reverse order of making, what others need last")
    func order() async throws {
        let world = try process()
        func key(_ name: String, needs: SharedValue<String>? = nil) -> SharedValue<String> {
            SharedValue(name) { process in
                if let needs { _ = try await process.shared(needs) }
                return name
            } close: { [journal = world.journal] in
                journal.note("\($0) closed")
            }
        }
        let store = key("store")
        _ = try await world.process.shared(key("cache", needs: store))
        _ = try await world.process.shared(store)
        _ = try await world.process.shared(key("bus"))
        try await world.run()
        #expect(
            world.journal.all == [
                "bus closed", "cache closed", "store closed", "Shutdown complete",
            ])
    }

    @Test("a failed making is told to all who waited, and tried again by the next")
    func failure() async throws {
        let world = try process()
        let gate = Gate()
        let calls = Calls()
        let key = SharedValue("store") { _ in
            if calls.count() > 1 { return "there" }
            await gate.wait()
            throw Away()
        }
        let first = Task { try await world.process.shared(key) }
        try await eventually { calls.total == 1 }
        let second = Task { try await world.process.shared(key) }
        gate.open()
        await #expect(throws: Away.self) { try await first.value }
        // The second either waited too or tried again.
        if let second = try? await second.value { #expect(second == "there") }
        let third = try await world.process.shared(key)
        #expect(third == "there")
        #expect(calls.total == 2)
    }

    @Test("one name, two types: an error that names both")
    func types() async throws {
        let world = try process()
        _ = try await world.process.shared(SharedValue("store") { _ in 1 })
        let error = await #expect(throws: SharedValueError.self) {
            try await world.process.shared(SharedValue("store") { _ in "one" })
        }
        #expect(error == .otherType(name: "store", made: "Int", asked: "String"))
    }

    @Test("nothing is made once the process has ended; what was being made is closed")
    func ended() async throws {
        let world = try process()
        let gate = Gate()
        let started = Calls()
        let slow = SharedValue("slow") { _ in
            started.count()
            await gate.wait()
            return 1
        } close: { [journal = world.journal] _ in
            journal.note("slow closed")
        }
        async let making = world.process.shared(slow)
        try await eventually { started.total == 1 }
        async let run: Void = world.run()
        gate.open()
        try await run
        let made = try await making
        #expect(made == 1)
        #expect(world.journal.all == ["slow closed", "Shutdown complete"])
        await #expect(throws: SharedValueError.closed(name: "late")) {
            try await world.process.shared(SharedValue("late") { _ in 1 })
        }
    }

    @Test("a closing that hangs or fails is told, without its password, and keeps no other")
    func badClosing() async throws {
        let world = try process(closing: .milliseconds(20))
        let gate = Gate()
        let keys = [
            SharedValue("first") { _ in
                1
            } close: { [journal = world.journal] _ in
                journal.note("first closed")
            },
            SharedValue("hangs") { _ in
                2
            } close: { _ in
                await gate.wait()
            },
            SharedValue("fails") { _ in
                3
            } close: { _ in
                throw ConfigurationError(["redis://:hunter2@h is away"])
            },
        ]
        for key in keys { _ = try await world.process.shared(key) }
        try await world.run()
        gate.open()
        #expect(
            world.journal.all == [
                "Shared value not closed name=fails reason=\"redis://:<redacted>@h is away\"",
                "Shared value not closed name=hangs reason=\"not closed within 0.02 seconds\"",
                "first closed", "Shutdown complete",
            ])
    }
}
