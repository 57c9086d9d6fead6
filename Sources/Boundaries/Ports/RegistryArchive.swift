import Synchronization

/// Where a registry keeps what it must know after a restart: one text, replaced as a whole.
package protocol RegistryArchive: Sendable {
    /// Where that is, for logs.
    var location: String { get }

    /// What was written last; `nil` when nothing was.
    func read() async throws -> [UInt8]?

    /// Replaces what was written before, at once and for good: whoever reads finds all of the one
    /// or all of the other, also after the machine lost its power.
    func write(_ text: [UInt8]) async throws

    /// Puts what was written last out of the way without destroying it: nobody can read it.
    ///
    /// - Returns: where it lies now.
    func setAside() async throws -> String
}

/// The twin of an archive, which outlives the registry that it is given to.
package final class InMemoryRegistryArchive: RegistryArchive {
    private struct State {
        var text: [UInt8]?
        var setAside: [UInt8]?
        var writes = 0
        var failure: (any Error)?
    }

    private let state = Mutex(State())

    package init(_ text: [UInt8]? = nil) {
        state.withLock { $0.text = text }
    }

    /// What every call throws from now on; `nil`: calls are answered.
    package func fail(with failure: (any Error)?) {
        state.withLock { $0.failure = failure }
    }

    package var text: [UInt8]? { state.withLock { $0.text } }
    package var damaged: [UInt8]? { state.withLock { $0.setAside } }
    /// How often something was written.
    package var writes: Int { state.withLock { $0.writes } }

    package var location: String { "memory" }

    package func read() async throws -> [UInt8]? {
        try answer { $0.text }
    }

    package func write(_ text: [UInt8]) async throws {
        try answer { state in
            state.text = text
            state.writes += 1
        }
    }

    package func setAside() async throws -> String {
        try answer { state in
            state.setAside = state.text
            state.text = nil
            return "memory, set aside"
        }
    }

    private func answer<Answer>(_ body: (inout State) -> Answer) throws -> Answer {
        try state.withLock { state in
            if let failure = state.failure { throw failure }
            return body(&state)
        }
    }
}
