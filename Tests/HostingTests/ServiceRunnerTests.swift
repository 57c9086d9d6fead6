import Hosting
import ServiceLifecycle
import TestSupport
import Testing
import UnixSignals

/// Stops when asked, after noting that it did.
private struct Obedient: Service {
    let name: String
    let journal: Journal
    let started: AsyncStream<Void>.Continuation

    func run() async throws {
        started.yield()
        try await gracefulShutdown()
        journal.note("\(name) stopped")
    }
}

/// Heeds neither shutdown nor cancellation until released.
private struct Stubborn: Service {
    let started: AsyncStream<Void>.Continuation
    let release: AsyncStream<Void>

    func run() async {
        started.yield()
        await Task.detached { for await _ in release { return } }.value
    }
}

private struct Failing: Service {
    struct Broken: Error {}
    func run() async throws { throw Broken() }
}

@Suite("Service runner")
struct ServiceRunnerTests {
    private let journal = Journal()

    @Test("SIGTERM: the promised lines, services stopped in reverse, stores closed last")
    func graceful() async throws {
        let (signals, signal) = AsyncStream.makeStream(of: UnixSignal.self)
        let (started, start) = AsyncStream.makeStream(of: Void.self)
        let services = ["first", "second"].map {
            Obedient(name: $0, journal: journal, started: start)
        }
        let runner = ServiceRunner(services, logger: journal.logger) { [journal] in
            journal.note("exit \($0)")
        }
        async let run: Void = runner.run(stoppingOn: signals) { journal.note("closed") }
        var waiting = started.makeAsyncIterator()
        await waiting.next()
        await waiting.next()
        signal.yield(.sigterm)
        try await run
        #expect(
            journal.all == [
                "SIGTERM received", "Shutdown initiated", "second stopped", "first stopped",
                "closed", "Shutdown complete",
            ])
    }

    @Test("a second signal exits at once, with 128 and its number")
    func secondSignal() async throws {
        let (signals, signal) = AsyncStream.makeStream(of: UnixSignal.self)
        let (started, start) = AsyncStream.makeStream(of: Void.self)
        let (release, releasing) = AsyncStream.makeStream(of: Void.self)
        let runner = ServiceRunner(
            [Stubborn(started: start, release: release)], logger: journal.logger
        ) { [journal] code in
            journal.note("exit \(code)")
            releasing.yield()
        }
        async let run: Void = runner.run(stoppingOn: signals)
        for await _ in started { break }
        signal.yield(.sigterm)
        signal.yield(.sigint)
        try await run
        #expect(
            journal.all == [
                "SIGTERM received", "Shutdown initiated", "SIGINT received",
                "Exiting at once: the second signal", "exit 130", "Shutdown complete",
            ])
    }

    @Test("what neither drains nor heeds cancellation does not keep the process")
    func overdue() async throws {
        let (signals, signal) = AsyncStream.makeStream(of: UnixSignal.self)
        let (started, start) = AsyncStream.makeStream(of: Void.self)
        let (release, releasing) = AsyncStream.makeStream(of: Void.self)
        let runner = ServiceRunner(
            [Stubborn(started: start, release: release)], logger: journal.logger,
            drainLimit: .milliseconds(10), cancellationLimit: .milliseconds(10)
        ) { [journal] code in
            journal.note("exit \(code)")
            releasing.yield()
        }
        async let run: Void = runner.run(stoppingOn: signals)
        for await _ in started { break }
        signal.yield(.sigterm)
        try? await run
        #expect(journal.all.contains("exit 1"))
        #expect(journal.all.contains { $0.hasPrefix("Shutdown incomplete") })
    }

    @Test("a service that fails stops the others, and the error comes out")
    func failure() async throws {
        let (signals, _) = AsyncStream.makeStream(of: UnixSignal.self)
        let (_, start) = AsyncStream.makeStream(of: Void.self)
        let runner = ServiceRunner(
            [Obedient(name: "first", journal: journal, started: start), Failing()],
            logger: journal.logger)
        await #expect(throws: Failing.Broken.self) {
            try await runner.run(stoppingOn: signals) { journal.note("closed") }
        }
        #expect(journal.all.contains("closed"))
        #expect(journal.all.last == "Shutdown complete")
    }

    @Test("a request stops as a signal does, once; a signal after it exits")
    func request() async throws {
        let (signals, signal) = AsyncStream.makeStream(of: UnixSignal.self)
        let (requests, request) = AsyncStream.makeStream(of: String.self)
        let (started, start) = AsyncStream.makeStream(of: Void.self)
        let (release, releasing) = AsyncStream.makeStream(of: Void.self)
        let runner = ServiceRunner(
            [Stubborn(started: start, release: release)], logger: journal.logger
        ) { [journal] code in
            journal.note("exit \(code)")
            releasing.yield()
        }
        async let run: Void = runner.run(stoppingOn: signals, requests: requests)
        for await _ in started { break }
        request.yield("nothing is left")
        request.yield("nothing is left")
        try await eventually { journal.all.count == 1 }
        signal.yield(.sigint)
        try await run
        #expect(
            journal.all == [
                #"Shutdown initiated reason="nothing is left""#, "SIGINT received",
                "Exiting at once: the second signal", "exit 130", "Shutdown complete",
            ])
    }
}
