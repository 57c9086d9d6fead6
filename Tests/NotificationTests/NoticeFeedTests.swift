import Contracts
import Logging
import Market
import Notices
import Ports
import Synchronization
import TestSupport
import Testing

@testable import Notification

@Suite("What is told to those who listen", .timeLimit(.minutes(5)))
struct NoticeFeedTests {
    private let store: InMemoryNoticeStore
    private let reader: CountingReader

    init() {
        store = InMemoryNoticeStore()
        reader = CountingReader(store)
    }

    private func tell(_ number: Int) async throws {
        _ = try await store.take(Told.notice(number), at: Told.start, by: .utc)
    }

    /// Runs a feed, which knows where it begins, while something is done with it and what asks it.
    private func feeding(
        _ body: (NoticeFeed, NotificationQueries) async throws -> Void
    ) async throws {
        let feed = NoticeFeed(
            reader: reader, wording: Told.wording,
            logger: Logger(label: "feed") { _ in
                SwiftLogNoOpLogHandler()
            })
        let running = Task { try await feed.run() }
        defer { running.cancel() }
        try await eventually { reader.spans > 0 }
        let queries = NotificationQueries(
            reader: reader, people: store, feed: feed, wording: Told.wording, zones: .utc,
            now: { Told.start })
        try await body(feed, queries)
    }

    private func listen(
        _ queries: NotificationQueries, after: String = "", as user: String = ""
    ) async throws -> MessageStream {
        var request = Bloasis_Notification_StreamNotificationsRequest()
        request.after = after
        request.userID = user
        return try await queries.answerNotifications(request)
    }

    private func event(
        _ stream: MessageStream
    ) async throws -> (answer: AnsweredMessage, event: Bloasis_Notification_NotificationEvent) {
        let answer = try #require(try await stream.next())
        return (answer, try #require(answer.message as? Bloasis_Notification_NotificationEvent))
    }

    private func ids(_ stream: MessageStream, _ count: Int) async throws -> [String] {
        var ids: [String] = []
        while ids.count < count {
            ids.append(try await event(stream).event.notification.notificationID)
        }
        return ids
    }

    @Test("all listeners are given the same event, encoded once")
    func shared() async throws {
        try await feeding { _, queries in
            let streams = [try await listen(queries), try await listen(queries)]
            for stream in streams { #expect(try await event(stream).event.type == "resumed") }
            let encodings = Mutex(0)
            var told: [AnsweredMessage] = []
            try await tell(1)
            for stream in streams {
                let (answer, event) = try await event(stream)
                #expect(event.notification.notificationID == "1")
                _ = try answer.form { message in
                    encodings.withLock { $0 += 1 }
                    return try WireJSON.text(message)
                }
                told.append(answer)
            }
            #expect(told[0] === told[1])
            #expect(encodings.withLock(\.self) == 1)
        }
    }

    @Test(
        "a stream begins with what can be said of what was missed",
        arguments: [
            ("", "from_now"), ("0", "replaying"), ("2", "replaying"), ("3", "nothing_missed"),
            ("4", "incomplete"), ("\(Int64.max)", "incomplete"),
        ]
    )
    func resumption(after: String, answer: String) async throws {
        for number in 1...3 { try await tell(number) }
        try await feeding { _, queries in
            let stream = try await listen(queries, after: after)
            let begun = try await event(stream).event.resumed
            #expect(begun.answer == answer && begun.after == after && begun.last == "3")
            try await tell(4)
            let first = min(Int(after) ?? 3, 3) + 1
            #expect(try await ids(stream, 5 - first) == (first...4).map(String.init))
        }
    }

    @Test("who has missed nothing reads none of what was told, and who has reads it once")
    func reads() async throws {
        for number in 1...3 { try await tell(number) }
        try await feeding { _, queries in
            let fresh = try await listen(queries)
            let resumed = try await listen(queries, after: "3")
            for stream in [fresh, resumed] { _ = try await event(stream) }
            try await tell(4)
            for stream in [fresh, resumed] { #expect(try await ids(stream, 1) == ["4"]) }
            #expect(reader.pages == 0)
            let late = try await listen(queries, after: "1")
            _ = try await event(late)
            #expect(try await ids(late, 3) == ["2", "3", "4"])
            #expect(reader.pages == 1)
        }
    }

    @Test(
        "while nobody listens nothing is read of what is told, and who comes is told what follows")
    func unheard() async throws {
        for number in 1...3 { try await tell(number) }
        try await feeding { feed, queries in
            var stream: MessageStream? = try await listen(queries)
            for number in 4...5 { try await tell(number) }
            if let stream {
                _ = try await event(stream)
                #expect(try await ids(stream, 2) == ["4", "5"])
            }
            stream = nil
            try await eventually { feed.listeners == 0 }
            for (index, number) in [6, 7, 8].enumerated() {
                let (looks, spans) = (reader.looks, reader.spans)
                try await tell(number)
                try await eventually { reader.spans > spans }
                // With the first, what it had begun may still have been under way.
                #expect(index == 0 || reader.looks == looks)
            }
            let next = try await listen(queries)
            _ = try await event(next)
            try await tell(9)
            #expect(try await ids(next, 1) == ["9"])
        }
    }

    @Test("who reads slower than the board reaches has the rest from the store, once and in order")
    func slow() async throws {
        try await feeding { _, queries in
            let (slow, quick) = (try await listen(queries), try await listen(queries))
            for stream in [slow, quick] { _ = try await event(stream) }
            let count = 2 * NoticeFeed.boardLimit
            for number in 1...count {
                try await tell(number)
                #expect(try await ids(quick, 1) == ["\(number)"])
            }
            #expect(reader.pages == 0, "one that keeps up needs no store")
            #expect(try await ids(slow, count) == (1...count).map(String.init))
            #expect((1...6).contains(reader.pages), "\(reader.pages) pages")
        }
    }

    @Test("people are told what is theirs, and nobody's board stays")
    func people() async throws {
        try await feeding { feed, queries in
            var ann: MessageStream? = try await listen(queries, as: "ann")
            if let ann {
                _ = try await event(ann)
                _ = try await store.take(
                    Samples.notice(of: Samples.fill("f-1", user: "bob")), at: Told.start, by: .utc)
                _ = try await store.take(
                    Samples.notice(of: Samples.fill("f-2", user: "ann")), at: Told.start, by: .utc)
                let fill = try await event(ann).event.notification
                #expect(fill.userID == "ann" && fill.kind == NoticeKind.orderFilled.rawValue)
            }
            #expect(feed.listeners == 1)
            ann = nil
            try await eventually { feed.listeners == 0 }
        }
    }

    @Test("a cancelled listener's stream ends")
    func cancelled() async throws {
        try await feeding { _, queries in
            let stream = try await listen(queries)
            _ = try await event(stream)
            let waiting = Task { try await stream.next() == nil }
            waiting.cancel()
            #expect(try await waiting.value)
        }
    }
}

@Suite("A board of notices", .timeLimit(.minutes(5)))
struct NoticeBoardTests {
    private func notice(_ position: Int64) -> PostedNotice {
        PostedNotice(
            position: position,
            answer: AnsweredMessage(Bloasis_Notification_NotificationEvent()))
    }

    /// `nil`: the board does not reach back so far.
    private func position(
        _ board: NoticeBoard, after position: Int64, as listener: Int = 1
    ) async throws -> Int64? {
        switch try #require(await board.next(after: position, for: listener)) {
        case .notice(let posted): posted.position
        case .behind: nil
        }
    }

    @Test("both ends of it: what it has is given, and who asks for what was before is behind")
    func ends() async throws {
        let board = NoticeBoard(limit: 2, after: 5)
        for position: Int64 in [7, 9] { board.put(notice(position)) }
        #expect(board.floor == 5)
        #expect(try await position(board, after: 4) == nil)
        #expect(try await position(board, after: 5) == 7)
        #expect(try await position(board, after: 7) == 9)
        board.put(notice(10))
        #expect(board.floor == 7)
        #expect(try await position(board, after: 6) == nil)
        #expect(try await position(board, after: 7) == 9)
        #expect(try await position(board, after: 9) == 10)
    }

    @Test("before it is known where it begins everybody waits; then who is behind is told")
    func beginning() async throws {
        let board = NoticeBoard(limit: 2, after: nil)
        async let behind = position(board, after: 3)
        async let ahead = position(board, after: 8, as: 2)
        board.begin(after: 4)
        #expect(try await behind == nil)
        board.put(notice(6))
        board.put(notice(9))
        #expect(try await ahead == 9, "what it has had already is passed over")
    }
}

/// Counts what is read: pages for single listeners and for all, and spans.
private final class CountingReader: NoticeReader {
    private let store: InMemoryNoticeStore
    private let counts = Mutex((pages: 0, looks: 0, spans: 0))

    var pages: Int { counts.withLock(\.pages) }
    /// For all listeners together.
    var looks: Int { counts.withLock(\.looks) }
    /// Answered.
    var spans: Int { counts.withLock(\.spans) }

    init(_ store: InMemoryNoticeStore) {
        self.store = store
    }

    func told(
        to addressee: Addressee, after position: Int64, limit: Int
    ) async throws -> [ToldNotice] {
        counts.withLock { $0.pages += 1 }
        return try await store.told(to: addressee, after: position, limit: limit)
    }

    func told(after position: Int64, limit: Int) async throws -> [ToldNotice] {
        counts.withLock { $0.looks += 1 }
        return try await store.told(after: position, limit: limit)
    }

    func inbox(
        of addressee: Addressee, before position: Int64, unacknowledgedOnly: Bool, limit: Int
    ) async throws -> [ToldNotice] {
        try await store.inbox(
            of: addressee, before: position, unacknowledgedOnly: unacknowledgedOnly, limit: limit)
    }

    func span() async throws -> NoticeSpan {
        let span = try await store.span()
        counts.withLock { $0.spans += 1 }
        return span
    }

    func tally(of addressee: Addressee) async throws -> NoticeTally {
        try await store.tally(of: addressee)
    }

    func acknowledge(
        _ position: Int64, by addressee: Addressee, at instant: Timestamp
    ) async throws -> ToldNotice? {
        try await store.acknowledge(position, by: addressee, at: instant)
    }

    func acknowledge(
        through position: Int64, by addressee: Addressee, at instant: Timestamp
    ) async throws -> NoticeTally {
        try await store.acknowledge(through: position, by: addressee, at: instant)
    }

    func commits() -> AsyncStream<Void> { store.commits() }
}
