import Crypto
import FoundationEssentials
import Market

/// One text per value: keys sorted, no white space, numbers in their shortest exact form. So a
/// text can be hashed, and reading it back gives the same bits.
enum CanonicalJSON {
    static func text(_ value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return String(decoding: try encoder.encode(value), as: UTF8.self)
        } catch {
            preconditionFailure("a value with a number that is not finite was to be stored")
        }
    }

    static func value<Value: Decodable>(_ type: Value.Type, from text: String) throws -> Value {
        try JSONDecoder().decode(type, from: Data(text.utf8))
    }

    /// SHA-256 of the UTF-8 text, 64 lower-case hexadecimal digits.
    static func hash(_ text: String) -> String {
        Hexadecimal.text(SHA256.hash(data: Data(text.utf8)))
    }
}
