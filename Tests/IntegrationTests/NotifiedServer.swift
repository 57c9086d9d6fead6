import Foundation
import Testing

/// What tests of notifications ask of the program.
enum Told {
    /// Events' ids in a text, in its order.
    static func eventIDs(_ text: String) -> [String] {
        text.matches(of: /"eventId":\s*"([0-9a-f]+)"/).map { String($0.output.1) }
    }

    /// Of the last event of a stream that has one.
    static func lastID(_ stream: String) -> String? {
        stream.matches(of: /\nid: (\d+)\n/).last.map { String($0.output.1) }
    }
}

extension Program {
    /// Announces one more stretch of the fixture.
    ///
    /// - Parameter lines: of all of it, the first included.
    func announce(lines: Int) async throws {
        let text = try Fixture.text(Fixture.spx).split(separator: "\n").prefix(lines)
        let csv = try file("more.csv", text.joined(separator: "\n") + "\n")
        let told = try await run("backfill", "--csv", csv, "--market", "SPX", "--emit")
        #expect(told.status == 0, "\(told.errors)")
    }
}

extension Program {
    /// What its store answers to a query of one column, read by an independent client.
    func rows(of query: String) async throws -> [String] {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        if let url = environment["DATABASE_URL"] {
            process.arguments = ["psql", "-qAt", "-v", "ON_ERROR_STOP=1", url, "-c", query]
        } else {
            process.arguments = [
                "python3", "-c",
                """
                import sqlite3, sys
                for row in sqlite3.connect(sys.argv[1]).execute(sys.argv[2]):
                    print(row[0])
                """, home + "/store/bloasis.sqlite", query,
            ]
        }
        let outcome = try await Program.finish(process)
        try #require(outcome.status == 0, "\(outcome.errors)")
        return outcome.output.split(separator: "\n").map(String.init)
    }
}

extension Server {
    /// The events that the inbox of everybody has, newest first.
    func inbox() async throws -> [String] {
        Told.eventIDs(try await get("/v1/notifications?page_size=1000").body)
    }

    /// The position of the last that everybody was told; 0 without one.
    func lastPosition() async throws -> String {
        try await get("/v1/notifications?page_size=1").body
            .firstMatch(of: /"notificationId":\s*"(\d+)"/).map { String($0.output.1) } ?? "0"
    }

    /// The events that the inbox of everybody has, by their positions.
    func positions() async throws -> [String: String] {
        let body = try await get("/v1/notifications?page_size=1000").body
        let ids = body.matches(of: /"notificationId":"(\d+)"/).map { String($0.output.1) }
        return Dictionary(zip(ids, Told.eventIDs(body))) { $1 }
    }

    /// The events of the changes that were announced, oldest first.
    func changes(token: String? = nil) async throws -> [String] {
        let path = "/v1/market-regime/changes?after=0&page_size=5000"
        return Told.eventIDs(try await get(path, token: token).body)
    }

    /// From now on somebody is told.
    func meet(_ user: String) async throws {
        let answer = try await post(
            "/v1/notifications/preferences", #"{"userId":"\#(user)","preferences":{}}"#,
            method: "PUT")
        #expect(answer.status == 200, "\(answer.body)")
    }

    /// Follows the stream of notifications as `curl -N` does.
    func follow(lastEventID: String? = nil) throws -> Running {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/curl")
        process.arguments =
            ["-sN", url("/v1/notifications/stream").absoluteString]
            + (lastEventID.map { ["-H", "Last-Event-ID: \($0)"] } ?? [])
        return try Running(process)
    }

    /// The same program on the same ports, once it serves again.
    func again(_ service: String? = nil) async throws -> Server {
        let running = try Running(program.process(["serve"] + (service.map { [$0] } ?? [])))
        #expect(await running.errors.wait(for: "Serving"))
        return Server(program: program, port: port, running: running)
    }

    /// Ends it as no operator does.
    func kill() async {
        running.signal(SIGKILL)
        _ = await running.outcome()
    }
}
