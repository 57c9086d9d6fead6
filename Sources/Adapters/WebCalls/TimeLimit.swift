/// What `body` gives, or `late` when it takes longer; it is cancelled then and waited for.
package func withLimit<Value: Sendable, Late: Error>(
    _ limit: Duration, else late: Late, _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    try await withThrowingTaskGroup(of: Value.self) { group in
        group.addTask { try await body() }
        group.addTask {
            try await Task.sleep(for: limit)
            throw late
        }
        defer { group.cancelAll() }
        guard let value = try await group.next() else { throw CancellationError() }
        return value
    }
}
