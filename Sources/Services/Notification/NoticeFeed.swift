import Contracts
package import Logging
package import Ports
import ServiceLifecycle
import Synchronization

/// What people are told, for everybody who listens in this process: one reader of the store for
/// all of them.
///
/// What each person was told lately is on a board that all of their listeners read. Who falls
/// further behind than that reads from the store what it has missed, and then the board again. So
/// one slow listener delays nobody, and memory is bounded by the people who are listened for.
package final class NoticeFeed: Service {
    /// Notices on a board at the most.
    static let boardLimit = 256
    static let pageSize = 500

    private struct Room {
        let board: NoticeBoard
        var listeners = 0
    }

    private struct State {
        /// The last position that was put on the boards.
        var position: Int64?
        /// Of those who are listened for.
        var rooms: [Addressee: Room] = [:]
        var nextNumber = 0
    }

    private let reader: any NoticeReader
    private let wording: NotificationWording
    private let logger: Logger
    private let state = Mutex(State())

    package init(reader: any NoticeReader, wording: NotificationWording, logger: Logger) {
        self.reader = reader
        self.wording = wording
        self.logger = logger
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown { await self.follow() }
    }

    private func follow() async {
        for await _ in reader.commits() {
            do {
                try await readOn()
            } catch is CancellationError {
                return
            } catch {
                // The next commit, or the next look without one, finds what was missed.
                logger.warning("Notices not read", metadata: ["error": "\(error)"])
            }
        }
    }

    private func readOn() async throws {
        guard var position = try await start() else { return }
        while true {
            let page = try await reader.told(after: position, limit: NoticeFeed.pageSize)
            if let last = page.last?.position {
                give(page, upTo: last)
                position = last
            }
            if page.count < NoticeFeed.pageSize { return }
        }
    }

    /// After which position to read on; `nil` when nobody listens, and what was told is passed
    /// over.
    private func start() async throws -> Int64? {
        let (known, isHeard) = state.withLock { ($0.position, !$0.rooms.isEmpty) }
        if let known, isHeard { return known }
        let last = try await reader.span().last
        let (start, boards) = state.withLock { state -> (Int64?, [NoticeBoard]) in
            if state.rooms.isEmpty {
                state.position = last
                return (nil, [])
            }
            // Whoever has come meanwhile is told what came since.
            if let known = state.position { return (known, []) }
            state.position = last
            return (last, state.rooms.values.map(\.board))
        }
        for board in boards { board.begin(after: last) }
        return start
    }

    private func give(_ page: [ToldNotice], upTo position: Int64) {
        // A board that is made later begins after this page.
        let given = state.withLock { state in
            state.position = position
            return page.compactMap { told in
                state.rooms[told.addressee].map { ($0.board, told) }
            }
        }
        for (board, told) in given {
            board.put(PostedNotice(position: told.position, answer: wording.answer(told)))
        }
    }

    // MARK: - Listeners

    /// Everything that somebody is told after a position, in order, without an end.
    func listen(to addressee: Addressee, after position: Int64) -> NoticeListener {
        let (number, board) = state.withLock { state in
            state.nextNumber += 1
            let board =
                state.rooms[addressee]?.board
                ?? NoticeBoard(limit: NoticeFeed.boardLimit, after: state.position)
            state.rooms[addressee, default: Room(board: board)].listeners += 1
            return (state.nextNumber, board)
        }
        return NoticeListener(
            to: addressee, after: position, as: number, at: board, reader: reader,
            wording: wording
        ) { [weak self] in
            self?.leave(addressee)
        }
    }

    private func leave(_ addressee: Addressee) {
        state.withLock { state in
            guard var room = state.rooms[addressee] else { return }
            room.listeners -= 1
            state.rooms[addressee] = room.listeners > 0 ? room : nil
        }
    }

    /// How many listen.
    package var listeners: Int {
        state.withLock { $0.rooms.values.reduce(0) { $0 + $1.listeners } }
    }
}
