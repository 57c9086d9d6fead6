import Hosting
import Logging
import ServiceLifecycle
import Testing

@Suite("What goes on until the process shuts down")
struct UntilShutdownTests {
    private struct Waiting: Service {
        let began: AsyncStream<Void>.Continuation

        func run() async throws {
            try await untilShutdown {
                let (never, hold) = AsyncStream.makeStream(of: Void.self)
                began.yield()
                for await _ in never {}
                hold.finish()
                try Task.checkCancellation()
            }
        }
    }

    private struct Broken: Error {}

    @Test("a shutdown and a cancellation end it, and neither is a failure")
    func ends() async throws {
        let (begins, began) = AsyncStream.makeStream(of: Void.self)
        var beginning = begins.makeAsyncIterator()
        let group = ServiceGroup(
            services: [Waiting(began: began)],
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let shutDown = Task { try await group.run() }
        await beginning.next(isolation: #isolation)
        await group.triggerGracefulShutdown()
        try await shutDown.value
        let cancelled = Task { try await Waiting(began: began).run() }
        await beginning.next(isolation: #isolation)
        cancelled.cancel()
        try await cancelled.value
    }

    @Test("what fails is a failure")
    func fails() async {
        await #expect(throws: Broken.self) { try await untilShutdown { throw Broken() } }
    }
}
