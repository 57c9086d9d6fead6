import Foundation
import TestSupport
import Testing

/// The program is killed between an event and whoever is told of it.
@Suite("kill -9 between event and person", .timeLimit(.minutes(15)))
struct NotificationFaultTests {
    /// Steps of every event, and of every message to a webhook. At the second the ledger is ahead
    /// of the group's offsets, whatever the log.
    static let kills = [
        "notice-received", "notice-committed", "notice-position-stored", "delivery-answered",
    ].map { Kill(point: $0, count: 2) }

    @Test("on the embedded log", arguments: kills)
    func embedded(kill: Kill) async throws {
        try await Turnstile.shared.pass {
            var program = try await FaultWorld.embedded()
            defer { program.remove() }
            program.environment.merge(WebhookReceiver.allowed) { $1 }
            let trial = try await NoticeTrial(program, told: true) {
                // Whoever sends to one that is killed is not answered, and sends again.
                try await FaultWorld.post(FaultWorld.bars[...], to: $0)
            }
            try await trial.kill(at: kill, stack: "embedded log")
        }
    }

    @Test("on a broker", arguments: kills)
    func broker(kill: Kill) async throws {
        try await Turnstile.shared.pass {
            var stack = try await FaultStack(.mock())
            defer { stack.program.remove() }
            stack.program.environment.merge(WebhookReceiver.allowed) { $1 }
            // What the head announced lies in another log.
            let trial = try await NoticeTrial(stack.program, told: false) { [stack] _ in
                // Once: what was taken from the topic is not sent again.
                if try await stack.events("market-bars").isEmpty {
                    try await stack.produce(FaultWorld.bars[...])
                }
            }
            try await trial.kill(at: kill, stack: FaultStack.name)
        }
    }
}

/// People who are told of the same changes in five ways, while the program dies.
private struct NoticeTrial {
    private let program: Program
    private let receiver: WebhookReceiver
    private let mailbox: MailReceiver
    /// What had been announced before, and how much of it was told.
    private let announced: Int
    private let told: Int
    /// The last position of that.
    private let last: String
    private let send: @Sendable (Server) async throws -> Void

    /// Somebody has an inbox, a webhook and a mailbox, and knows what happened before.
    ///
    /// - Parameter told: whether what was announced lies in the log.
    init(
        _ ready: Program, told: Bool, send: @escaping @Sendable (Server) async throws -> Void
    ) async throws {
        self.send = send
        receiver = try WebhookReceiver()
        mailbox = try MailReceiver()
        var program = ready
        program.environment.merge(mailbox.settings) { $1 }
        self.program = program
        let server = try await Server.start(program)
        let announced = try await server.changes()
        if told {
            try await eventually(within: .seconds(120)) {
                try await server.inbox().reversed() == announced
            }
        }
        self.announced = announced.count
        self.told = told ? announced.count : 0
        last = try await server.lastPosition()
        let made = try await receiver.register(at: server)
        try #require(made.status == 200, "\(made.body)")
        let mailed = try await server.post(
            "/v1/notifications/webhooks", #"{"url":"mailto:you@example.com"}"#)
        try #require(mailed.status == 200, "\(mailed.body)")
        try #require(try await server.stop() == 0)
    }

    func kill(at kill: Kill, stack: String) async throws {
        var failing = program
        failing.environment["BLOASIS_FAIL_POINT"] = kill.testDescription
        let first = try await Server.start(failing)
        let stream = try first.follow(lastEventID: last)
        let socket = try await listen(at: first, after: last)
        _ = try? await send(first)
        let outcome = await first.running.outcome()
        try #require(outcome.status == 128 + SIGKILL, "\(outcome.errors)")
        let seen = await stream.outcome().output
        let heard = await socket.outcome().output
        let answered = Set(receiver.posts.map(\.id)).union(mailbox.ids)
        let unwritten = answered.intersection(try await undelivered())

        let second = try await Server.start(program)
        let position = Told.lastID(seen)
        let rest = try second.follow(lastEventID: position ?? last)
        let talk = try await listen(
            at: second, after: NoticeTrial.said(heard).last?.id ?? last)
        try await send(second)
        try await FaultWorld.caughtUp(second)
        let due = Array(try await second.changes().dropFirst(announced))
        try #require(due.count >= 3)
        let end = due[due.count - 1]
        #expect(await rest.output.wait(for: end))
        #expect(await talk.output.wait(for: end))
        let positions = try await second.positions()
        // What was under way is sent again when its lease has run out.
        try await eventually(within: .seconds(150)) {
            Set(due).isSubset(of: receiver.posts.flatMap(\.eventIDs))
                && Set(due).isSubset(of: mailed(positions).map(\.event))
        }
        let inbox = Array(try await second.inbox().reversed().dropFirst(told))
        try await FaultWorld.end(second)
        let fault = "kill -9 at \(kill.testDescription)"
        ToldMessages(inbox.map { ($0, $0) }, fault, "\(stack): inbox").expect(due, ordered: inbox)
        let streamed = [seen, await rest.outcome().output].flatMap(NoticeTrial.messages)
        ToldMessages(streamed, fault, "\(stack): stream").expect(
            due, ordered: streamed.map(\.event))
        let spoken = NoticeTrial.said(heard + (await talk.outcome().output))
        ToldMessages(spoken, fault, "\(stack): websocket").expect(
            due, ordered: spoken.map(\.event))
        let posts = receiver.posts.flatMap { post in post.eventIDs.map { (post.id, $0) } }
        let webhook = ToldMessages(posts, fault, "\(stack): webhook")
        webhook.expect(due, ordered: nil)
        let mail = ToldMessages(mailed(positions), fault, "\(stack): mail")
        mail.expect(due, ordered: nil)
        // Only what was answered and not written comes twice.
        let repeated = webhook.repeated + mail.repeated
        #expect(Set(repeated) == unwritten, "\(fault) on \(stack)")
        #expect(repeated.count == unwritten.count)
        if kill.point == "delivery-answered" { #expect(!unwritten.isEmpty) }
    }

    /// What lies in the store to be delivered, by the ids of its messages.
    private func undelivered() async throws -> [String] {
        try await program.rows(
            of: """
                SELECT 'msg_' || webhook_id || '_' || coalesce(batch, position)
                FROM webhook_deliveries
                """)
    }

    private func listen(at server: Server, after position: String) async throws -> Running {
        let client = try await IndependentClient.start([
            IndependentClient.file("websocket.py"), "\(server.port)", position, "",
        ])
        #expect(await client.output.wait(for: #"{"type":"resumed""#))
        return client
    }

    /// Ids and events of the mails.
    private func mailed(_ events: [String: String]) -> [(id: String, event: String)] {
        mailbox.ids.compactMap { id in
            events[String(id.split(separator: "_").last ?? "")].map { (id, $0) }
        }
    }

    /// Positions and events of a socket.
    private static func said(_ text: String) -> [(id: String, event: String)] {
        text.split(separator: "\n").compactMap { line in
            guard line.hasPrefix(#"{"type":"notification","#),
                let id = line.firstMatch(of: /"notificationId":"(\d+)"/)?.output.1,
                let event = Told.eventIDs(String(line)).first
            else { return nil }
            return (String(id), event)
        }
    }

    /// Positions and events of a stream.
    private static func messages(_ text: String) -> [(id: String, event: String)] {
        text.components(separatedBy: "\n\n").compactMap { message in
            guard let id = message.firstMatch(of: /(?:^|\n)id: (\d+)\n/)?.output.1,
                let event = Told.eventIDs(message).first
            else { return nil }
            return (String(id), event)
        }
    }
}

/// What came of the changes on one way: messages by their ids, and the events that they tell of.
struct ToldMessages {
    private let messages: [(id: String, event: String)]
    private let fault: String
    private let place: String

    init(_ messages: [(String, String)], _ fault: String, _ place: String) {
        self.messages = messages.map { (id: $0.0, event: $0.1) }
        self.fault = fault
        self.place = place
    }

    /// Ids of what came again, each as often as it did.
    var repeated: [String] {
        var seen = Set<String>()
        return messages.map(\.id).filter { !seen.insert($0).inserted }
    }

    /// - Parameter ordered: events in the order in which they were told, without what came again.
    func expect(_ due: [String], ordered: [String]?) {
        let distinct = Dictionary(messages.map { ($0.id, $0.event) }) { first, _ in first }
        let lost = Set(due).subtracting(distinct.values).count
        let doubled = distinct.count - Set(distinct.values).count
        FaultTable.add(
            fault, on: place, due: due.count, deliveries: messages.count, lost: lost,
            doubled: doubled, repeats: repeated.count)
        #expect(lost == 0, "\(fault), \(place)")
        #expect(doubled == 0, "\(fault), \(place)")
        if let ordered { #expect(ordered == due, "\(fault), \(place): another order") }
    }
}
