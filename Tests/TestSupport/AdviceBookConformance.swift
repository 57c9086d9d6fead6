package import Market
package import Ports
import Testing

/// A fresh book of models' answers for one law.
package struct AdviceWorld: Sendable {
    package let book: any AdviceBook
    /// Another handle on the same book, as another process has one; the same one in memory.
    package let another: @Sendable () async throws -> any AdviceBook
    /// The book after everything was closed and opened again; the same one in memory.
    package let restart: @Sendable () async throws -> any AdviceBook

    package init(
        book: any AdviceBook, another: @escaping @Sendable () async throws -> any AdviceBook,
        restart: @escaping @Sendable () async throws -> any AdviceBook
    ) {
        self.book = book
        self.another = another
        self.restart = restart
    }

    package static func inMemory() -> AdviceWorld {
        let book = InMemoryAdviceBook()
        return AdviceWorld(book: book, another: { book }, restart: { book })
    }
}

extension Samples {
    package static func instant(_ seconds: Int64) -> Timestamp {
        Timestamp(nanoseconds: seconds * Timestamp.nanosecondsPerSecond)
    }

    package static func advice(
        _ text: String, hash: String = "a0", model: String = "anthropic/claude",
        usage: ModelUsage = ModelUsage(input: 100, output: 20), cost: Int64 = 7,
        ending: ModelEnding = .complete, second: Int64 = 1_600_000_000
    ) -> RecordedAdvice {
        RecordedAdvice(
            key: AdviceKey(promptHash: hash, model: model),
            reply: ModelReply(text: text, model: "claude-1", usage: usage, ending: ending),
            cost: cost, at: instant(second))
    }
}

/// What every `AdviceBook` keeps.
package enum AdviceBookConformance {
    package static let laws: [Law<AdviceWorld>] = [
        Law("an answer comes back as it was, after a restart too") { world async throws in
            let all = ModelEnding.allCases.map { ending in
                Samples.advice(
                    "{\"comment\": \"é 🙂\"}\n\tand more", hash: ending.rawValue, ending: ending)
            }
            for advice in all {
                #expect(try await world.book.advice(advice.key) == nil)
                #expect(try await world.book.record(advice) == advice)
            }
            let book = try await world.restart()
            for advice in all { #expect(try await book.advice(advice.key) == advice) }
        },
        Law("the first answer to a question stays, whoever writes another") { world in
            let first = Samples.advice("first")
            _ = try await world.book.record(first)
            let second = Samples.advice("second", cost: 9, second: 1_600_000_001)
            #expect(try await world.book.record(second) == first)
            #expect(try await world.another().record(second) == first)
            #expect(try await world.book.advice(first.key) == first)
            #expect(
                try await world.book.spent(since: Samples.instant(0))
                    == ModelSpending(tokens: 120, cost: 7))
        },
        Law("of writers at the same time one wins, for all of them") { world in
            let other = try await world.another()
            let written = try await withThrowingTaskGroup(of: RecordedAdvice.self) { tasks in
                for index in 0..<8 {
                    tasks.addTask {
                        try await (index % 2 == 0 ? world.book : other)
                            .record(Samples.advice("answer \(index)"))
                    }
                }
                return try await tasks.reduce(into: []) { $0.append($1) }
            }
            let stored = try await world.book.advice(Samples.advice("").key)
            #expect(written.count == 8 && written.allSatisfy { $0 == stored })
        },
        Law("questions are told apart by their hash and by their model") { world in
            let all = [
                Samples.advice("a"), Samples.advice("b", hash: "b0"),
                Samples.advice("c", model: "fingpt/fingpt"),
            ]
            for advice in all { _ = try await world.book.record(advice) }
            for advice in all { #expect(try await world.book.advice(advice.key) == advice) }
        },
        Law("what was spent is counted from an instant on") { world in
            let book = world.book
            #expect(try await book.spent(since: Samples.instant(0)) == ModelSpending())
            _ = try await book.record(Samples.advice("a", hash: "1", cost: 5, second: 100))
            _ = try await book.record(Samples.advice("b", hash: "2", cost: 6, second: 200))
            let dear = ModelUsage(input: 3_000_000_000, output: 4_000_000_000)
            _ = try await book.record(
                Samples.advice("c", hash: "3", usage: dear, cost: 1 << 40, second: 300))
            #expect(
                try await book.spent(since: Samples.instant(200))
                    == ModelSpending(tokens: 7_000_000_120, cost: 6 + (1 << 40)))
            #expect(
                try await book.spent(since: Samples.instant(301)) == ModelSpending())
        },
    ]
}
