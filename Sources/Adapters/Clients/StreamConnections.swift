import GRPCCore
import Synchronization

/// Connections for streams alone, as many as they need.
final class StreamConnections: Sendable {
    /// One stream's share of a connection.
    struct Share: Sendable {
        let connections: GRPCConnections
        fileprivate let index: Int
    }

    private struct State {
        var spread = StreamSpread()
        var all: [GRPCConnections]
    }

    private let state: Mutex<State>
    private let (made, making) = AsyncStream<GRPCConnections>.makeStream()
    private let make: @Sendable () throws -> GRPCConnections
    private let now: @Sendable () -> ContinuousClock.Instant

    /// - Throws: what making them throws; the first one is made at once.
    init(
        now: @escaping @Sendable () -> ContinuousClock.Instant,
        _ make: @escaping @Sendable () throws -> GRPCConnections
    ) throws {
        let first = try make()
        state = Mutex(State(all: [first]))
        self.make = make
        self.now = now
        making.yield(first)
    }

    /// Keeps the connections until cancelled.
    func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for await connections in made {
                group.addTask { [making] in
                    defer { making.finish() }
                    try await connections.client.runConnections()
                }
            }
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    /// - Returns: what is given back when the stream has ended.
    func take() throws -> Share {
        try state.withLock { state in
            let index = state.spread.place(at: now())
            if index == state.all.count {
                let connections = try make()
                state.all.append(connections)
                making.yield(connections)
            }
            state.spread.take(index)
            return Share(connections: state.all[index], index: index)
        }
    }

    func giveBack(_ share: Share) {
        state.withLock { $0.spread.leave(share.index, at: now()) }
    }
}
