import WebCalls

/// Takes a key out of what a vendor says: some repeat it in their errors.
struct KeyMask: Sendable {
    static let mask = "<redacted>"
    /// Of a vendor's words that an error repeats.
    static let characterLimit = 300

    private let secrets: [String]

    init(_ key: VendorKey?) {
        let text = key?.exposed ?? ""
        secrets = text.isEmpty ? [] : Array(Set([text, URLText.encoded(text)]))
    }

    /// The beginning of a text, without the key in whatever case, on one line.
    func masked(_ text: String) -> String {
        var rest = text[...]
        var result = ""
        while !rest.isEmpty, result.count < KeyMask.characterLimit {
            if let secret = secrets.first(where: { rest.begins(with: $0) }) {
                result += KeyMask.mask
                rest = rest.dropFirst(secret.count)
            } else {
                let character = rest.removeFirst()
                result.append(character.isWhitespace || character.isControl ? " " : character)
            }
        }
        return result.split(separator: " ").joined(separator: " ")
    }

    /// Whether a key is in an answer, whatever the case of its letters.
    func isIn(_ bytes: [UInt8]) -> Bool {
        secrets.contains { secret in
            let key = Array(secret.utf8)
            guard key.count <= bytes.count else { return false }
            return (0...bytes.count - key.count).contains { start in
                key.indices.allSatisfy { bytes[start + $0].lowered == key[$0].lowered }
            }
        }
    }
}

extension UInt8 {
    /// An ASCII capital as the small letter.
    fileprivate var lowered: UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) ? self | 0x20 : self
    }
}

extension Substring {
    fileprivate func begins(with text: String) -> Bool {
        prefix(text.count).lowercased() == text.lowercased()
    }
}

extension Character {
    fileprivate var isControl: Bool {
        unicodeScalars.contains { $0.properties.generalCategory == .control }
    }
}
