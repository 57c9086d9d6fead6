import Hosting
import Logging
import Market
import Notices
import Ports
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

@testable import Notification

@Suite("Deliveries", .timeLimit(.minutes(5)))
struct DeliveriesTests {
    private static let failure = DeliveryResult.failed(
        reason: "it answers 500", retryAfterSeconds: nil)

    private func ids(_ number: Int, _ positions: ClosedRange<Int>) -> [String] {
        positions.map { "msg_wh_\(number)_\($0)" }
    }

    @Test("what somebody is told goes to each of their webhooks, once and in order")
    func order() async throws {
        let world = DeliveryWorld()
        try await world.add(try DeliveryWorld.webhook(1))
        try await world.add(try DeliveryWorld.webhook(2))
        try await world.tell(1...2)
        try await world.working(world.deliveries()) {
            try await eventually { world.courier.sent.count == 4 }
            try await world.tell(3...5)
            try await eventually { try await world.store.nextDelivery() == nil }
        }
        #expect(world.sent(to: 1) == ids(1, 1...5))
        #expect(world.sent(to: 2) == ids(2, 1...5))
    }

    @Test("only so many are under way at the same time")
    func bounded() async throws {
        let gate = Gate()
        let world = DeliveryWorld { _ in
            try await gate.pass()
            return .delivered
        }
        let slots = Deliveries.slots - Deliveries.failingSlots
        let people = slots / DeliveryPage.personLimit + 1
        let number = try await world.add(DeliveryPage.personLimit + 1, ofEachOf: people)
        try await world.working(world.deliveries()) {
            try await world.tell(1...1)
            try await eventually { world.courier.sent.count == slots }
            gate.open()
            try await eventually {
                world.time.advance(bySeconds: 1)
                return try await world.store.nextDelivery() == nil
            }
        }
        #expect(world.courier.sent.count == number)
        #expect(Set(world.courier.sent.map(\.messageID)).count == world.courier.sent.count)
    }

    @Test("who does not answer delays nobody else")
    func hanging() async throws {
        let world = DeliveryWorld { sent in
            if sent.host == "hook2.example" { try await Gate().pass() }
            return .delivered
        }
        for number in 1...3 { try await world.add(try DeliveryWorld.webhook(number)) }
        try await world.tell(1...3)
        try await world.working(world.deliveries()) {
            try await eventually {
                world.sent(to: 1).count == 3 && world.sent(to: 3).count == 3
            }
        }
        #expect(world.sent(to: 2) == ids(2, 1...1))
    }

    @Test("however many of other people's webhooks hang, whoever answers is told at once")
    func fair() async throws {
        let world = DeliveryWorld { sent in
            guard sent.host != "hook1.example" else { return .delivered }
            try await Gate().pass()
            return .delivered
        }
        _ = try await world.add(WebhookError.countLimit, ofEachOf: 10, from: 2)
        // The last by name, by age and by number.
        let zoe = try #require(Addressee(text: "zoe"))
        _ = try await world.store.meet(zoe, at: world.time.now)
        try await world.add(try DeliveryWorld.webhook(1), of: zoe)
        try await world.working(world.deliveries()) {
            try await world.tell(1...3)
            try await eventually { world.sent(to: 1).count == 3 }
        }
        #expect(world.courier.sent.count <= 3 + 10 * DeliveryPage.personLimit)
    }

    @Test("those that failed before delay none that answers, however many there are")
    func failing() async throws {
        let isHanging = Mutex(false)
        let hung = Mutex(0)
        let world = DeliveryWorld { sent in
            guard sent.host != "hook1.example" else { return .delivered }
            guard isHanging.withLock({ $0 }) else { return DeliveriesTests.failure }
            hung.withLock { $0 += 1 }
            try await Gate().pass()
            return .delivered
        }
        // More people than there are slots for.
        let people = Deliveries.slots + 1
        _ = try await world.add(1, ofEachOf: people, from: 2)
        let zoe = try #require(Addressee(text: "zoe"))
        _ = try await world.store.meet(zoe, at: world.time.now)
        try await world.add(try DeliveryWorld.webhook(1), of: zoe)
        try await world.working(world.deliveries()) {
            try await world.tell(1...1)
            try await eventually {
                world.time.advance(bySeconds: 1)
                return world.courier.sent.count >= people + 1
            }
            isHanging.withLock { $0 = true }
            // All are tried again, as many as may be, and hang.
            try await eventually {
                world.time.advance(bySeconds: 1)
                return hung.withLock { $0 } == Deliveries.failingSlots
            }
            try await world.tell(2...4)
            try await eventually { world.sent(to: 1).count == 4 }
        }
    }

    @Test("what failed comes again after its pause, with the same id, before what is behind it")
    func again() async throws {
        let failures = Mutex(2)
        let world = DeliveryWorld { _ in
            failures.withLock { left in
                left -= 1
                return left >= 0 ? DeliveriesTests.failure : .delivered
            }
        }
        try await world.add(try DeliveryWorld.webhook(1))
        try await world.tell(1...2)
        try await world.working(world.deliveries()) {
            try await eventually { world.time.alarms.contains { $0 <= world.seconds(5) } }
            #expect(world.courier.sent.count == 1)
            world.time.advance(bySeconds: 5)
            try await eventually { world.courier.sent.count == 2 }
            try await eventually { world.time.alarms.contains { $0 <= world.seconds(20) } }
            world.time.advance(bySeconds: 20)
            try await eventually { try await world.store.nextDelivery() == nil }
        }
        #expect(world.sent(to: 1) == ["msg_wh_1_1", "msg_wh_1_1", "msg_wh_1_1", "msg_wh_1_2"])
        #expect(try await world.webhook(1)?.failures == 0)
    }

    @Test("who wants nothing any more is sent nothing any more")
    func refused() async throws {
        let world = DeliveryWorld { _ in .refused(reason: "it answers 410") }
        try await world.add(try DeliveryWorld.webhook(1))
        try await world.tell(1...3)
        try await world.working(world.deliveries()) {
            try await eventually { try await world.webhook(1)?.isEnabled == false }
        }
        #expect(world.courier.sent.count == 1)
        #expect(try await world.webhook(1)?.problem == "it answers 410")
    }

    @Test("while this server cannot send nobody's webhook is disabled, and then all arrives")
    func unable() async throws {
        let isUnable = Mutex(true)
        let world = DeliveryWorld { _ in
            isUnable.withLock { $0 } ? .unable(reason: "it says 535 to AUTH") : .delivered
        }
        try await world.add(try DeliveryWorld.webhook(1))
        try await world.tell(1...2)
        let often = 2 * DeliveryPlan.attemptsLimit * DeliveryPlan.failuresLimit
        try await world.working(world.deliveries()) {
            try await eventually {
                world.time.advance(bySeconds: DeliveryPlan.postponedSeconds)
                return world.courier.sent.count > often
            }
            #expect(try await world.webhook(1)?.failures == 0)
            isUnable.withLock { $0 = false }
            try await eventually {
                world.time.advance(bySeconds: DeliveryPlan.postponedSeconds)
                return try await world.store.nextDelivery() == nil
            }
        }
        #expect(try await world.webhook(1)?.isEnabled == true)
        #expect(Set(world.sent(to: 1)).count == 2)
    }

    @Test("mail without a mail server fails, and says why")
    func noMail() async throws {
        let result = try await NoticeCouriers(web: InMemoryCourier(), mail: nil).bring(
            WebhookContent(testing: WebhookID("wh_1"), id: "msg_test", at: Told.start),
            to: try Told.webhook(1, .mail, url: "mailto:a@example.org"), at: Told.start)
        guard case .unable(let reason) = result else {
            Issue.record("\(result)")
            return
        }
        #expect(reason.contains("SMTP_HOST"))
    }

    // MARK: - Crashes

    @Test(
        "killed between the answer and the commit, it is sent again, with its id, after the lease")
    func killed() async throws {
        let world = DeliveryWorld()
        try await world.add(try DeliveryWorld.webhook(1))
        try await world.add(try DeliveryWorld.webhook(2))
        try await world.tell(1...2)
        let doomed = ForgetfulStore(world.store) { delivery in
            // As of one that dies before it writes, for one of the webhooks.
            delivery.webhook.id.text != "wh_1"
        }
        try await world.working(world.deliveries("one", from: doomed)) {
            try await eventually { world.courier.sent.count == 3 }
        }
        try await world.working(world.deliveries("two")) {
            world.time.advance(bySeconds: Deliveries.leaseSeconds - 1)
            try await eventually { !world.time.alarms.isEmpty }
            #expect(world.courier.sent.count == 3)
            world.time.advance(bySeconds: 1)
            try await eventually { try await world.store.nextDelivery() == nil }
        }
        #expect(world.sent(to: 1) == ["msg_wh_1_1", "msg_wh_1_1", "msg_wh_1_2"])
        #expect(world.sent(to: 2) == ids(2, 1...2))
    }

    @Test("a store that is away for a while when it is told costs no repetition")
    func storeAway() async throws {
        let failures = Mutex(Deliveries.writeAttempts - 1)
        let world = DeliveryWorld()
        let store = ForgetfulStore(world.store) { _ in
            let fails = failures.withLock { left in
                left -= 1
                return left >= 0
            }
            if fails {
                throw StoreError(
                    .unavailable, location: "store", detail: "it is away", advice: "Wait.")
            }
            return true
        }
        try await world.add(try DeliveryWorld.webhook(1))
        try await world.tell(1...1)
        try await world.working(world.deliveries(from: store)) {
            try await eventually {
                world.time.advance(bySeconds: 1)
                return try await world.store.nextDelivery() == nil
            }
        }
        #expect(world.sent(to: 1) == ids(1, 1...1))
    }

    @Test("a shutdown waits for what is under way, and takes nothing more")
    func drained() async throws {
        let gate = Gate()
        let world = DeliveryWorld { _ in
            try await gate.pass()
            return .delivered
        }
        try await world.add(try DeliveryWorld.webhook(1))
        try await world.tell(1...2)
        let group = world.group(world.deliveries())
        let run = Task { try await group.run() }
        try await eventually { world.courier.sent.count == 1 }
        await group.triggerGracefulShutdown()
        try await eventually { world.time.alarms.contains(world.seconds(3)) }
        gate.open()
        try await run.value
        #expect(world.sent(to: 1) == ids(1, 1...1))
        // The second one is free at once.
        #expect(try await world.store.nextDelivery() == world.time.now)
    }

    @Test(
        "a shutdown gives up waiting, and whoever comes next sends it again at once",
        arguments: DeliveryStore.allCases)
    func abandoned(kind: DeliveryStore) async throws {
        let isHanging = Mutex(true)
        try await DeliveryWorld.with(kind) { _ in
            if isHanging.withLock({ $0 }) { try await Gate().pass() }
            return .delivered
        } _: { world in
            try await world.add(try DeliveryWorld.webhook(1))
            try await world.tell(1...1)
            let group = world.group(world.deliveries())
            let run = Task { try await group.run() }
            try await eventually { world.courier.sent.count == 1 }
            await group.triggerGracefulShutdown()
            try await eventually { world.time.alarms.contains(world.seconds(3)) }
            world.time.advance(bySeconds: 3)
            try await run.value
            #expect(try await world.store.nextDelivery() == world.time.now)
            isHanging.withLock { $0 = false }
            try await world.working(world.deliveries("two")) {
                try await eventually { try await world.store.nextDelivery() == nil }
            }
            #expect(world.sent(to: 1) == ["msg_wh_1_1", "msg_wh_1_1"])
        }
    }

    // MARK: - Whatever happens

    @Test(
        "whatever fails, all arrive in order, and only what failed or was forgotten comes twice",
        arguments: DeliveryStore.allCases, 0..<8)
    func anything(kind: DeliveryStore, seed: UInt64) async throws {
        let faults = Faults(seed)
        try await DeliveryWorld.with(kind) { sent in
            let isAlone = faults.begin(sent.host)
            #expect(isAlone, "two messages at a time to \(sent.host)")
            await Task.yield()
            return faults.end(sent) ? DeliveriesTests.failure : .delivered
        } _: { world in
            let store = ForgetfulStore(world.store) { faults.isWritten($0) }
            for number in 1...4 { try await world.add(try DeliveryWorld.webhook(number)) }
            let one = world.deliveries("one", from: store, random: faults.unit())
            try await world.working(one) {
                try await world.working(world.deliveries("two", from: store)) {
                    try await world.tell(1...6)
                    try await eventually {
                        // No lease ends before what is under way is written: a step is a third of
                        // one, for what is taken at this moment.
                        if store.isIdle { world.time.advance(bySeconds: 20) }
                        return try await world.store.nextDelivery() == nil
                    }
                }
            }
            for number in 1...4 {
                let sent = world.sent(to: number)
                let firsts = sent.reduce(into: [String]()) { if $0.last != $1 { $0.append($1) } }
                #expect(firsts == ids(number, 1...6), "\(seed)")
                let repeated = Set(sent.filter { id in sent.count { $0 == id } > 1 })
                #expect(repeated.isSubset(of: faults.mayRepeat), "\(seed)")
            }
        }
    }
}

/// What goes wrong, by chance, and what may come twice because of it.
private final class Faults: Sendable {
    private struct State {
        var generator: SplitMix64
        var underWay: [String: Int] = [:]
        var mayRepeat: Set<String> = []
    }

    private let state: Mutex<State>

    init(_ seed: UInt64) {
        state = Mutex(State(generator: SplitMix64(seed: seed)))
    }

    var mayRepeat: Set<String> { state.withLock { $0.mayRepeat } }

    func unit() -> Double { state.withLock { $0.generator.unit() } }

    /// - Returns: whether it is the only one to that host.
    func begin(_ host: String) -> Bool {
        state.withLock { state in
            state.underWay[host, default: 0] += 1
            return state.underWay[host] == 1
        }
    }

    /// - Returns: whether it fails.
    func end(_ sent: InMemoryCourier.Sent) -> Bool {
        state.withLock { state in
            state.underWay[sent.host, default: 0] -= 1
            guard state.generator.unit() < 0.3 else { return false }
            state.mayRepeat.insert(sent.messageID)
            return true
        }
    }

    func isWritten(_ delivery: Delivery) -> Bool {
        state.withLock { state in
            guard state.generator.unit() < 0.15 else { return true }
            state.mayRepeat.insert(delivery.id)
            return false
        }
    }
}

extension DeliveryWorld {
    fileprivate func seconds(_ count: Int64) -> Timestamp { time.now.advanced(bySeconds: count) }

    fileprivate func group(_ deliveries: Deliveries) -> ServiceGroup {
        ServiceGroup(
            services: [deliveries], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }
}
