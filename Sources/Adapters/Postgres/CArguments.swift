/// Strings as C takes lists of them: with a null pointer at the end.
struct CStringList {
    private var bytes: [CChar] = []
    private var starts: [Int] = []

    init(_ strings: [String]) {
        for string in strings {
            starts.append(bytes.count)
            bytes.append(contentsOf: string.utf8CString)
        }
    }

    func withPointers<Value>(
        _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Value
    ) -> Value {
        bytes.withUnsafeBufferPointer { bytes in
            let pointers = starts.map { start in bytes.baseAddress.map { $0 + start } } + [nil]
            return body(pointers)
        }
    }
}

/// Values in the binary form, side by side.
struct BoundValues {
    private var bytes: [UInt8] = []
    private var starts: [Int?] = []
    private var lengths: [Int32] = []

    /// - Parameter values: checked.
    init(_ values: [PostgresValue]) {
        for value in values {
            let start = bytes.count
            value.encode(into: &bytes)
            starts.append(value == .null ? nil : start)
            lengths.append(Int32(bytes.count - start))
        }
        // An empty value has an address too.
        bytes.append(0)
    }

    func withPointers<Value>(
        _ body: (
            UnsafePointer<UnsafePointer<CChar>?>, UnsafePointer<Int32>, UnsafePointer<Int32>
        ) -> Value
    ) -> Value {
        bytes.withUnsafeBytes { bytes in
            let base = bytes.assumingMemoryBound(to: CChar.self).baseAddress
            let pointers = starts.map { $0.flatMap { start in base.map { $0 + start } } }
            return body(pointers, lengths, [Int32](repeating: 1, count: lengths.count))
        }
    }
}
