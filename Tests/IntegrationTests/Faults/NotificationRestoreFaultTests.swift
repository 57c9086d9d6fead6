import Foundation
import TestSupport
import Testing

/// A database older than the offsets that the broker keeps.
@Suite("A database restored beside a broker", .timeLimit(.minutes(15)))
struct NotificationRestoreFaultTests {
    /// Bars of which the backup knows.
    private static let kept = 155

    @Test(
        "who was told before the loss is told again, in order, and of nothing twice",
        arguments: [nil, Kill(point: "notice-reread", count: 3)])
    func restored(kill: Kill?) async throws {
        try await Turnstile.shared.pass {
            var stack = try await FaultStack(.mock())
            defer { stack.program.remove() }
            let (announced, due, lost, last) = try await lose(&stack)
            if let kill {
                var failing = stack.program
                failing.environment["BLOASIS_FAIL_POINT"] = kill.testDescription
                let outcome = await (try await Server.start(failing)).running.outcome()
                try #require(outcome.status == 128 + SIGKILL, "\(outcome.errors)")
            }
            let server = try await Server.start(stack.program)
            try await eventually(within: .seconds(150)) {
                try await server.inbox().reversed() == due
            }
            // Somebody who had heard of everything hears again of what was lost: other messages.
            let stream = try server.follow(lastEventID: last)
            #expect(await stream.output.wait(for: due[due.count - 1]))
            let metrics = try await server.get("/metrics").body
            let restored =
                metrics.firstMatch(of: /events_restored_total\{topic="regime-change"\} (\d+)/)
                .flatMap { Int($0.output.1) }
            // Those that were committed before the kill are not restored again.
            #expect(restored == (kill == nil ? lost : lost - 2))

            // What the market's own tables lack comes once more, and so do its announcements.
            try await stack.produce(FaultWorld.bars[Self.kept...], key: "SPX again")
            try await eventually(within: .seconds(150)) {
                try await Array(server.changes().dropFirst(announced)) == due
            }
            try await FaultWorld.caughtUp(server)
            let events = try await stack.events().count
            #expect(events == due.count + lost)
            try await eventually(within: .seconds(150)) {
                try await stack.program.rows(
                    of: """
                        SELECT sum(taken_offset + 1) FROM consumer_positions
                        WHERE topic = 'regime-change'
                        """) == ["\(events)"]
            }
            let inbox = Array(try await server.inbox().reversed())
            try await FaultWorld.end(server)
            let fault = "PostgreSQL restored" + (kill.map { ", kill -9 at \($0.point)" } ?? "")
            let streamed = await stream.outcome().output
            #expect(streamed.contains(#""answer":"replaying""#))
            #expect(Told.eventIDs(streamed) == Array(due.suffix(lost)))
            ToldMessages(inbox.map { ($0, $0) }, fault, "\(FaultStack.name): inbox")
                .expect(due, ordered: inbox)
        }
    }

    /// Has everybody told of everything, and gives the program the database of a while before.
    ///
    /// - Returns: how much was announced before, what was told, how much of it the database does
    ///   not know of, and the position of the last.
    private func lose(
        _ stack: inout FaultStack
    ) async throws -> (announced: Int, due: [String], lost: Int, last: String) {
        let first = try await Server.start(stack.program)
        let announced = try await first.changes().count
        try await stack.produce(FaultWorld.bars[..<Self.kept])
        try await stack.reached(Self.kept, first)
        let known = Array(try await first.changes().dropFirst(announced))
        try await eventually(within: .seconds(60)) {
            try await first.inbox().reversed() == known
        }
        try await FaultWorld.end(first)
        let backup = try await PostgresServer.shared.value
            .database(copying: stack.program.environment["DATABASE_URL"])

        let second = try await Server.start(stack.program)
        try await stack.produce(FaultWorld.bars[Self.kept...])
        try await FaultWorld.caughtUp(second)
        let due = Array(try await second.changes().dropFirst(announced))
        try await eventually(within: .seconds(60)) {
            try await second.inbox().reversed() == due
        }
        let last = try await second.lastPosition()
        try #require(last != "0")
        await second.kill()
        stack.program.environment["DATABASE_URL"] = backup
        let lost = due.count - known.count
        try #require(lost >= 3 && !known.isEmpty, "\(known.count) kept, \(lost) lost")
        return (announced, due, lost, last)
    }
}
