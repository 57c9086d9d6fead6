import Foundation
import TestSupport
import Testing

@Suite("A backfill shared by processes", .serialized, .timeLimit(.minutes(15)))
struct DistributedProcessTests {
    private static let markets = (0..<12).map { "M\($0)" }

    /// A list of files, each another stretch of the SPX fixture.
    private func universe(in program: Program) throws -> String {
        let lines = try Fixture.text(Fixture.spx).split(separator: "\n")
        var list = "market,file\n"
        for (number, market) in Self.markets.enumerated() {
            let rows = lines[1...].dropFirst(number * 150).prefix(1_500)
            let text = ([lines[0]] + rows).joined(separator: "\n") + "\n"
            list += "\(market),\(try program.file("\(market).csv", text))\n"
        }
        return try program.file("universe.csv", list)
    }

    private func cluster() throws -> MockCluster {
        let cluster = try MockCluster()
        let topics = ["backfill-jobs", "backfill-jobs.dlq", "backfill-progress", "regime-change"]
        for topic in topics {
            cluster.makeTopic(topic, partitions: 6)
        }
        return cluster
    }

    @Test("two workers, one killed with SIGKILL in a job: the store says what one process writes")
    func killed() async throws {
        let cluster = try cluster()
        var program = try Program.fresh()
        let alone = try Program.fresh()
        defer {
            program.remove()
            alone.remove()
        }
        program.environment = [
            "DATABASE_URL": try await PostgresServer.shared.value.database(),
            "REDPANDA_BROKERS": cluster.servers, "KAFKA_SESSION_TIMEOUT_MS": "6000",
            "KAFKA_HEARTBEAT_INTERVAL_MS": "500", "KAFKA_FETCH_WAIT_MAX_MS": "20",
            "BACKFILL_WORKER_JOBS": "2", "BACKFILL_WORKER_FILES": program.home,
        ]
        let universe = try universe(in: program)
        let mortal = try Running(program.process(["serve", "backfill-worker"]))
        let heir = try Running(program.process(["serve", "backfill-worker"]))
        for worker in [mortal, heir] {
            #expect(await worker.errors.wait(for: "Waiting for jobs"))
        }
        let backfill = ["backfill", "--universe", universe]
        let asking = try Running(
            program.process(backfill + ["--distribute", "--json", "--silence-limit", "3m"]))
        #expect(await mortal.errors.wait(for: "Job begun"))
        mortal.signal(SIGKILL)
        let told = await asking.outcome()
        #expect(told.status == 0, "\(told.errors)")
        #expect(told.output.contains(#""done":12"#), "\(told.output)")
        #expect(await mortal.outcome().status == 128 + SIGKILL)
        // Once more: all of it is there.
        let again = try await program.run(backfill + ["--distribute", "--json"])
        #expect(again.output.contains(#""nothingNew":12"#), "\(again.output)\(again.errors)")
        heir.signal(SIGTERM)
        #expect(await heir.outcome().status == 0)
        #expect(try await alone.run(backfill).status == 0)
        try await expectSame(program, alone)
    }

    private func expectSame(_ program: Program, _ other: Program) async throws {
        for market in Self.markets {
            for verb in ["history", "changes"] {
                let arguments = [verb, "--market", market, "--json"]
                let mine = try await program.run(arguments)
                let theirs = try await other.run(arguments)
                #expect(mine.status == 0, "\(mine.errors)")
                #expect(mine.output == theirs.output, "\(verb) of \(market)")
            }
        }
    }

    @Test("a file that is another one at the worker fails its job, and the command")
    func anotherFile() async throws {
        let cluster = try cluster()
        var program = try Program.fresh()
        defer { program.remove() }
        program.environment = [
            "REDPANDA_BROKERS": cluster.servers, "BACKFILL_WORKER_FILES": program.home,
        ]
        let rows = try Fixture.text(Fixture.spx).split(separator: "\n").prefix(300)
        let csv = try program.file("M.csv", rows.joined(separator: "\n") + "\n")
        let asking = try Running(
            program.process(["backfill", "--csv", csv, "--market", "M", "--distribute"]))
        // Put, and changed before anybody takes it.
        try await eventually {
            try await !messages("backfill-jobs", of: cluster).isEmpty
        }
        _ = try program.file("M.csv", rows.dropLast().joined(separator: "\n") + "\n")
        let worker = try Running(program.process(["serve", "backfill-worker"]))
        let told = await asking.outcome()
        #expect(told.status == 1)
        #expect(told.output.contains("is another file here"), "\(told.output)")
        worker.signal(SIGTERM)
        #expect(await worker.outcome().status == 0)
        // What the other file holds is nobody's business.
        for message in try await messages("backfill-progress", of: cluster) {
            #expect(!message.contains("SHA") && !message.contains("bytes)"), "\(message)")
        }
    }

    /// What a topic holds, a line each.
    private func messages(_ topic: String, of cluster: MockCluster) async throws -> [Substring] {
        let listing = Process()
        listing.executableURL = URL(filePath: "/usr/bin/env")
        listing.arguments = ["kcat", "-b", cluster.servers, "-C", "-t", topic, "-e", "-q"]
        return try await Program.finish(listing).output.split(separator: "\n")
    }

    @Test("jobs may name files in the worker's folders, and links to such, and no others")
    func folders() async throws {
        let cluster = try cluster()
        var program = try Program.fresh()
        defer { program.remove() }
        let data = program.home + "/data"
        program.environment = [
            "REDPANDA_BROKERS": cluster.servers, "BLOASIS_MODEL": "rules",
            "BACKFILL_WORKER_FILES": data,
        ]
        let files = FileManager.default
        try files.createDirectory(atPath: data, withIntermediateDirectories: true)
        let rows =
            try Fixture.text(Fixture.spx).split(separator: "\n").prefix(300)
            .joined(separator: "\n") + "\n"
        let inside = try program.file("data/inside.csv", rows)
        let outside = try program.file("outside.csv", rows)
        let linked = data + "/linked.csv"
        let leading = data + "/leading.csv"
        try files.createSymbolicLink(atPath: linked, withDestinationPath: inside)
        try files.createSymbolicLink(atPath: leading, withDestinationPath: outside)
        let universe = try program.file(
            "universe.csv",
            "market,file\nIN,\(inside)\nLINKED,\(linked)\nLEADING,\(leading)\nOUT,\(outside)\n")
        let worker = try Running(program.process(["serve", "backfill-worker"]))
        #expect(await worker.errors.wait(for: "Waiting for jobs"))
        let told = try await program.run(
            "backfill", "--universe", universe, "--distribute", "--json", "--silence-limit", "3m")
        worker.signal(SIGTERM)
        #expect(await worker.outcome().status == 0)
        #expect(told.status == 1)
        #expect(told.output.contains(#""done":2"#), "\(told.output)")
        #expect(told.output.contains(#""failed":2"#), "\(told.output)")
        for path in [leading, outside] {
            #expect(
                told.output.contains("\(path) is no file that jobs may name here"),
                "\(told.output)")
        }
    }

    @Test("--emit: what workers announce is what one process announces, and is published once")
    func announced() async throws {
        let cluster = try cluster()
        var program = try Program.fresh()
        var alone = try Program.fresh()
        defer {
            program.remove()
            alone.remove()
        }
        alone.environment = ["BLOASIS_MODEL": "rules"]
        program.environment = [
            "DATABASE_URL": try await PostgresServer.shared.value.database(),
            "REDPANDA_BROKERS": cluster.servers, "BLOASIS_MODEL": "rules",
            "BACKFILL_WORKER_FILES": program.home,
        ]
        let backfill = ["backfill", "--universe", try universe(in: program), "--emit", "--json"]
        let expected = try json(try await alone.run(backfill))
        let count = try #require(expected["announced"] as? Int)
        #expect(count > Self.markets.count)
        #expect(try json(try await alone.run(backfill))["announced"] as? Int == 0)

        let worker = try Running(program.process(["serve", "backfill-worker"]))
        #expect(await worker.errors.wait(for: "Waiting for jobs"))
        let distributed = backfill + ["--distribute", "--silence-limit", "3m"]
        for announced in [count, 0] {
            let told = try await program.run(distributed)
            #expect(told.status == 0, "\(told.errors)")
            #expect(try json(told)["announced"] as? Int == announced)
            // The worker's relay may still be at it.
            try await eventually {
                try await messages("regime-change", of: cluster).count >= count
            }
            let published = try await messages("regime-change", of: cluster)
            #expect(published.count == count && Set(published).count == count)
        }
        worker.signal(SIGTERM)
        #expect(await worker.outcome().status == 0)
        try await expectSame(program, alone)
    }

    private func json(_ outcome: Program.Outcome) throws -> [String: Any] {
        try #require(
            try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
    }

    @Test("without brokers both say so before anything is done")
    func noBrokers() async throws {
        let program = try Program.fresh()
        defer { program.remove() }
        for arguments in [
            ["serve", "backfill-worker"],
            ["backfill", "--csv", Fixture.spx, "--market", "SPX", "--distribute"],
        ] {
            let outcome = try await program.run(arguments)
            #expect(outcome.status == 2)
            #expect(outcome.errors.contains("REDPANDA_BROKERS"), "\(outcome.errors)")
        }
    }
}
