package import Testing

/// One sentence that every implementation of a port keeps, and its check.
///
/// Suites run the laws of a port as the arguments of one test, so that a test run names each law
/// under each implementation.
package struct Law<World: Sendable>: Sendable, CustomTestStringConvertible {
    package let name: String
    private let check: @Sendable (World) async throws -> Void

    package init(_ name: String, _ check: @escaping @Sendable (World) async throws -> Void) {
        self.name = name
        self.check = check
    }

    package var testDescription: String { name }

    package func holds(in world: World) async throws {
        try await check(world)
    }
}

/// Looks at a condition before it is given up, however late it is: where other tests keep the
/// processors to themselves, what is waited for gets its turns as seldom as who waits for it.
private let leastLooks = 1_000

/// Waits until a condition holds, however long that takes within a generous bound.
package func eventually(
    within bound: Duration = .seconds(30), _ condition: () async throws -> Bool,
    sourceLocation: SourceLocation = #_sourceLocation
) async throws {
    let deadline = ContinuousClock.now + bound
    var looks = 0
    while looks < leastLooks || ContinuousClock.now < deadline {
        looks += 1
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(1))
    }
    Issue.record("the condition did not come true", sourceLocation: sourceLocation)
}

/// Runs a body, and then what has to follow whatever became of it.
package func carryOut<Answer>(
    _ body: () async throws -> Answer, finally end: () async -> Void
) async throws -> Answer {
    do {
        let answer = try await body()
        await end()
        return answer
    } catch {
        await end()
        throw error
    }
}
