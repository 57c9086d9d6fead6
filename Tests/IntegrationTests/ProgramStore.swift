import Backends
import Contracts
import Foundation
import Market
import Ports
import Regimes
import TestSupport
import Testing

/// What a program stores, seen beside it.
extension Program {
    /// A fresh home, and for PostgreSQL a database of its own.
    static func fresh(onPostgres: Bool, model: String? = nil) async throws -> Program {
        var program = try fresh()
        program.environment["BLOASIS_MODEL"] = model
        if onPostgres {
            program.environment["DATABASE_URL"] =
                try await PostgresServer.shared.value.database()
        }
        return program
    }

    func withStore<Answer>(
        _ body: (any RegimeReader) async throws -> Answer
    ) async throws -> Answer {
        let now: @Sendable () -> Timestamp = { Timestamp(nanoseconds: 0) }
        if let url = environment["DATABASE_URL"] {
            let store = try await PostgresStore(
                url: url, wording: .standard, options: PostgresStore.Options(), now: now)
            let answer = try await body(store.regimes)
            await store.close()
            return answer
        } else {
            let store = try EmbeddedStore(
                path: home + "/store/bloasis.sqlite", wording: .standard, now: now)
            let answer = try await body(store.regimes)
            try store.close()
            return answer
        }
    }

    /// Kills a run as soon as so many markets are written to their ends.
    func kill(_ arguments: [String], after markets: Int) async throws {
        try await withStore { store in
            let running = try Running(process(arguments))
            for await _ in store.commits() {
                let heads = try await store.heads()
                if heads.count(where: { $0.source != nil }) >= markets { break }
            }
            running.signal(SIGKILL)
            #expect(await running.outcome().status == 128 + SIGKILL)
        }
    }
}

/// All that is stored of a series.
struct StoredRows {
    let history: [RegimeAssessment]
    let bars: [RevisedBar]
    /// The rest, in words.
    private let lines: [String]

    init(_ store: any RegimeReader, _ series: Series) async throws {
        history = try await store.history(SeriesQuery(series))
        bars = try await store.bars(SeriesQuery(series))
        let head = try #require(try await store.head(of: series))
        let models = try await store.models(of: series).map { "model \($0.version)" }
        let activations = try await store.activations(of: series).map {
            "\($0.version) from \($0.activeFrom)"
        }
        let changes = try await store.changes(SeriesQuery(series)).map { "\($0)" }
        lines =
            models + activations + changes + [
                "\(head.profile)", "\(head.lastRegime)", head.source?.digest ?? "no source",
                head.lastAsOf.map(\.rfc3339) ?? "no answer",
            ]
    }

    /// The first row that is not the same, revisions and triggers included; `nil` where all are.
    func difference(from other: StoredRows) -> String? {
        if history.count != other.history.count || bars.count != other.bars.count {
            return "\(history.count) answers and \(bars.count) bars, not "
                + "\(other.history.count) and \(other.bars.count)"
        }
        let answers = zip(history, other.history).first {
            !$0.saysTheSame(as: $1) || $0.revision != $1.revision || $0.trigger != $1.trigger
        }
        if let answers { return "\(answers.0), not \(answers.1)" }
        let bars = zip(bars, other.bars).first {
            !$0.bar.saysTheSame(as: $1.bar) || $0.revision != $1.revision
                || $0.bar.availableAt != $1.bar.availableAt
        }
        if let bars { return "\(bars.0), not \(bars.1)" }
        let difference = lines.difference(from: other.lines)
        return difference.isEmpty ? nil : "\(difference)"
    }
}
