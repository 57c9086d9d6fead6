import ServiceLifecycle

/// Runs what goes on for as long as the process does, and cancels it when that shuts down: its end
/// is then no failure, and what it leaves undone must be found by whoever comes next.
package func untilShutdown(_ body: @escaping @Sendable () async throws -> Void) async throws {
    do {
        try await cancelWhenGracefulShutdown(body)
    } catch is CancellationError {}
}
