import Contracts
import Ports
import Synchronization

/// One listener's place in what one person is told. Asked by one task at a time.
///
/// No actor: of each notice, thousands come here at once, and each would change threads twice.
final class NoticeListener: Sendable {
    private struct Place {
        /// Everything up to here was given, but for the page.
        var position: Int64
        /// Read from the store, not given yet; oldest first.
        var page: ArraySlice<ToldNotice> = []
        /// Said before any notice.
        var word: AnsweredMessage?
    }

    private let addressee: Addressee
    private let number: Int
    private let board: NoticeBoard
    private let reader: any NoticeReader
    private let wording: NotificationWording
    private let leave: @Sendable () -> Void
    private let place: Mutex<Place>

    static let pageSize = 100

    /// - Parameters:
    ///   - number: no other listener's.
    ///   - leave: called when it is given up.
    init(
        to addressee: Addressee, after position: Int64, as number: Int, at board: NoticeBoard,
        reader: any NoticeReader, wording: NotificationWording,
        leave: @escaping @Sendable () -> Void
    ) {
        self.addressee = addressee
        place = Mutex(Place(position: position))
        self.number = number
        self.board = board
        self.reader = reader
        self.wording = wording
        self.leave = leave
    }

    deinit { leave() }

    /// Whether something was told already after the position that it begins at.
    func hasMissed() async throws -> Bool {
        try await readOn(after: place.withLock(\.position))
        return place.withLock { !$0.page.isEmpty }
    }

    /// What is said first.
    func begin(with word: AnsweredMessage) {
        place.withLock { $0.word = word }
    }

    /// The next; `nil` once the asking task is cancelled.
    func next() async throws -> AnsweredMessage? {
        if let word = place.withLock({ $0.word.take() }) { return word }
        while true {
            let (read, position) = place.withLock { ($0.page.popFirst(), $0.position) }
            if let read { return wording.answer(read) }
            switch await board.next(after: position, for: number) {
            case nil: return nil
            case .behind: try await readOn(after: position)
            case .notice(let posted):
                place.withLock { $0.position = posted.position }
                return posted.answer
            }
        }
    }

    private func readOn(after position: Int64) async throws {
        // What the board has is asked for first: all that was told before that is in the store.
        let floor = board.floor
        let page = try await reader.told(
            to: addressee, after: position, limit: NoticeListener.pageSize)
        let last = page.last?.position ?? position
        place.withLock { place in
            place.page = page[...]
            place.position =
                page.count < NoticeListener.pageSize ? max(last, floor ?? last) : last
        }
    }
}
