import Backends
import Contracts
import Foundation
import Logging
import Market
import Notices
import Ports
import Regimes
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

@testable import Notification

/// Where what is on its way is kept.
enum DeliveryStore: String, CaseIterable {
    case memory
    case file
    case server
}

/// A store, a courier that does as it is told, and a clock that is moved by hand.
final class DeliveryWorld: Sendable {
    let store: any NoticeStore
    let time: ManualTime
    let courier: InMemoryCourier

    /// In memory.
    init(
        _ answer: @escaping @Sendable (InMemoryCourier.Sent) async throws -> DeliveryResult = {
            _ in .delivered
        }
    ) {
        courier = InMemoryCourier(answer)
        store = InMemoryNoticeStore()
        time = ManualTime(Told.start)
    }

    private init(
        in store: any NoticeStore, at time: ManualTime,
        _ answer: @escaping @Sendable (InMemoryCourier.Sent) async throws -> DeliveryResult
    ) {
        courier = InMemoryCourier(answer)
        self.store = store
        self.time = time
    }

    /// Runs a test in a world whose store goes with it.
    static func with(
        _ kind: DeliveryStore,
        _ answer: @escaping @Sendable (InMemoryCourier.Sent) async throws -> DeliveryResult,
        _ body: (DeliveryWorld) async throws -> Void
    ) async throws {
        let time = ManualTime(Told.start)
        switch kind {
        case .memory:
            try await body(DeliveryWorld(in: InMemoryNoticeStore(), at: time, answer))
        case .file:
            let folder = FileManager.default.temporaryDirectory.appending(
                path: "bloasis-deliveries-" + UUID().uuidString)
            defer { try? FileManager.default.removeItem(at: folder) }
            let path = folder.appending(path: "store.sqlite").path()
            let store = try EmbeddedStore(path: path, wording: .standard) { time.now }
            try await body(DeliveryWorld(in: store.notices, at: time, answer))
        case .server:
            let url = try await PostgresServer.shared.value.database()
            let store = try await PostgresStore(url: url, wording: .standard) { time.now }
            let outcome: Result<Void, any Error>
            do {
                outcome = .success(
                    try await body(DeliveryWorld(in: store.notices, at: time, answer)))
            } catch {
                outcome = .failure(error)
            }
            await store.close()
            try outcome.get()
        }
    }

    /// A worker with slots of its own.
    func deliveries(
        _ owner: String = "one", from store: (any WebhookStore)? = nil, random: Double = 0.5
    ) -> Deliveries {
        let time = time
        return Deliveries(
            from: store ?? self.store, by: NoticeCouriers(web: courier, mail: courier),
            wording: Told.wording, owner: owner,
            time: Deliveries.Time(
                now: { time.now }, random: { random },
                sleep: { duration in
                    try Task.checkCancellation()
                    // Between two looks nothing is waited for.
                    guard duration > Deliveries.shortestPause else { return await Task.yield() }
                    try await time.sleep(for: duration)
                }),
            logger: Logger(label: "deliveries") { _ in SwiftLogNoOpLogHandler() })
    }

    /// Runs a worker while `body` runs, and then kills it: nothing is waited for.
    func working(
        _ deliveries: Deliveries, _ body: () async throws -> Void
    ) async throws {
        let work = Task { try await deliveries.run() }
        try await carryOut(body) {
            work.cancel()
            _ = await work.result
        }
    }

    func tell(_ numbers: ClosedRange<Int>) async throws {
        for number in numbers {
            let notice = try Samples.notice(.normalBull, .crisis, sequence: Int64(number))
            _ = try await store.take(notice, at: time.now, by: .utc)
        }
    }

    func add(_ webhook: Webhook, of addressee: Addressee = .everyone) async throws {
        try await store.addWebhook(webhook, of: addressee, at: time.now)
    }

    /// So many of each of so many people, each with a number of its own.
    ///
    /// - Returns: how many.
    func add(_ count: Int, ofEachOf people: Int, from first: Int = 1) async throws -> Int {
        var number = first
        for person in 0..<people {
            let user = try #require(Addressee(text: "user\(person)"))
            _ = try await store.meet(user, at: time.now)
            for _ in 0..<count {
                try await add(try DeliveryWorld.webhook(number), of: user)
                number += 1
            }
        }
        return number - first
    }

    func webhook(_ number: Int) async throws -> Webhook? {
        try await store.webhooks(of: .everyone).first { $0.id.text == "wh_\(number)" }
    }

    /// What one webhook was sent, by the ids of the messages.
    func sent(to number: Int) -> [String] {
        courier.sent.filter { $0.host == "hook\(number).example" }.map(\.messageID)
    }

    static func webhook(_ number: Int) throws -> Webhook {
        try Told.webhook(number, url: "https://hook\(number).example/x")
    }
}

extension InMemoryCourier.Sent {
    var host: String {
        switch self {
        case .post(let post): post.host
        case .mail(let mail): mail.recipient
        }
    }

    var messageID: String {
        guard case .post(let post) = self else { return "" }
        return post.headers.first { $0.name == "webhook-id" }?.value ?? ""
    }
}

/// Holds up whoever comes until it is opened; who is cancelled goes on by an error.
final class Gate: Sendable {
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() {
        (stream, continuation) = AsyncStream.makeStream(of: Void.self)
    }

    func open() { continuation.finish() }

    func pass() async throws {
        for await _ in stream {}
        try Task.checkCancellation()
    }
}

/// A store that forgets, or is slow, where a test says so: when it writes what became of a message.
struct ForgetfulStore: WebhookStore {
    let store: any WebhookStore
    let finishing: @Sendable (Delivery) async throws -> Bool
    private let busy = Busy()

    /// What is being taken, and what was taken and is not finished.
    private final class Busy: Sendable {
        private let count = Mutex(0)
        var isNot: Bool { count.withLock { $0 == 0 } }
        func add(_ number: Int) { count.withLock { $0 += number } }
    }

    /// Whether nothing is under way of what was taken here: no lease runs out on it.
    var isIdle: Bool { busy.isNot }

    /// - Parameter finishing: whether it is written.
    init(
        _ store: any WebhookStore,
        finishing: @escaping @Sendable (Delivery) async throws -> Bool
    ) {
        self.store = store
        self.finishing = finishing
    }

    func addWebhook(
        _ webhook: Webhook, of addressee: Addressee, at instant: Timestamp
    ) async throws {
        try await store.addWebhook(webhook, of: addressee, at: instant)
    }

    func webhooks(of addressee: Addressee) async throws -> [Webhook] {
        try await store.webhooks(of: addressee)
    }

    func changeWebhook(
        _ id: WebhookID, of addressee: Addressee, at instant: Timestamp,
        _ change: @escaping @Sendable (inout Webhook) -> Void
    ) async throws -> Webhook? {
        try await store.changeWebhook(id, of: addressee, at: instant, change)
    }

    func removeWebhook(_ id: WebhookID, of addressee: Addressee) async throws -> Bool {
        try await store.removeWebhook(id, of: addressee)
    }

    func takeDeliveries(
        as owner: String, for term: LeaseTerm, from pool: DeliveryPool, limit: Int
    ) async throws -> [Delivery] {
        busy.add(1)
        defer { busy.add(-1) }
        let taken = try await store.takeDeliveries(
            as: owner, for: term, from: pool, limit: limit)
        busy.add(taken.count)
        return taken
    }

    /// One that fails is tried again.
    func finish(
        _ delivery: Delivery, as plan: DeliveryPlan, by owner: String, at instant: Timestamp
    ) async throws {
        if try await finishing(delivery) {
            try await store.finish(delivery, as: plan, by: owner, at: instant)
        }
        busy.add(-1)
    }

    func nextDelivery() async throws -> Timestamp? { try await store.nextDelivery() }

    func commits() -> AsyncStream<Void> { store.commits() }
}
