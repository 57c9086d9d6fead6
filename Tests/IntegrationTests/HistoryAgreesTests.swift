import Foundation
import Testing

@Suite("The history agrees with what everyone knows")
struct HistoryAgreesTests {
    private struct Row: Decodable {
        let asOf: String
        let regime: String
    }

    private static func history() async throws -> [Row] {
        let program = try Program.fresh()
        defer { program.remove() }
        let outcome = try await program.run(
            "backfill", "--csv", Fixture.spx, "--market", "SPX", "--json")
        #expect(outcome.status == 0)
        let history = try await program.run("history", "--market", "SPX", "--json")
        return try JSONDecoder().decode([Row].self, from: Data(history.output.utf8))
    }

    private func share(
        _ rows: [Row], _ range: ClosedRange<String>, _ regimes: Set<String>
    ) -> Double {
        let inside = rows.filter { range.contains(String($0.asOf.prefix(10))) }
        return Double(inside.count { regimes.contains($0.regime) }) / Double(inside.count)
    }

    @Test("crisis in the autumn of 2008, calm in 2017, bear or crisis in the summer of 2002")
    func episodes() async throws {
        let rows = try await HistoryAgreesTests.history()
        #expect(rows.count == 5_031)
        #expect(share(rows, "2008-09-29"..."2009-03-09", ["crisis"]) > 0.5)
        #expect(share(rows, "2017-01-01"..."2017-12-31", ["normal_bull", "low_volatility"]) > 0.8)
        #expect(share(rows, "2002-07-01"..."2002-10-31", ["normal_bear", "crisis"]) > 0.5)
        #expect(share(rows, "2013-01-01"..."2013-12-31", ["crisis"]) == 0)
        let known = rows.drop { $0.regime == "unknown" }
        #expect(!known.contains { $0.regime == "unknown" })
        let changes = zip(known, known.dropFirst()).count { $0.regime != $1.regime }
        let years = Double(known.count) / 252
        #expect(Double(changes) / years <= 8)
    }
}
