import GRDB
package import Market
package import Ports

/// What models answered, in the file of the regime store.
package struct SQLiteAdviceBook: AdviceBook {
    let file: EmbeddedFile

    package func advice(_ key: AdviceKey) async throws -> RecordedAdvice? {
        try await file.read { try Self.advice(key, $0) }
    }

    package func record(_ advice: RecordedAdvice) async throws -> RecordedAdvice {
        // No answer of the store depends on it.
        try await file.write(isNews: false) { database in
            try database.insert(
                StoredAdvice.values(advice), StoredAdvice.columns, into: StoredAdvice.table,
                conflict: "ON CONFLICT DO NOTHING")
            return try Self.advice(advice.key, database) ?? advice
        }
    }

    package func spent(since start: Timestamp) async throws -> ModelSpending {
        try await file.read { database in
            let statement = try database.cachedStatement(
                sql: """
                    SELECT coalesce(sum(input_tokens + output_tokens), 0), coalesce(sum(cost), 0)
                    FROM model_answers WHERE answered_at >= ?
                    """)
            return try Row.fetchOne(statement, arguments: [start.nanoseconds]).map {
                ModelSpending(tokens: $0[0], cost: $0[1])
            } ?? ModelSpending()
        }
    }

    private static func advice(
        _ key: AdviceKey, _ database: Database
    ) throws -> RecordedAdvice? {
        try database.rows(
            of: StoredAdvice.columns, from: StoredAdvice.table,
            "WHERE prompt_hash = ? AND model = ?", [key.promptHash, key.model]
        ) { try StoredAdvice.advice($0) }.first
    }
}
