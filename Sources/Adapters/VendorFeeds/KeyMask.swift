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

    /// Whether a key is in an answer.
    func isIn(_ bytes: [UInt8]) -> Bool {
        let text = String(decoding: bytes, as: UTF8.self).lowercased()
        return secrets.contains { text.contains($0.lowercased()) }
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
