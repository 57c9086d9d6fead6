import Hosting
import TestSupport
import Testing

@Suite("Status tree, asked")
struct StatusAskingTests {
    private let patient = StatusTree(root: "root", answerLimit: .seconds(30))
    private let hurried = StatusTree(root: "root", answerLimit: .milliseconds(20))

    @Test("nodes answer when asked; the worse of answer and report counts")
    func answers() async throws {
        let calls = Calls()
        let node = try patient.root.add("a")
        node.whenAsked { StatusReport(.busy, "\(calls.count())") }
        #expect(patient.snapshot().aggregated == .unknown)
        #expect(await patient.ask().find("root.a")?.own == StatusReport(.busy, "1"))
        #expect(await patient.ask().find("root.a")?.own == StatusReport(.busy, "2"))
        node.report(.error, "broken")
        #expect(await patient.ask().find("root.a")?.own == StatusReport(.error, "broken"))
        node.report(.idle)
        #expect(patient.snapshot().find("root.a")?.own == StatusReport(.busy, "3"))
    }

    @Test("what a callback throws counts as an error, without its password")
    func throwing() async throws {
        patient.root.whenAsked { throw ConfigurationError(["redis://:hunter2@h is away"]) }
        #expect(
            await patient.ask().own == StatusReport(.error, "redis://:<redacted>@h is away"))
    }

    @Test("a callback that ignores cancellation delays nobody, and is not asked again meanwhile")
    func hanging() async throws {
        let gate = Gate()
        let calls = Calls()
        let node = try hurried.root.add("hangs")
        node.whenAsked {
            calls.count()
            await gate.wait()
            return StatusReport(.ok, "at last")
        }
        let overdue = StatusReport(.error, "no answer within 0.02 seconds")
        #expect(await hurried.ask().find("root.hangs")?.own == overdue)
        // What hangs is waited for once.
        let elapsed = await ContinuousClock().measure {
            for _ in 0..<100 { #expect(await hurried.ask().find("root.hangs")?.own == overdue) }
        }
        #expect(elapsed < .milliseconds(20) * 100)
        #expect(calls.total == 1)
        // Too late: dropped. The next one is heard, once there is time for it.
        gate.open()
        try await eventually {
            gate.open()
            return await hurried.ask().find("root.hangs")?.own.detail == "at last"
        }
        #expect(calls.total > 1)
    }

    @Test("a callback that heeds cancellation is asked again")
    func cancelled() async throws {
        let (never, continuation) = AsyncStream.makeStream(of: Void.self)
        let calls = Calls()
        hurried.root.whenAsked {
            calls.count()
            for await _ in never {}
            throw CancellationError()
        }
        try await eventually {
            let snapshot = await hurried.ask()
            return snapshot.own.status == .error && calls.total > 2
        }
        continuation.finish()
    }

    @Test("who asks while another does joins it")
    func joining() async throws {
        let gate = Gate()
        let (slowCalls, quickCalls) = (Calls(), Calls())
        try patient.root.add("slow").whenAsked {
            slowCalls.count()
            await gate.wait()
            return StatusReport(.ok, "once")
        }
        // Asked a second time when the second one has asked both.
        try patient.root.add("quick").whenAsked {
            if quickCalls.count() == 2 { gate.open() }
            return StatusReport(.ok)
        }
        async let first = patient.ask()
        try await eventually { patient.snapshot().find("root.quick")?.own.status == .ok }
        let second = await patient.ask()
        #expect(await first.find("root.slow")?.own == StatusReport(.ok, "once"))
        #expect(second.find("root.slow")?.own == StatusReport(.ok, "once"))
        #expect(slowCalls.total == 1)
    }

    @Test("so many callbacks may hang and no more, though their nodes were removed")
    func hangingLimit() async throws {
        let gates = (0..<StatusTree.nodeLimit).map { _ in Gate() }
        for rest in stride(from: 0, to: gates.count, by: 500) {
            let nodes = try gates[rest..<rest + 500].enumerated().map { index, gate in
                let node = try hurried.root.add("n\(index)")
                node.whenAsked {
                    await gate.wait()
                    return StatusReport(.ok)
                }
                return node
            }
            _ = await hurried.ask()
            for node in nodes { node.remove() }
        }
        let node = try hurried.root.add("one-more")
        node.whenAsked { StatusReport(.ok) }
        #expect(
            await hurried.ask().find("root.one-more")?.own
                == StatusReport(.error, "not asked: \(StatusTree.nodeLimit) callbacks hang"))
        for gate in gates { gate.open() }
        try await eventually {
            await hurried.ask().find("root.one-more")?.own == StatusReport(.ok)
        }
    }
}
