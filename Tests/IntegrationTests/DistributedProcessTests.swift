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
        for topic in ["backfill-jobs", "backfill-jobs.dlq", "backfill-progress"] {
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
            "BACKFILL_WORKER_JOBS": "2",
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
        program.environment = ["REDPANDA_BROKERS": cluster.servers]
        let rows = try Fixture.text(Fixture.spx).split(separator: "\n").prefix(300)
        let csv = try program.file("M.csv", rows.joined(separator: "\n") + "\n")
        let asking = try Running(
            program.process(["backfill", "--csv", csv, "--market", "M", "--distribute"]))
        // Put, and changed before anybody takes it.
        try await eventually {
            let listing = Process()
            listing.executableURL = URL(filePath: "/usr/bin/env")
            listing.arguments = [
                "kcat", "-b", cluster.servers, "-C", "-t", "backfill-jobs", "-e", "-q",
            ]
            return try await Program.finish(listing).output.contains("job_id")
        }
        _ = try program.file("M.csv", rows.dropLast().joined(separator: "\n") + "\n")
        let worker = try Running(program.process(["serve", "backfill-worker"]))
        let told = await asking.outcome()
        #expect(told.status == 1)
        #expect(told.output.contains("is another file here"), "\(told.output)")
        worker.signal(SIGTERM)
        #expect(await worker.outcome().status == 0)
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
