import Foundation
import Market
import Ports
import Regimes
import TestSupport
import Testing

/// How the markets of a universe are classified, and which ones they are.
enum UniverseTrial: CaseIterable, CustomTestStringConvertible {
    /// Nothing is fitted: what is killed is mostly writing.
    case rules
    /// Fitted on the way, as when nothing is said.
    case standard
    /// A model fitted before: eight markets side by side.
    case fixed
    /// The same over the bundled shares, which take two transactions each.
    case fixedShares

    var testDescription: String { "\(self)" }

    var markets: Int {
        switch self {
        case .fixed: 40
        case .rules: 16
        case .standard: 8
        case .fixedShares: 20
        }
    }

    var model: String? { self == .rules ? "rules" : nil }
}

/// Universes through the program, killed and resumed, and written while live bars come.
@Suite("Resampled universes through the program", .serialized, .timeLimit(.minutes(15)))
struct ResampledUniverseTests {
    private static let bars = 1_500
    /// Entering a transaction leaves series without bars behind; the others are half done.
    private static let points = [
        "journal-entered:5", "journal-committed:3", "journal-committed:20",
    ]

    /// The command that writes a trial's universe, with its files beside the store.
    private func backfill(_ trial: UniverseTrial, in program: Program) async throws -> [String] {
        var words = ["backfill", "--universe"]
        if trial == .fixedShares {
            words.append(Fixture.equities)
        } else {
            let universe = try ResampledUniverse(markets: trial.markets, bars: Self.bars)
            words.append(try program.file("universe.csv", universe.csv()))
        }
        if trial == .fixed || trial == .fixedShares {
            words += ["--model", try await fit(in: program)]
        }
        return words
    }

    private func fit(in program: Program) async throws -> String {
        let model = program.home + "/model.json"
        let fit = try await program.run(
            "fit", "--csv", Fixture.equities, "--market", "XOM", "--to", "1999-12-31", "--out",
            model)
        try #require(fit.status == 0, "\(fit.errors)")
        return model
    }

    private func expectVerified(_ program: Program, markets: Int) async throws {
        let verified = try await program.run("verify")
        #expect(verified.status == 0, "\(verified.output)\(verified.errors)")
        #expect(verified.output.split(separator: "\n").count == markets)
    }

    @Test(
        "kill -9 at four steps, then to the end: row by row what an undisturbed run writes",
        arguments: UniverseTrial.allCases, [false, true])
    func killedAndResumed(trial: UniverseTrial, onPostgres: Bool) async throws {
        let program = try await Program.fresh(onPostgres: onPostgres, model: trial.model)
        let whole = try await Program.fresh(onPostgres: false, model: trial.model)
        defer {
            program.remove()
            whole.remove()
        }
        let command = try await backfill(trial, in: program)
        for point in Self.points {
            var failing = program
            failing.environment["BLOASIS_FAIL_POINT"] = point
            let outcome = try await failing.run(command)
            #expect(outcome.status == 128 + SIGKILL, "\(point): \(outcome.errors)")
        }
        try await program.kill(command, after: trial.markets * 2 / 3)
        let last = try await program.run(command + ["--json"])
        #expect(last.status == 0, "\(last.errors)")
        let summary = try JSON.object(last.output)
        #expect(summary["markets"] as? Int == trial.markets)
        #expect((summary["unchanged"] as? Int ?? 0) >= trial.markets * 2 / 3)

        let undisturbed = try await whole.run(try await backfill(trial, in: whole))
        #expect(undisturbed.status == 0, "\(undisturbed.errors)")
        try await expectSame(program, whole, markets: trial.markets)
        try await expectVerified(program, markets: trial.markets)
    }

    private func expectSame(_ mine: Program, _ theirs: Program, markets: Int) async throws {
        try await mine.withStore { mine in
            try await theirs.withStore { theirs in
                let series = try await mine.heads().map(\.profile.series)
                #expect(try await theirs.heads().map(\.profile.series) == series)
                #expect(series.count == markets)
                for series in series {
                    let rows = try await StoredRows(mine, series)
                    let difference = rows.difference(from: try await StoredRows(theirs, series))
                    #expect(difference == nil, "\(series)")
                }
            }
        }
    }

    // MARK: - Beside live bars

    @Test(
        "each series' next bar comes while the universe is written: nothing lost, nothing twice",
        arguments: [UniverseTrial.rules, .fixed], [false, true])
    func besideLiveBars(trial: UniverseTrial, onPostgres: Bool) async throws {
        let program = try await Program.fresh(onPostgres: onPostgres, model: trial.model)
        let whole = try await Program.fresh(onPostgres: false, model: trial.model)
        defer {
            program.remove()
            whole.remove()
        }
        let command = try await backfill(trial, in: program)
        let longer = try ResampledUniverse(markets: trial.markets, bars: Self.bars + 1)
        let server = try await Server.start(program)
        let running = try Running(program.process(command))
        let refused = try await program.withStore {
            try await post(the: longer, to: server, as: $0)
        }
        let outcome = await running.outcome()
        #expect(outcome.status == 0, "\(outcome.errors)")
        for bar in refused {
            let answer = try await server.post("/v1/market-data/bars", bar)
            #expect(answer.status == 200, "\(answer.body)")
        }
        #expect(try await server.stop() == 0)
        let again = try await program.run(command + ["--json"])
        #expect(again.status == 0, "\(again.errors)")

        var undisturbed = try await backfill(trial, in: whole)
        undisturbed[2] = try whole.file("longer.csv", longer.csv())
        #expect(try await whole.run(undisturbed).status == 0)
        try await program.withStore { mine in
            try await whole.withStore { try await expectSameAnswers(mine, $0) }
        }
        try await expectVerified(program, markets: trial.markets)
    }

    /// Sends the last bar of every market over HTTP, as soon as its series is there.
    ///
    /// - Returns: the bars that were refused: what a market did in the years that are not written
    ///   yet can look like a split, and who sent the bar is told to send it again behind them.
    private func post(
        the universe: ResampledUniverse, to server: Server, as store: any RegimeReader
    ) async throws -> [String] {
        let bar = universe.days.count - 1
        let day = try #require(CivilDate(iso: universe.days[bar]))
        let close = SessionCalendar.nyse.close(on: day).rfc3339
        var left = Dictionary(uniqueKeysWithValues: zip(universe.names, universe.names.indices))
        var underWay = 0
        var refused: [String] = []
        for await _ in store.commits() {
            while let head = try await store.heads().last(where: { left[$0.name] != nil }),
                let market = left.removeValue(forKey: head.name)
            {
                underWay += head.source == nil ? 1 : 0
                let price = universe.close(of: market, bar: bar)
                let bar =
                    #"{"bars":[{"market":"\#(head.name)","timestamp":"\#(close)","#
                    + #""close":\#(price)}]}"#
                let answer = try await server.post("/v1/market-data/bars", bar)
                if answer.body.contains("are missing, or were refused") {
                    refused.append(bar)
                } else {
                    #expect(answer.status == 200, "\(answer.body)")
                }
            }
            if left.isEmpty { break }
        }
        #expect(underWay > 0, "every series was written before its live bar was sent")
        return refused
    }

    /// What is answered about each bar is what an undisturbed run answers, whoever asked.
    private func expectSameAnswers(
        _ mine: any RegimeReader, _ theirs: any RegimeReader
    ) async throws {
        let series = try await theirs.heads().map(\.profile.series)
        #expect(try await mine.heads().map(\.profile.series) == series)
        for series in series {
            let rows = try await StoredRows(mine, series)
            let others = try await StoredRows(theirs, series)
            #expect(rows.history.count == others.history.count, "\(series)")
            #expect(
                zip(rows.history, others.history).allSatisfy { $0.saysTheSame(as: $1) },
                "\(series)")
            #expect(
                zip(rows.bars, others.bars).allSatisfy {
                    $0.bar.saysTheSame(as: $1.bar) && $0.revision == $1.revision
                }, "\(series)")
        }
    }
}

extension SeriesHead {
    fileprivate var name: String { profile.series.market.text }
}
