import ServiceLifecycle

/// Brings what several sources give to one client.
///
/// One item of each is awaited at any time: a source is asked for its next only once the last one
/// is written, and that is the back pressure.
struct Pump<Item: Sendable>: Sendable {
    typealias Source = @Sendable () async throws -> Item

    enum Verdict {
        /// The source of the item is asked for its next.
        case goOn
        /// It is asked no more; the others are.
        case rest
        case stop
    }

    let sources: [Source]

    /// Runs until it is told to stop or no source is left. What sources still do then is cancelled.
    ///
    /// - Throws: what a source or `write` throws.
    @concurrent
    func run(_ write: @concurrent (Item) async throws -> Verdict) async throws {
        try await withThrowingTaskGroup(of: (source: Source, item: Item).self) { group in
            for source in sources { group.addTask { (source, try await source()) } }
            defer { group.cancelAll() }
            while let (source, item) = try await group.next() {
                switch try await write(item) {
                case .goOn: group.addTask { (source, try await source()) }
                case .rest: break
                case .stop: return
                }
            }
        }
    }
}

extension Pump {
    /// Gives an item once the service shuts down. One that waits for as long as the pump runs: each
    /// message would cost as much again if every wait for one had its own.
    static func shutdown(_ item: Item) -> Source {
        {
            try await gracefulShutdown()
            return item
        }
    }
}
