import Backends
import Contracts
import Foundation
import Market
import Ports
import TestSupport
import Testing

@Suite("The program on PostgreSQL", .serialized, .timeLimit(.minutes(5)))
struct PostgresProcessTests {
    /// The same program with its store in a database of its own.
    private func shared() async throws -> Program {
        var program = try Program.fresh()
        program.environment["DATABASE_URL"] = try await PostgresServer.shared.value.database()
        return program
    }

    private static let backfill = ["backfill", "--csv", Fixture.spx, "--market", "SPX", "--emit"]

    @Test("history, changes and the rest are those of the embedded store, byte for byte")
    func sameAnswers() async throws {
        let shared = try await shared()
        let embedded = try Program.fresh()
        defer {
            shared.remove()
            embedded.remove()
        }
        for arguments in [
            Self.backfill, Self.backfill, ["history", "--market", "SPX", "--json"],
            ["changes", "--market", "SPX", "--json"], ["watch", "--after", "0", "--count", "20"],
        ] {
            let mine = try await shared.run(arguments)
            let theirs = try await embedded.run(arguments)
            #expect(mine.status == 0, "\(arguments.first ?? ""): \(mine.errors)")
            #expect(mine.output == theirs.output)
        }
    }

    @Test("kill -9 in the middle of a backfill, then again: nothing lost, nothing doubled")
    func killed() async throws {
        let program = try await shared()
        let whole = try Program.fresh()
        defer {
            program.remove()
            whole.remove()
        }
        try await kill(program, at: 2_000)
        for program in [program, whole] {
            #expect(try await program.run(Self.backfill).status == 0)
        }
        for arguments in [
            ["history", "--market", "SPX", "--json"], ["changes", "--market", "SPX", "--json"],
        ] {
            let (mine, theirs) = (try await program.run(arguments), try await whole.run(arguments))
            #expect(mine.output == theirs.output)
        }
    }

    /// Kills a backfill as soon as a number of bars is committed.
    private func kill(_ program: Program, at bars: Int) async throws {
        let url = try #require(program.environment["DATABASE_URL"])
        let store = try await PostgresStore(url: url, wording: .standard) {
            Timestamp(nanoseconds: 0)
        }
        let running = try Running(program.process(Self.backfill))
        for await _ in store.regimes.commits() {
            let count = try await store.regimes.bars(SeriesQuery(Samples.series)).count
            if count >= bars { break }
        }
        running.signal(SIGKILL)
        #expect(await running.outcome().status == 128 + SIGKILL)
        await store.close()
    }

    @Test("a server that is not there is said so, without the password, and exits 4")
    func away() async throws {
        var program = try Program.fresh()
        defer { program.remove() }
        let port = try LoopbackPort.free()
        program.environment["DATABASE_URL"] =
            "postgresql://user:hunter2@127.0.0.1:\(port)/bloasis"
        let outcome = try await program.run("current", "--market", "SPX")
        #expect(outcome.status == 4)
        #expect(outcome.errors.contains("127.0.0.1:\(port)/bloasis"))
        #expect(!outcome.errors.contains("hunter2"))
    }
}
