import Market
import Ports
import Postgres
import Regimes

/// An instant that the store cannot keep exactly.
struct UnstorableInstant: Error, CustomStringConvertible {
    let instant: Timestamp

    var description: String { "\(instant) is finer than a microsecond" }
}

extension Timestamp {
    /// The instant as it is kept.
    ///
    /// - Throws: `UnstorableInstant` when it is not a whole microsecond.
    func stored() throws(UnstorableInstant) -> PostgresValue {
        guard isWholeMicrosecond else { throw UnstorableInstant(instant: self) }
        return .timestamp(microseconds: nanoseconds / Timestamp.nanosecondsPerMicrosecond)
    }

    /// The last whole microsecond not after it: for bounds, and for what is recorded for audit.
    var floored: PostgresValue { .timestamp(microseconds: flooredMicroseconds) }

    /// The same as a number, since 1970.
    var flooredMicroseconds: Int64 {
        let microseconds = nanoseconds / Timestamp.nanosecondsPerMicrosecond
        let isExact = nanoseconds % Timestamp.nanosecondsPerMicrosecond == 0
        return nanoseconds < 0 && !isExact ? microseconds - 1 : microseconds
    }
}

extension PostgresRows.Row {
    func instant(_ column: Int) throws -> Timestamp {
        try timestamp(value(column, as: PostgresInstant.self))
    }

    func optionalInstant(_ column: Int) throws -> Timestamp? {
        try optional(column, as: PostgresInstant.self).map(timestamp)
    }

    private func timestamp(_ instant: PostgresInstant) throws -> Timestamp {
        let (nanoseconds, overflows) = instant.microseconds.multipliedReportingOverflow(
            by: Timestamp.nanosecondsPerMicrosecond)
        guard !overflows else {
            throw UnreadableRow(column: "timestamp", value: "\(instant.microseconds) µs")
        }
        return Timestamp(nanoseconds: nanoseconds)
    }

    func integer(_ column: Int) throws -> Int { Int(try value(column, as: Int64.self)) }

    func text(_ column: Int) throws -> String { try value(column, as: String.self) }

    func label<Label: RawRepresentable<String>>(_ column: Int, _ name: String) throws -> Label {
        try StoredText.label(text(column), column: name)
    }
}

extension PostgresValue {
    static func text(_ value: String?) -> PostgresValue { value.map(PostgresValue.text) ?? .null }

    static func number(_ value: Double) -> PostgresValue { value.isNaN ? .null : .double(value) }

    static func number(_ value: Double?) -> PostgresValue {
        value.map(PostgresValue.double) ?? .null
    }

    static func integer(_ value: Int) -> PostgresValue { .int64(Int64(value)) }
}

/// A table that rows are added to, one by one or by COPY.
struct PostgresTable: Sendable {
    let name: PostgresName
    let columns: [PostgresName]
    private let insertion: String

    /// - Parameters:
    ///   - columns: in the order in which rows give their values.
    ///   - casts: the types of those among them whose values are bound as text.
    ///   - conflict: what follows the values, such as `ON CONFLICT DO NOTHING`.
    init(
        _ name: String, _ columns: [String], casts: [String: String] = [:], conflict: String = ""
    ) {
        self.name = PostgresName(name)
        self.columns = columns.map { PostgresName($0) }
        let names = self.columns.map(\.quoted).joined(separator: ", ")
        let places = columns.enumerated().map { index, column in
            "$\(index + 1)" + (casts[column].map { "::" + $0 } ?? "")
        }
        insertion =
            "INSERT INTO \(self.name.quoted) (\(names)) "
            + "VALUES (\(places.joined(separator: ", "))) \(conflict)"
    }

    func insert(_ row: [PostgresValue]) -> PostgresQuery {
        PostgresQuery(text: insertion, values: row)
    }
}
