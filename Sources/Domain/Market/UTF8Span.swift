/// Text straight into memory that its caller has made room in: a string, or a growing array, costs
/// a line of numbers several times what its bytes do.
extension OutputSpan<UInt8> {
    /// Precondition: there is room for it.
    package mutating func append(utf8 text: String) {
        let bytes = text.utf8.span
        for index in bytes.indices { append(bytes[index]) }
    }
}
