import Contracts
import Synchronization

/// A notice as those who listen are told it: its forms are made once for all of them.
struct PostedNotice: Sendable {
    let position: Int64
    let answer: AnsweredMessage
}

/// What one person was told lately, for all of their listeners: each reads on from where it is, at
/// its own pace, and one that reads nothing costs nothing.
///
/// The board has everything that its person was told after a position, which rises as old notices
/// make room. Who is behind that finds the rest in the store.
final class NoticeBoard: Sendable {
    /// What there is for a listener.
    enum Next: Sendable {
        case notice(PostedNotice)
        /// The board does not reach back so far.
        case behind
    }

    fileprivate struct Waiting {
        let position: Int64
        let continuation: CheckedContinuation<Next?, Never>
    }

    fileprivate struct State {
        /// All that was told after this is here; `nil` until that is known.
        var floor: Int64?
        /// Oldest first.
        var notices: [PostedNotice] = []
        var waiting: [Int: Waiting] = [:]
    }

    private let limit: Int
    private let state: Mutex<State>

    /// - Parameters:
    ///   - limit: of the notices on it.
    ///   - floor: after which everything will be put here.
    init(limit: Int, after floor: Int64?) {
        self.limit = limit
        state = Mutex(State(floor: floor))
    }

    /// Where it begins.
    var floor: Int64? { state.withLock(\.floor) }

    /// Everything after a position will be put here: said once, before anything is.
    func begin(after floor: Int64) {
        let behind = state.withLock { state in
            state.floor = floor
            return state.takeWaiting { $0.position < floor }
        }
        for waiting in behind { waiting.continuation.resume(returning: .behind) }
    }

    /// - Parameter notice: later than those before it.
    func put(_ notice: PostedNotice) {
        let waiting = state.withLock { state in
            state.notices.append(notice)
            if state.notices.count > limit {
                state.floor = state.notices.removeFirst().position
            }
            return state.takeWaiting { $0.position < notice.position }
        }
        for waiting in waiting { waiting.continuation.resume(returning: .notice(notice)) }
    }

    /// The first after a position; waits until there is one. `nil` when the waiting task is
    /// cancelled.
    ///
    /// - Parameter listener: who asks; each asks for one at a time.
    func next(after position: Int64, for listener: Int) async -> Next? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let next = state.withLock { state -> Next?? in
                    if Task.isCancelled { return .some(nil) }
                    if let next = state.next(after: position) { return next }
                    state.waiting[listener] = Waiting(
                        position: position, continuation: continuation)
                    return nil
                }
                if let next { continuation.resume(returning: next) }
            }
        } onCancel: {
            let waiting = state.withLock { $0.waiting.removeValue(forKey: listener) }
            waiting?.continuation.resume(returning: nil)
        }
    }
}

extension NoticeBoard.State {
    fileprivate func next(after position: Int64) -> NoticeBoard.Next? {
        guard let floor else { return nil }
        if position < floor { return .behind }
        guard let last = notices.last, position < last.position else { return nil }
        // Most listeners wait for the last; who doesn't is at most a board behind.
        let first = notices.lastIndex { $0.position <= position }.map { $0 + 1 } ?? 0
        return .notice(notices[first])
    }

    fileprivate mutating func takeWaiting(
        _ isMeant: (NoticeBoard.Waiting) -> Bool
    ) -> [NoticeBoard.Waiting] {
        let taken = waiting.filter { isMeant($0.value) }
        if taken.count == waiting.count {
            // As many will wait again.
            waiting.removeAll(keepingCapacity: true)
        } else {
            for number in taken.keys { waiting[number] = nil }
        }
        return Array(taken.values)
    }
}
