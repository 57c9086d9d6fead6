import Hosting
import Ports
import Synchronization
import Testing

@Suite("services outside the process, at its start")
struct ExternalServicesTests {
    private struct Away: Error, Equatable, CustomStringConvertible {
        let description: String
    }

    @Test("all are opened, at the same time")
    func together() async throws {
        let opened = Mutex<Set<String>>([])
        let (first, firstOpened) = AsyncStream<Void>.makeStream()
        try await ExternalService.open([
            // Waits for the one behind it.
            ExternalService("database") {
                for await _ in first { break }
                opened.withLock { _ = $0.insert("database") }
            },
            ExternalService("language-model") {
                opened.withLock { _ = $0.insert("language-model") }
                firstOpened.yield()
            },
        ])
        #expect(opened.withLock { $0 } == ["database", "language-model"])
        try await ExternalService.open([])
    }

    @Test("one that fails says so in its own words")
    func one() async {
        await #expect(throws: Away(description: "no route")) {
            try await ExternalService.open([
                ExternalService("database") {},
                ExternalService("token-keys") { throw Away(description: "no route") },
            ])
        }
    }

    @Test("of several that fail each is named, and those that work are waited for")
    func several() async throws {
        let opened = Mutex(false)
        let error = await #expect(throws: ExternalServicesFailed.self) {
            try await ExternalService.open([
                ExternalService("database") { throw Away(description: "db:5432 refuses") },
                ExternalService("event-log") { opened.withLock { $0 = true } },
                ExternalService("language-model") { throw Away(description: "401") },
            ])
        }
        #expect(opened.withLock { $0 })
        #expect(
            error?.description == """
                2 services that this process needs cannot be used:
                  database: db:5432 refuses
                  language-model: 401
                """)
    }

    @Test("who gives up is not told of what fell over because of it")
    func cancelled() async {
        let (waiting, isWaiting) = AsyncStream<Void>.makeStream()
        let (never, kept) = AsyncStream<Void>.makeStream()
        defer { kept.finish() }
        let opening = Task {
            try await ExternalService.open([
                ExternalService("database") {
                    isWaiting.yield()
                    for await _ in never {}
                    try Task.checkCancellation()
                },
                ExternalService("language-model") { throw Away(description: "401") },
            ])
        }
        for await _ in waiting { break }
        opening.cancel()
        await #expect(throws: CancellationError.self) { try await opening.value }
    }
}
