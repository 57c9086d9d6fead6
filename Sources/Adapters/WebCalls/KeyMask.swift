/// Takes a key out of what a service says: some repeat it in their errors, as it is or as a URL or
/// JSON has it.
package struct KeyMask: Sendable {
    package static let mask = "<redacted>"
    /// Unicode scalars of a service's words that an error repeats: of a character there may be any
    /// number.
    package static let lengthLimit = 300
    /// Bytes of a service's words that are looked at.
    package static let inputLimit = 1 << 16

    /// Ways to write each of the key's scalars, one after the other; none without a key.
    private let spellings: [[[UInt8]]]
    /// Whether a key can begin with a byte.
    private let beginnings: [Bool]

    package init(_ key: APIKey?) {
        spellings = key?.exposed.unicodeScalars.map(KeyMask.spellings) ?? []
        var beginnings = [Bool](repeating: false, count: 256)
        for spelling in spellings.first ?? [] {
            beginnings[Int(spelling[0])] = true
            beginnings[Int(spelling[0].uppercased)] = true
        }
        self.beginnings = beginnings
    }

    /// The beginning of a text, without the key in whatever case, on one line.
    package func masked(_ text: String) -> String { masked(Array(text.utf8)) }

    package func masked(_ bytes: [UInt8]) -> String {
        let window = Array(bytes.prefix(KeyMask.inputLimit))
        // What may be the beginning of a key that was cut is not shown either.
        let end = window.count == bytes.count ? window.count : window.count - longest
        let line = KeyMask.line(String(decoding: replaced(window, upTo: end), as: UTF8.self))
        // On one line it may be the key again.
        let whole = Array(line.utf8)
        let shown = String(decoding: replaced(whole, upTo: whole.count), as: UTF8.self)
        return String(String.UnicodeScalarView(shown.unicodeScalars.prefix(KeyMask.lengthLimit)))
    }

    /// Whether a key is in an answer, whatever the case of its letters.
    package func isIn(_ bytes: [UInt8]) -> Bool {
        bytes.indices.contains { keyEnd(in: bytes, from: $0) != nil }
    }

    /// Bytes of the longest way to write the key.
    private var longest: Int {
        spellings.reduce(0) { $0 + ($1.map(\.count).max() ?? 0) }
    }

    /// Bytes up to an index with the mask in place of the key.
    private func replaced(_ bytes: [UInt8], upTo end: Int) -> [UInt8] {
        var result: [UInt8] = []
        var index = 0
        while index < end {
            if let next = keyEnd(in: bytes, from: index) {
                result += KeyMask.mask.utf8
                index = next
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return result
    }

    /// Where a key ends that begins at an index; `nil` when none does.
    private func keyEnd(in bytes: [UInt8], from start: Int) -> Int? {
        guard beginnings[Int(bytes[start])] else { return nil }
        // One scalar's spelling may begin like another's, so there may be several ways on.
        var ends: Set<Int> = [start]
        for spellings in spellings {
            var next: Set<Int> = []
            for end in ends {
                for spelling in spellings where bytes[end...].begins(with: spelling) {
                    next.insert(end + spelling.count)
                }
            }
            guard !next.isEmpty else { return nil }
            ends = next
        }
        return ends.max()
    }

    /// In small letters: as it is, percent-encoded, as a form has it, and escaped as in JSON.
    private static func spellings(_ scalar: Unicode.Scalar) -> [[UInt8]] {
        let text = String(scalar)
        var spellings: Set<[UInt8]> = []
        for text in [text, text.lowercased(), text.uppercased()] {
            spellings.insert(Array(text.utf8))
            spellings.insert(text.utf8.flatMap { "%\(hexadecimal($0, digits: 2))".utf8 })
            spellings.insert(text.utf16.flatMap { "\\u\(hexadecimal($0, digits: 4))".utf8 })
        }
        switch scalar {
        case " ": spellings.insert(Array("+".utf8))
        case "\"", "\\", "/": spellings.insert(Array("\\\(scalar)".utf8))
        default: break
        }
        return spellings.map { $0.map(\.lowercased) }
    }

    private static func hexadecimal(_ value: some BinaryInteger, digits: Int) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: digits - text.utf8.count) + text
    }

    /// With one space for each run of white space and control characters.
    private static func line(_ text: String) -> String {
        text.unicodeScalars.split { scalar in
            scalar.properties.isWhitespace || scalar.properties.generalCategory == .control
        }
        .map { String($0) }.joined(separator: " ")
    }
}

extension UInt8 {
    /// An ASCII capital as the small letter.
    fileprivate var lowercased: UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) ? self | 0x20 : self
    }

    /// An ASCII small letter as the capital.
    fileprivate var uppercased: UInt8 {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self) ? self & 0xDF : self
    }
}

extension ArraySlice<UInt8> {
    /// - Parameter spelling: in small letters.
    fileprivate func begins(with spelling: [UInt8]) -> Bool {
        count >= spelling.count
            && zip(self, spelling).allSatisfy { $0.lowercased == $1 }
    }
}
