// Columns that text takes in a terminal: Unicode Standard Annex 11, wide and fullwidth characters
// two, what combines with the one before it none.

extension String {
    package var displayWidth: Int { reduce(0) { $0 + $1.displayWidth } }

    /// The longest beginning that fits into so many columns.
    func prefix(columns: Int) -> String {
        var room = columns
        return String(
            prefix { character in
                room -= character.displayWidth
                return room >= 0
            })
    }

    /// Characters that would move the cursor or speak to the terminal, replaced.
    package var withoutControls: String {
        guard unicodeScalars.contains(where: \.isControl) else { return self }
        var result = ""
        for scalar in unicodeScalars {
            result.unicodeScalars.append(scalar.isControl ? "\u{FFFD}" : scalar)
        }
        return result
    }
}

extension Character {
    var displayWidth: Int {
        guard let first = unicodeScalars.first else { return 0 }
        switch first.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format, .control: return 0
        default: break
        }
        let isEmoji =
            first.properties.isEmojiPresentation || unicodeScalars.contains("\u{FE0F}")
        return isEmoji || first.isWide ? 2 : 1
    }
}

extension Unicode.Scalar {
    fileprivate var isControl: Bool { value < 0x20 || (0x7F..<0xA0).contains(value) }

    /// Blocks whose characters are wide or fullwidth.
    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF,
        0xA000...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
        0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F900...0x1F9FF,
        0x20000...0x3FFFD,
    ]

    fileprivate var isWide: Bool {
        value >= 0x1100 && Unicode.Scalar.wide.contains { $0.contains(value) }
    }
}
