import CPQ

/// The rows that a statement gave, as the server sent them: in the binary form.
package struct PostgresRows: Sendable {
    /// Read only from when it is here on.
    private final class Handle: @unchecked Sendable {
        let result: OpaquePointer

        init(_ result: OpaquePointer) {
            self.result = result
        }

        deinit { PQclear(result) }
    }

    private let handle: Handle

    /// - Parameter result: whose owner this becomes.
    init(_ result: OpaquePointer) {
        handle = Handle(result)
    }

    /// Rows that were inserted, updated, deleted or copied; for a selection, those selected.
    package var affected: Int { Int(String(cString: PQcmdTuples(handle.result))) ?? 0 }

    fileprivate func value<Value: PostgresReadable>(
        _ row: Int, _ column: Int
    ) throws(PostgresError) -> Value? {
        guard column >= 0, column < Int(PQnfields(handle.result)) else {
            throw PostgresError.unexpectedColumn(
                index: column, name: "no such column", wanted: Value.wanted, type: 0)
        }
        let (row, column) = (Int32(row), Int32(column))
        guard PQgetisnull(handle.result, row, column) == 0 else { return nil }
        let typeID = PQftype(handle.result, column)
        let bytes = UnsafeRawBufferPointer(
            start: PQgetvalue(handle.result, row, column),
            count: Int(PQgetlength(handle.result, row, column)))
        guard let value = Value(postgres: bytes, typeID: typeID) else {
            throw PostgresError.unexpectedColumn(
                index: Int(column), name: name(column), wanted: Value.wanted, type: typeID)
        }
        return value
    }

    fileprivate func missing(_ column: Int, _ wanted: String) -> PostgresError {
        .unexpectedColumn(
            index: column, name: name(Int32(column)), wanted: wanted + ", not null",
            type: PQftype(handle.result, Int32(column)))
    }

    private func name(_ column: Int32) -> String {
        PQfname(handle.result, column).map { String(cString: $0) } ?? "no such column"
    }
}

extension PostgresRows: RandomAccessCollection {
    package struct Row: Sendable {
        fileprivate let rows: PostgresRows
        fileprivate let index: Int

        /// A column's value.
        ///
        /// - Throws: `PostgresError.unexpectedColumn` when it is null or of another type.
        package func value<Value: PostgresReadable>(
            _ column: Int, as _: Value.Type = Value.self
        ) throws(PostgresError) -> Value {
            guard let value: Value = try rows.value(index, column) else {
                throw rows.missing(column, Value.wanted)
            }
            return value
        }

        /// A column's value; `nil` when it is null.
        package func optional<Value: PostgresReadable>(
            _ column: Int, as _: Value.Type = Value.self
        ) throws(PostgresError) -> Value? {
            try rows.value(index, column)
        }
    }

    package var startIndex: Int { 0 }
    package var endIndex: Int { Int(PQntuples(handle.result)) }

    package subscript(index: Int) -> Row {
        precondition(indices.contains(index), "a row that is there")
        return Row(rows: self, index: index)
    }
}
