import Contracts

/// The parameters of a query, in order.
struct QueryText {
    let parameters: [(name: String, value: String)]

    /// - Throws: INVALID_ARGUMENT for what is not percent-encoded UTF-8, or too much of it.
    init(_ text: String?) throws(RPCFault) {
        var parameters: [(String, String)] = []
        for part in (text ?? "").split(separator: "&") {
            let halves = part.split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = PercentCoding.decode(halves[0]),
                let value = PercentCoding.decode(halves.count > 1 ? halves[1] : "")
            else {
                throw .invalidArgument(
                    "query: '\(RequestReading.excerpt(String(part)))' is not percent-encoded UTF-8")
            }
            parameters.append((name, value))
            guard parameters.count <= QueryText.parameterLimit else {
                throw .invalidArgument(
                    "query: more than \(QueryText.parameterLimit) parameters")
            }
        }
        self.parameters = parameters
    }

    /// Parameters of one request.
    static let parameterLimit = 256

    /// The last value of a parameter.
    func value(_ name: String) -> String? {
        parameters.last { $0.name == name }?.value
    }
}

/// Percent-encoding of RFC 3986. A plus sign stays one: it begins a time's offset.
enum PercentCoding {
    /// `nil` for a broken escape or bytes that are not UTF-8.
    static func decode(_ text: some StringProtocol) -> String? {
        // Most texts hold no escape.
        guard text.utf8.contains(UInt8(ascii: "%")) else { return String(text) }
        var bytes: [UInt8] = []
        var iterator = text.utf8.makeIterator()
        while let byte = iterator.next() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = iterator.next().flatMap(digit),
                let low = iterator.next().flatMap(digit)
            else { return nil }
            bytes.append(high << 4 | low)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
