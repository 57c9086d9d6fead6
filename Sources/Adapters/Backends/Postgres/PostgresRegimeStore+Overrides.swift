package import Market
import Ports
import Postgres
package import Regimes

extension PostgresRegimeStore: OverrideLedger {
    package func putInForce(_ order: OverrideOrder) async throws -> RegimeOverride {
        let tables = JournalTables(series: order.series, recordedAt: now())
        return try await deciding(about: order.series) { [wording = wording.traced] facts in
            let (plan, override) = try OverrideDecision.start(
                order, given: facts, wording: wording)
            return Ending(value: override, queries: try tables.statements(of: plan))
        }
    }

    package func endExpiredOverride(
        of series: Series, at now: Timestamp
    ) async throws -> RegimeChange? {
        let tables = JournalTables(series: series, recordedAt: self.now())
        return try await deciding(about: series) { [wording = wording.traced] facts in
            let plan = OverrideDecision.end(at: now, given: facts, wording: wording)
            return Ending(
                value: plan.changes.first, queries: try tables.statements(of: plan))
        }
    }

    package func standingOverrides() async throws -> [RegimeOverride] {
        try await database.values(SeriesQueries.standingOverrides) {
            try SeriesQueries.standingOverride($0)
        }.compactMap { $0 }
    }

    package func overrides(
        of series: Series, after sequence: Int64, limit: Int
    ) async throws -> [RegimeOverride] {
        let limit = SeriesQuery(series, limit: limit).limit
        let query = SeriesQueries.overrides(of: series, after: sequence, limit: limit)
        return try await database.values(query) {
            try SeriesQueries.override($0, of: series)
        }.compactMap { $0 }
    }

    /// Runs one transaction under the series' lock.
    private func deciding<Value: Sendable>(
        about series: Series, _ body: @Sendable (OverrideFacts) throws -> Ending<Value>
    ) async throws -> Value {
        try await database.transaction([
            SeriesQueries.lock(on: series), SeriesQueries.head(of: series),
        ]) { connection, rows in
            guard let row = rows[1].first else { throw JournalError.unknownSeries(series) }
            let head = try SeriesQueries.head(row)
            guard let last = head.lastAsOf else {
                return try body(OverrideFacts(head: head, assessment: nil, revision: 0))
            }
            let found = try await connection.run(
                [
                    RegimeQueries.latest(series, at: last),
                    FactQueries.revision(of: series, at: last, by: .override),
                ], within: SharedDatabase.exchangeLimit)
            return try body(
                OverrideFacts(
                    head: head,
                    assessment: try found[0].first.map {
                        try RegimeQueries.assessment($0, of: series)
                    }, revision: try found[1].first?.integer(0) ?? 0))
        }
    }
}
