import Foundation
import TestSupport
import Testing

@Suite("Models that are promoted", .serialized, .timeLimit(.minutes(5)))
struct PromotionProcessTests {
    private func verify(_ program: Program) async throws {
        let outcome = try await program.run("verify", "--market", "SPX")
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        #expect(outcome.output.contains("the same, bit for bit"), "\(outcome.output)")
    }

    private func kinds(_ program: Program) async throws -> [String] {
        let outcome = try await program.run("models", "--market", "SPX", "--json")
        return outcome.output.matches(of: /"kind":"([a-z_]+)"/).map { String($0.output.1) }
    }

    @Test(
        "on the store, beside a server that is told of it by its next bar",
        arguments: [false, true])
    func promoted(onPostgres: Bool) async throws {
        let program = try await Program.fresh(onPostgres: onPostgres)
        defer { program.remove() }
        try await program.announce(lines: 900)
        let before = try await program.run("history", "--market", "SPX", "--json").output
        let server = try await Server.start(program)
        let promoted = try await program.run(
            "models", "promote", "--market", "SPX", "--model", "rules")
        #expect(promoted.status == 0, "\(promoted.errors)")
        #expect(promoted.output.contains("rules answers, and no more hmm"), "\(promoted.output)")
        #expect(try await program.run("history", "--market", "SPX", "--json").output == before)

        // The configuration still names what the series began with.
        try await program.announce(lines: 1_300)
        let after = try await program.run("history", "--market", "SPX", "--json").output
        #expect(after.contains("which was promoted"))
        #expect(try await kinds(program).contains("rules"))
        let served = try await server.get("/v1/market-regime/models?market=SPX").body
        #expect(served.contains(#""kind":"rules""#), "\(served)")
        try await verify(program)

        let back = try await program.run("models", "rollback", "--market", "SPX")
        #expect(back.status == 0 && back.output.contains("hmm answers, and no more rules"))
        try await program.announce(lines: 1_700)
        try await verify(program)
        #expect(try await server.stop() == 0)

        for (arguments, status, said) in [
            (["promote", "--market", "SPX", "--model", "hmm"], 1, "answers for SPX/1d already"),
            (["promote", "--market", "SPX"], 1, "nothing runs beside"),
            (["shadow", "--market", "SPX"], 2, "what is to run beside: --model"),
            (["promote", "--market", "NDX", "--model", "jump"], 3, "not registered"),
            (
                ["rollback", "--market", "SPX", "--model", "jump"], 2,
                "--model is for promote and shadow"
            ),
            (["rollback", "--market", "SPX", "--server", "http://x"], 2, "works on the store"),
        ] {
            let outcome = try await program.run(["models"] + arguments)
            #expect(outcome.status == Int32(status), "\(arguments): \(outcome.errors)")
            #expect(outcome.errors.contains(said), "\(arguments): \(outcome.errors)")
        }
    }

    @Test(
        "one runs beside a server: it is compared, told, listed, promoted",
        arguments: [false, true])
    func beside(onPostgres: Bool) async throws {
        let program = try await Program.fresh(onPostgres: onPostgres)
        defer { program.remove() }
        try await program.announce(lines: 1_300)
        let begun = try await program.run(
            "models", "shadow", "--market", "SPX", "--model", "rules")
        #expect(begun.status == 0, "\(begun.errors)")
        #expect(begun.output.contains("rules runs beside hmm"), "\(begun.output)")
        let none = try await program.run("models", "disagreements", "--market", "SPX")
        #expect(none.status == 0, "\(none.errors)")
        #expect(none.output.contains("it was asked about no bar yet"), "\(none.output)")

        try await program.announce(lines: 1_700)
        let listed = try await program.run("models", "disagreements", "--market", "SPX", "--json")
        #expect(listed.status == 0, "\(listed.errors)")
        let bars = listed.output.matches(of: /"asOf":/).count
        #expect(bars > 0)
        let server = try await Server.start(program)
        let served = try await server.get("/v1/market-regime/disagreements?market=SPX").body
        #expect(served.contains(#""bars":"400""#), "\(served.suffix(200))")
        #expect(served.contains(#""disagreed":"\#(bars)""#), "\(served.suffix(200))")
        let remote = try await program.run(
            "models", "disagreements", "--market", "SPX", "--json", "--server",
            server.url("").absoluteString)
        #expect(remote.output == listed.output)
        #expect(try await server.stop() == 0)
        try await verify(program)

        let promoted = try await program.run("models", "promote", "--market", "SPX")
        #expect(promoted.output.contains("rules answers, and no more hmm"), "\(promoted.output)")
        let ended = try await program.run("models", "unshadow", "--market", "SPX")
        #expect(ended.status == 1 && ended.errors.contains("nothing runs beside"))
        try await program.announce(lines: 1_800)
        try await verify(program)
    }
}
