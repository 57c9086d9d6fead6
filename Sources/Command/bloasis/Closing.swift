/// What an action gives, once what it used is closed, however it ended.
func closing<Answer>(
    _ close: () async -> Void, after action: () async throws -> Answer
) async throws -> Answer {
    let outcome: Result<Answer, any Error>
    do {
        outcome = .success(try await action())
    } catch {
        outcome = .failure(error)
    }
    await close()
    return try outcome.get()
}
