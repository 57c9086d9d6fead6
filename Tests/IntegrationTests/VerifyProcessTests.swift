import Foundation
import TestSupport
import Testing

@Suite("The program verifies what it wrote", .serialized, .timeLimit(.minutes(10)))
struct VerifyProcessTests {
    private static let backfill = ["backfill", "--csv", Fixture.spx, "--market", "SPX"]

    private func expectClean(_ program: Program) async throws {
        #expect(try await program.run(Self.backfill).status == 0)
        let clean = try await program.run("verify", "--market", "SPX")
        #expect(clean.status == 0, "\(clean.output)\(clean.errors)")
        #expect(clean.output.contains("5,031 answers"))
        #expect(clean.output.contains("the same, bit for bit"))
    }

    /// What is said of a stored value with one bit more or less, planted in March 2009.
    private func expectFound(_ program: Program, _ part: String) async throws {
        let found = try await program.run("verify", "--market", "SPX", "--json")
        #expect(found.status == 5)
        #expect(found.output.contains(#""differenceCount":1"#))
        let narrow = try await program.run(
            "verify", "--market", "SPX", "--from", "2009-03-01", "--to", "2009-04-01")
        #expect(narrow.status == 5)
        let line = narrow.output.split(separator: "\n").first.map(String.init) ?? ""
        #expect(line.hasPrefix("SPX/1d 2009-03-09T20:00:00Z \(part): stored "), "\(line)")
        let elsewhere = try await program.run("verify", "--from", "2010-01-01")
        #expect(elsewhere.status == 0)
    }

    @Test("on SQLite: clean, and one planted bit is found")
    func embedded() async throws {
        let program = try Program.fresh()
        defer { program.remove() }
        try await expectClean(program)
        try SchemaTampering.flipVolatilityBit(program.home + "/store/bloasis.sqlite")
        try await expectFound(program, "indicators.volatility_21")
    }

    @Test("on PostgreSQL: clean, and one planted bit is found")
    func shared() async throws {
        var program = try Program.fresh()
        defer { program.remove() }
        let url = try await PostgresServer.shared.value.database()
        program.environment["DATABASE_URL"] = url
        try await expectClean(program)
        // As an operator would: psql, and the next double after the stored one.
        let psql = Process()
        psql.executableURL = URL(filePath: "/usr/bin/env")
        psql.arguments = [
            "psql", "-q", "-v", "ON_ERROR_STOP=1", url, "-c", SchemaTampering.postgres,
        ]
        #expect(try await Program.finish(psql).status == 0)
        try await expectFound(program, "indicators.volatility_21")
    }

    @Test("a running service finds the planted bit by itself")
    func running() async throws {
        let program = try Program.fresh()
        defer { program.remove() }
        #expect(try await program.run(Self.backfill).status == 0)
        try SchemaTampering.flipVolatilityBit(program.home + "/store/bloasis.sqlite")
        let server = try await Server.start(program, service: "market-regime")
        #expect(await server.running.errors.wait(for: "Stored answers differ"))
        try await eventually {
            try await server.get("/metrics").body.contains("\nverification_differences 1\n")
        }
        #expect(try await server.get("/metrics").body.contains("\nverification_bars 5031\n"))
        #expect(try await server.stop() == 0)
    }

    @Test("nothing to verify is said, and exits 3")
    func nothing() async throws {
        let program = try Program.fresh()
        defer { program.remove() }
        let outcome = try await program.run("verify")
        #expect(outcome.status == 3)
        #expect(outcome.errors.contains("backfill one first"))
    }
}
