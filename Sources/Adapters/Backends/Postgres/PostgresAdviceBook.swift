package import Market
package import Ports
import Postgres

/// What models answered, in the database of the regime store.
package struct PostgresAdviceBook: AdviceBook {
    let database: SharedDatabase

    private static let table = PostgresTable(
        StoredAdvice.table, StoredAdvice.columns, conflict: "ON CONFLICT DO NOTHING")

    package func advice(_ key: AdviceKey) async throws -> RecordedAdvice? {
        try await database.values(Self.query(key)) { try StoredAdvice.advice($0) }.first
    }

    package func record(_ advice: RecordedAdvice) async throws -> RecordedAdvice {
        let values = try StoredAdvice.values(advice).map { try $0.inPostgres() }
        // Whoever writes the same at the same time is waited for, and then read.
        let opening = [Self.table.insert(values), Self.query(advice.key)]
        return try await database.transaction(isNews: false, opening) { _, rows in
            let first = try rows[1].first.map { try StoredAdvice.advice($0) }
            return Ending(value: first ?? advice, queries: [])
        }
    }

    package func spent(since start: Timestamp) async throws -> ModelSpending {
        let rows = try await database.read(
            """
            SELECT coalesce(sum(input_tokens + output_tokens), 0)::bigint,
                coalesce(sum(cost), 0)::bigint
            FROM model_answers WHERE answered_at >= \(start.floored)
            """)
        return try await database.translating {
            try rows.first.map { ModelSpending(tokens: try $0.integer(0), cost: try $0.value(1)) }
                ?? ModelSpending()
        }
    }

    private static func query(_ key: AdviceKey) -> PostgresQuery {
        """
        SELECT prompt_hash, model, text, answered_by, ending, input_tokens, output_tokens, cost,
            answered_at
        FROM model_answers
        WHERE prompt_hash = \(key.promptHash) AND model = \(key.model)
        """
    }
}
