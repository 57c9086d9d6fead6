import CEpoll
import Foundation
import Synchronization

/// Waits for all connections' sockets on one thread, which wakes whoever waits itself: no other
/// thread stands between the kernel and the waiting task.
final class SocketPoller: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// The end of the time that something may take.
    struct Deadline: Sendable {
        let limit: Duration
        fileprivate let instant: Instant

        init(after limit: Duration) {
            self.limit = limit
            instant = ContinuousClock.now.advanced(by: limit)
        }

        var hasPassed: Bool { instant <= ContinuousClock.now }
    }

    /// What a connection waits for.
    struct Interest: OptionSet, Sendable {
        let rawValue: Int
        static let reading = Interest(rawValue: 1)
        static let writing = Interest(rawValue: 2)

        fileprivate var events: UInt32 {
            var events = EPOLLONESHOT.rawValue
            if contains(.reading) { events |= EPOLLIN.rawValue | EPOLLRDHUP.rawValue }
            if contains(.writing) { events |= EPOLLOUT.rawValue }
            return events
        }
    }

    enum Outcome: Sendable {
        case ready
        /// The deadline has passed.
        case late
        case cancelled
        /// The kernel does not watch the socket.
        case failed(String)
    }

    private struct Waiter {
        let descriptor: Int32
        let deadline: Deadline?
        let continuation: CheckedContinuation<Outcome, Never>
    }

    private struct State {
        var waiters: [UInt64: Waiter] = [:]
        /// Those that were cancelled before they waited.
        var gone: Set<UInt64> = []
        var last = SocketPoller.timerToken
        /// When the timer goes off.
        var alarm: Instant?
    }

    private static let timerToken: UInt64 = 0
    /// Events taken from the kernel at once.
    private static let eventsPerTurn = 64
    /// Made when it is first needed; what kept it from being made may pass.
    private static let shared = Mutex<SocketPoller?>(nil)

    private let poll: Int32
    private let timer: Int32
    private let state = Mutex(State())

    private struct Refused: Error {
        let reason = String(cString: strerror(errno))
    }

    /// Lives as long as the process. Its timer keeps the time that the clock of deadlines does,
    /// which goes on while the machine sleeps.
    private init() throws(Refused) {
        poll = epoll_create1(Int32(EPOLL_CLOEXEC))
        let flags = Int32(TFD_CLOEXEC | TFD_NONBLOCK)
        timer = timerfd_create(CLOCK_BOOTTIME, flags)
        guard poll >= 0, timer >= 0, watch(timer, EPOLLIN.rawValue, token: Self.timerToken) else {
            let refused = Refused()
            for descriptor in [poll, timer] where descriptor >= 0 { close(descriptor) }
            throw refused
        }
        let thread = Thread { [self] in run() }
        thread.name = "postgres.sockets"
        thread.start()
    }

    // MARK: - Waiting

    /// Returns when the socket is ready for any of it, or the deadline has passed; from then on
    /// nothing watches the socket, and its owner may close it. One task waits for a socket at a
    /// time.
    static func wait(
        for interest: Interest, on descriptor: Int32, until deadline: Deadline? = nil
    ) async -> Outcome {
        let made = Result { () throws(Refused) in
            try shared.withLock { known throws(Refused) -> SocketPoller in
                if let known { return known }
                let poller = try SocketPoller()
                known = poller
                return poller
            }
        }
        switch made {
        case .success(let poller): return await poller.wait(interest, descriptor, deadline)
        case .failure(let refused): return .failed(refused.reason)
        }
    }

    private func wait(
        _ interest: Interest, _ descriptor: Int32, _ deadline: Deadline?
    ) async -> Outcome {
        let token = state.withLock { state in
            state.last += 1
            return state.last
        }
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let waiter = Waiter(
                    descriptor: descriptor, deadline: deadline, continuation: continuation)
                let early = add(waiter, interest, token)
                if let early { continuation.resume(returning: early) }
            }
        } onCancel: {
            leave(token)
        }
        state.withLock { _ = $0.gone.remove(token) }
        return outcome
    }

    /// What became of the waiter, when that is known already.
    private func add(_ waiter: Waiter, _ interest: Interest, _ token: UInt64) -> Outcome? {
        state.withLock { state in
            guard !state.gone.contains(token) else { return .cancelled }
            guard watch(waiter.descriptor, interest.events, token: token) else {
                return .failed(Refused().reason)
            }
            state.waiters[token] = waiter
            if let deadline = waiter.deadline { setAlarm(&state, deadline.instant) }
            return nil
        }
    }

    private func watch(_ descriptor: Int32, _ events: UInt32, token: UInt64) -> Bool {
        var event = epoll_event(events: events, data: epoll_data_t(u64: token))
        return epoll_ctl(poll, EPOLL_CTL_ADD, descriptor, &event) == 0
    }

    private func leave(_ token: UInt64) {
        let waiter = state.withLock { state in
            let waiter = take(token, from: &state)
            if waiter == nil { state.gone.insert(token) }
            return waiter
        }
        waiter?.continuation.resume(returning: .cancelled)
    }

    private func take(_ token: UInt64, from state: inout State) -> Waiter? {
        guard let waiter = state.waiters.removeValue(forKey: token) else { return nil }
        var event = epoll_event()
        epoll_ctl(poll, EPOLL_CTL_DEL, waiter.descriptor, &event)
        return waiter
    }

    // MARK: - The thread

    private func run() {
        var events = [epoll_event](repeating: epoll_event(), count: Self.eventsPerTurn)
        while true {
            let count = epoll_wait(poll, &events, Int32(events.count), -1)
            // Nothing but a signal ends it early: its arguments never change.
            for event in events.prefix(Int(max(0, count))) {
                event.data.u64 == Self.timerToken ? lookAtClock() : wake(event.data.u64)
            }
        }
    }

    private func wake(_ token: UInt64) {
        let waiter = state.withLock { take(token, from: &$0) }
        waiter?.continuation.resume(returning: .ready)
    }

    // MARK: - Deadlines

    /// One timer for all: it is set only when it would go off too late.
    private func setAlarm(_ state: inout State, _ due: Instant) {
        if let alarm = state.alarm, alarm <= due { return }
        state.alarm = due
        let (seconds, attoseconds) = max(.zero, ContinuousClock.now.duration(to: due)).components
        // Rounded up, and never nothing, which would stop the timer.
        var setting = itimerspec()
        setting.it_value.tv_sec = Int(seconds)
        setting.it_value.tv_nsec = min(999_999_999, Int(attoseconds / 1_000_000_000) + 1)
        timerfd_settime(timer, 0, &setting, nil)
    }

    private func lookAtClock() {
        var expirations: UInt64 = 0
        _ = read(timer, &expirations, MemoryLayout.size(ofValue: expirations))
        let late = state.withLock { state in
            state.alarm = nil
            let due = state.waiters.filter { $0.value.deadline?.hasPassed ?? false }
            let late = due.keys.compactMap { take($0, from: &state) }
            let next = state.waiters.values.compactMap(\.deadline?.instant).min()
            if let next { setAlarm(&state, next) }
            return late
        }
        for waiter in late { waiter.continuation.resume(returning: .late) }
    }
}
