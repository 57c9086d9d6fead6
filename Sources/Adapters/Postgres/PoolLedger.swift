/// Who has which connection: the decisions of a pool, without a connection.
///
/// Callers are served in the order in which they asked.
struct PoolLedger<Connection> {
    typealias Caller = Int

    enum Answer {
        case take(Connection)
        /// There is room for one more.
        case open
        case wait
        /// More than `waiterLimit` wait already.
        case refuse
    }

    /// What happens when a connection, or the room of one, becomes free.
    enum Handover {
        case give(Connection, to: Caller)
        /// The connection is of no use: its room goes to a caller that opens another.
        case open(for: Caller)
        /// Nobody waits.
        case nothing
    }

    let maximum: Int
    let waiterLimit: Int
    private var idle: [Connection] = []
    private var waiters: [Caller] = []
    /// Connections that are idle, used or being opened.
    private(set) var count = 0

    init(maximum: Int, waiterLimit: Int) {
        self.maximum = maximum
        self.waiterLimit = waiterLimit
    }

    /// The one that was used last is taken first: the others may rest and be closed.
    mutating func ask(_ caller: Caller) -> Answer {
        if let connection = idle.popLast() { return .take(connection) }
        if count < maximum {
            count += 1
            return .open
        }
        guard waiters.count < waiterLimit else { return .refuse }
        waiters.append(caller)
        return .wait
    }

    /// A caller that waits no longer; `false` when it has been served already.
    mutating func leave(_ caller: Caller) -> Bool {
        guard let index = waiters.firstIndex(of: caller) else { return false }
        waiters.remove(at: index)
        return true
    }

    mutating func giveBack(_ connection: Connection) -> Handover {
        guard !waiters.isEmpty else {
            idle.append(connection)
            return .nothing
        }
        return .give(connection, to: waiters.removeFirst())
    }

    /// A connection that could not be opened, or is of no use any more.
    mutating func giveUp() -> Handover {
        guard !waiters.isEmpty else {
            count -= 1
            return .nothing
        }
        return .open(for: waiters.removeFirst())
    }

    /// Forgets everything; what is idle is to be closed, whoever waits to be told.
    mutating func close() -> (idle: [Connection], waiters: [Caller]) {
        defer { (idle, waiters) = ([], []) }
        return (idle, waiters)
    }
}
