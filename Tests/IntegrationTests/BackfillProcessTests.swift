import Backends
import Contracts
import Foundation
import Market
import Ports
import TestSupport
import Testing

@Suite("The program's backfill, killed, repeated and cut", .serialized)
struct BackfillProcessTests {
    private static let series = Samples.series

    private func backfill(
        _ program: Program, _ csv: String = Fixture.spx
    ) async throws
        -> Program.Outcome
    {
        try await program.run("backfill", "--csv", csv, "--market", "SPX", "--json")
    }

    private func answers(_ program: Program) async throws -> [String] {
        let history = try await program.run("history", "--market", "SPX", "--json")
        let changes = try await program.run("changes", "--market", "SPX", "--json")
        #expect(history.status == 0)
        #expect(changes.status == 0)
        return [history.output, changes.output]
    }

    /// Kills a backfill as soon as a number of bars is committed.
    private func killed(_ program: Program, at bars: Int) async throws {
        let running = try Running(
            program.process(["backfill", "--csv", Fixture.spx, "--market", "SPX"]))
        let store = try EmbeddedStore(
            path: program.home + "/store/bloasis.sqlite", wording: .standard,
            now: { Timestamp(nanoseconds: 0) })
        for await _ in store.regimes.commits() {
            let count = try await store.regimes.bars(SeriesQuery(BackfillProcessTests.series)).count
            if count >= bars { break }
        }
        running.signal(SIGKILL)
        let outcome = await running.outcome()
        #expect(outcome.status == 128 + SIGKILL)
        try store.close()
    }

    @Test("kill -9 at 10, 20 … 90 %, then again: the same history and changes, byte for byte")
    func killSweep() async throws {
        let whole = try Program.fresh()
        defer { whole.remove() }
        #expect(try await backfill(whole).status == 0)
        let expected = try await answers(whole)
        for percent in stride(from: 10, through: 90, by: Sweep.isLong ? 2 : 10) {
            let program = try Program.fresh()
            defer { program.remove() }
            try await killed(program, at: 5_031 * percent / 100)
            #expect(try await backfill(program).status == 0)
            #expect(try await answers(program) == expected, "killed at \(percent) %")
        }
    }

    @Test("the first half of the file writes the first half of the history")
    func firstHalf() async throws {
        let whole = try Program.fresh()
        let half = try Program.fresh()
        defer {
            whole.remove()
            half.remove()
        }
        let lines = try Fixture.text(Fixture.spx).split(separator: "\n")
        let csv = try half.file("half.csv", lines.prefix(2_516).joined(separator: "\n") + "\n")
        #expect(try await backfill(whole).status == 0)
        #expect(try await backfill(half, csv).status == 0)
        let all = try await whole.run("history", "--market", "SPX", "--json").output
        let part = try await half.run("history", "--market", "SPX", "--json").output
        // One element a line between the brackets.
        let rows = part.split(separator: "\n").dropFirst().dropLast()
        #expect(rows.count == 2_515)
        let separated = all.split(separator: "\n").dropFirst().prefix(rows.count)
        #expect(zip(rows, separated).allSatisfy { $0.trimmed == $1.trimmed })
    }

    @Test("the same command again writes nothing; two at once write it once")
    func repeated() async throws {
        let program = try Program.fresh()
        let single = try Program.fresh()
        defer {
            program.remove()
            single.remove()
        }
        async let one = backfill(program)
        async let other = backfill(program)
        let outcomes = try await [one, other]
        #expect(outcomes.map(\.status) == [0, 0])
        let again = try await backfill(program)
        #expect(again.status == 0)
        #expect(again.output.contains(#""nothingNew":true"#))
        _ = try await backfill(single)
        #expect(try await answers(program) == (try await answers(single)))
    }
}

extension Substring {
    fileprivate var trimmed: Substring { hasSuffix(",") ? dropLast() : self }
}
