/// A value that is bound to a place in a statement, or copied into a column.
package enum PostgresValue: Sendable, Equatable {
    case null
    /// `boolean`.
    case bool(Bool)
    /// `bigint`.
    case int64(Int64)
    /// `double precision`; every bit of it arrives, NaN included.
    case double(Double)
    /// `text`; PostgreSQL has no place for a NUL character in it.
    case text(String)
    /// `bytea`.
    case bytes([UInt8])
    /// `timestamptz`, microseconds since 1970-01-01 00:00 UTC.
    case timestamp(microseconds: Int64)
}

extension PostgresValue {
    /// Object identifiers of types that never change (`pg_type.dat`).
    enum TypeID {
        static let bool: UInt32 = 16
        static let bytes: UInt32 = 17
        static let name: UInt32 = 19
        static let int64: UInt32 = 20
        static let int16: UInt32 = 21
        static let int32: UInt32 = 23
        static let text: UInt32 = 25
        static let json: UInt32 = 114
        static let double: UInt32 = 701
        static let varchar: UInt32 = 1043
        static let timestamp: UInt32 = 1184
    }

    /// Microseconds from 1970 to 2000, where PostgreSQL counts from.
    static let epoch: Int64 = 946_684_800_000_000

    /// 0 lets the server infer it.
    var typeID: UInt32 {
        switch self {
        case .null: 0
        case .bool: TypeID.bool
        case .int64: TypeID.int64
        case .double: TypeID.double
        case .text: TypeID.text
        case .bytes: TypeID.bytes
        case .timestamp: TypeID.timestamp
        }
    }

    /// Bytes of a field, and of a row, that PostgreSQL can take.
    static let sizeLimit = 1 << 30

    /// Bytes of the binary form.
    var size: Int {
        switch self {
        case .null: 0
        case .bool: 1
        case .int64, .double, .timestamp: 8
        case .text(let value): value.utf8.count
        case .bytes(let value): value.count
        }
    }

    /// Refuses values of one statement, or of one row, that are too large together.
    static func check(_ values: [PostgresValue]) throws(PostgresError) {
        try check(size: values.reduce(0) { $0 + $1.size })
    }

    static func check(size: Int) throws(PostgresError) {
        guard size <= sizeLimit else {
            throw PostgresError.unsendable(
                reason: "\(size) bytes of values, \(sizeLimit) at the most")
        }
    }

    /// Appends the binary form; nothing for `null`.
    func encode(into buffer: inout [UInt8]) {
        switch self {
        case .null: break
        case .bool(let value): buffer.append(value ? 1 : 0)
        case .int64(let value): buffer.append(bigEndian: UInt64(bitPattern: value))
        case .double(let value): buffer.append(bigEndian: value.bitPattern)
        case .text(let value): buffer.append(contentsOf: value.utf8)
        case .bytes(let value): buffer.append(contentsOf: value)
        case .timestamp(let microseconds):
            buffer.append(bigEndian: UInt64(bitPattern: microseconds &- PostgresValue.epoch))
        }
    }
}

extension [UInt8] {
    /// Most significant byte first, as on the wire.
    mutating func append<Word: FixedWidthInteger>(bigEndian word: Word) {
        Swift.withUnsafeBytes(of: word.bigEndian) { append(contentsOf: $0) }
    }
}

/// What a column can be read as.
package protocol PostgresReadable {
    static var wanted: String { get }
    /// `nil` when the column's type is another one.
    init?(postgres bytes: UnsafeRawBufferPointer, typeID: UInt32)
}

extension UnsafeRawBufferPointer {
    func word<Word: FixedWidthInteger>(_: Word.Type) -> Word? {
        count == MemoryLayout<Word>.size ? Word(bigEndian: loadUnaligned(as: Word.self)) : nil
    }
}

extension Bool: PostgresReadable {
    package static var wanted: String { "boolean" }
    package init?(postgres bytes: UnsafeRawBufferPointer, typeID: UInt32) {
        guard typeID == PostgresValue.TypeID.bool, let first = bytes.first else { return nil }
        self = first != 0
    }
}

extension Int64: PostgresReadable {
    package static var wanted: String { "integer" }
    package init?(postgres bytes: UnsafeRawBufferPointer, typeID: UInt32) {
        let value: Int64? =
            switch typeID {
            case PostgresValue.TypeID.int64: bytes.word(Int64.self)
            case PostgresValue.TypeID.int32: bytes.word(Int32.self).map(Int64.init)
            case PostgresValue.TypeID.int16: bytes.word(Int16.self).map(Int64.init)
            default: nil
            }
        guard let value else { return nil }
        self = value
    }
}

extension Double: PostgresReadable {
    package static var wanted: String { "double precision" }
    package init?(postgres bytes: UnsafeRawBufferPointer, typeID: UInt32) {
        guard typeID == PostgresValue.TypeID.double, let bits = bytes.word(UInt64.self) else {
            return nil
        }
        self.init(bitPattern: bits)
    }
}

extension String: PostgresReadable {
    package static var wanted: String { "text" }
    package init?(postgres bytes: UnsafeRawBufferPointer, typeID: UInt32) {
        let types = [
            PostgresValue.TypeID.text, PostgresValue.TypeID.varchar, PostgresValue.TypeID.name,
            PostgresValue.TypeID.json,
        ]
        guard types.contains(typeID) else { return nil }
        self.init(decoding: bytes, as: UTF8.self)
    }
}

extension [UInt8]: PostgresReadable {
    package static var wanted: String { "bytea" }
    package init?(postgres bytes: UnsafeRawBufferPointer, typeID: UInt32) {
        guard typeID == PostgresValue.TypeID.bytes else { return nil }
        self.init(bytes)
    }
}

/// Microseconds since 1970-01-01 00:00 UTC.
package struct PostgresInstant: PostgresReadable, Sendable, Equatable {
    package var microseconds: Int64
    package static var wanted: String { "timestamptz" }
    package init?(postgres bytes: UnsafeRawBufferPointer, typeID: UInt32) {
        guard typeID == PostgresValue.TypeID.timestamp, let since2000 = bytes.word(Int64.self)
        else { return nil }
        let (sum, overflows) = since2000.addingReportingOverflow(PostgresValue.epoch)
        // ±infinity is the least and the greatest number.
        guard !overflows, since2000 != .min else { return nil }
        microseconds = sum
    }
}
