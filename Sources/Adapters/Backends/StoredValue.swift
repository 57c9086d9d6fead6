import GRDB
import Market
import Postgres

/// A column's value, as both stores keep it.
enum StoredValue: Equatable {
    case text(String)
    case number(Int64)
    case instant(Timestamp)
    case missing

    static func text(orMissing text: String?) -> StoredValue { text.map { .text($0) } ?? .missing }
}

extension StoredValue {
    var inSQLite: (any DatabaseValueConvertible)? {
        switch self {
        case .text(let text): text
        case .number(let number): number
        case .instant(let instant): instant.nanoseconds
        case .missing: nil
        }
    }

    /// - Throws: `UnstorableInstant`.
    func inPostgres() throws -> PostgresValue {
        switch self {
        case .text(let text): .text(text)
        case .number(let number): .int64(number)
        case .instant(let instant): try instant.stored()
        case .missing: .null
        }
    }
}

/// A row of either store.
protocol StoredRow {
    func optionalText(_ column: Int) throws -> String?
    func number(_ column: Int) throws -> Int64
    func optionalInstant(_ column: Int) throws -> Timestamp?
}

extension Row: StoredRow {
    func optionalText(_ column: Int) throws -> String? { self[column] }

    func number(_ column: Int) throws -> Int64 { self[column] }

    func optionalInstant(_ column: Int) throws -> Timestamp? {
        (self[column] as Int64?).map { Timestamp(nanoseconds: $0) }
    }
}

extension PostgresRows.Row: StoredRow {
    func optionalText(_ column: Int) throws -> String? { try optional(column, as: String.self) }

    func number(_ column: Int) throws -> Int64 { try value(column, as: Int64.self) }
}

/// Reads the columns of a table by their places; an error names the column.
struct StoredColumns<Source: StoredRow> {
    let names: [String]
    let row: Source

    func read<Value>(_ column: Int, _ read: (String) throws -> Value?) throws -> Value {
        let found = try row.optionalText(column)
        guard let found, let value = try? read(found) else {
            throw UnreadableRow(column: names[column], value: found ?? "nothing")
        }
        return value
    }

    func instant(_ column: Int) throws -> Timestamp {
        guard let instant = try row.optionalInstant(column) else {
            throw UnreadableRow(column: names[column], value: "nothing")
        }
        return instant
    }
}
