/// Rows on their way into a table, in the binary format of COPY («Binary Format» of the reference
/// page of COPY).
package struct CopyRows {
    private static let header: [UInt8] =
        Array("PGCOPY\n".utf8) + [0xFF, 0x0D, 0x0A, 0x00] + [UInt8](repeating: 0, count: 8)
    private static let trailer: [UInt8] = [0xFF, 0xFF]

    /// What was not sent yet.
    private(set) var bytes = CopyRows.header
    /// Rows so far, those already sent included.
    package private(set) var count = 0

    /// Begins a row; that many fields have to follow.
    package mutating func beginRow(of fields: Int) {
        count += 1
        bytes.append(bigEndian: Int16(truncatingIfNeeded: fields))
    }

    package mutating func append(_ value: PostgresValue) { bytes.append(field: value) }

    package mutating func append(_ fields: CopyFields) { bytes.append(contentsOf: fields.bytes) }

    /// Appends a text, or what is bound as text.
    ///
    /// - Parameter write: appends its UTF-8.
    package mutating func appendText(_ write: (inout [UInt8]) throws -> Void) rethrows {
        let place = bytes.count
        bytes.append(bigEndian: Int32(0))
        try write(&bytes)
        let length = UInt32(truncatingIfNeeded: bytes.count - place - 4)
        for index in 0..<4 {
            bytes[place + index] = UInt8(truncatingIfNeeded: length >> (24 - 8 * index))
        }
    }

    mutating func append(_ row: [PostgresValue]) {
        beginRow(of: row.count)
        for value in row { append(value) }
    }

    mutating func end() { bytes.append(contentsOf: CopyRows.trailer) }

    mutating func removeSent() { bytes.removeAll(keepingCapacity: true) }
}

/// Fields that many rows have in common, encoded once.
package struct CopyFields: Sendable {
    fileprivate private(set) var bytes: [UInt8] = []

    package init(_ values: PostgresValue...) {
        for value in values { bytes.append(field: value) }
    }
}

extension [UInt8] {
    fileprivate mutating func append(field value: PostgresValue) {
        if case .null = value { return append(bigEndian: Int32(-1)) }
        append(bigEndian: Int32(truncatingIfNeeded: value.size))
        value.encode(into: &self)
    }
}
