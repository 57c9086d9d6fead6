import Contracts
import Synchronization

/// Calls that take a while: shared by all who ask for the same at the same time, and bounded in
/// number.
///
/// Whoever asks first makes the call for all, in its own task; when that one is cancelled, another
/// of those who wait does.
package final class SharedCalls<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private enum Step {
        case make(Flight<Value>)
        case wait(Flight<Value>)
    }

    /// Whoever made the call was cancelled.
    private struct Abandoned: Error {}

    private let what: String
    private let limit: Int
    private let retrySeconds: Int
    private let calls = Mutex<[Key: Flight<Value>]>([:])

    /// - Parameters:
    ///   - what: is made, for who is refused: `drawings`.
    ///   - limit: calls at a time, of different keys.
    ///   - retrySeconds: after so long it is worth asking again.
    package init(of what: String, limit: Int, retrySeconds: Int) {
        self.what = what
        self.limit = limit
        self.retrySeconds = retrySeconds
    }

    /// - Parameters:
    ///   - key: of calls that would give the same.
    ///   - make: the call.
    /// - Throws: RESOURCE_EXHAUSTED when too many are under way; what the call throws;
    ///   `CancellationError`.
    package func value(of key: Key, _ make: () async throws -> Value) async throws -> Value {
        while true {
            switch try step(for: key) {
            case .make(let flight): return try await land(flight, of: key, make)
            case .wait(let flight):
                do { return try await flight.value() } catch is Abandoned {}
            }
        }
    }

    private func step(for key: Key) throws(RPCFault) -> Step {
        try calls.withLock { calls throws(RPCFault) in
            if let flight = calls[key] { return .wait(flight) }
            guard calls.count < limit else {
                throw RPCFault(
                    .resourceExhausted,
                    "\(calls.count) \(what) are being made: ask again in \(retrySeconds) s",
                    retryAfterSeconds: retrySeconds)
            }
            let flight = Flight<Value>()
            calls[key] = flight
            return .make(flight)
        }
    }

    private func land(
        _ flight: Flight<Value>, of key: Key, _ make: () async throws -> Value
    ) async throws -> Value {
        let result: Result<Value, any Error>
        do {
            result = .success(try await make())
        } catch {
            result = .failure(error)
        }
        calls.withLock { $0[key] = nil }
        // What failed while being cancelled says nothing to those who wait.
        let isAbandoned = if case .failure = result { Task.isCancelled } else { false }
        flight.land(isAbandoned ? .failure(Abandoned()) : result)
        return try result.get()
    }
}
