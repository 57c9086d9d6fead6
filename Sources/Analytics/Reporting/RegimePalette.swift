import Market
package import Regimes

/// A colour of a screen.
package struct RGBColour: Sendable, Hashable {
    package let red: UInt8
    package let green: UInt8
    package let blue: UInt8

    /// - Parameter hex: `0xRRGGBB`.
    init(_ hex: UInt32) {
        red = UInt8(truncatingIfNeeded: hex >> 16)
        green = UInt8(truncatingIfNeeded: hex >> 8)
        blue = UInt8(truncatingIfNeeded: hex)
    }

    /// `#rrggbb`.
    package var hex: String { "#" + Hexadecimal.text([red, green, blue]) }
}

/// What one regime looks like wherever it is shown.
package struct RegimeColours: Sendable, Hashable {
    /// Areas and swatches on light paper.
    package let strong: RGBColour
    /// A band behind dark lines on light paper.
    package let tint: RGBColour
    /// The same on a dark screen, behind light lines.
    package let shade: RGBColour
    /// Words in a terminal, to be read on black as on white.
    package let word: RGBColour
    /// The nearest to `word` of the 256 colours of xterm, and of the 8 that every terminal has.
    package let wordIndex: UInt8
    package let basicIndex: UInt8
    /// The nearest to `shade` of the 256 colours of xterm.
    package let shadeIndex: UInt8
    /// Stands for the regime where there are no colours.
    package let letter: Character
}

/// One table of the regimes' colours, for pages, drawings and terminals.
///
/// Hues are those of Okabe and Ito (2008), moved so that they differ in lightness too: who cannot
/// tell red from green still tells them apart.
package enum RegimePalette {
    package static func colours(of regime: Regime) -> RegimeColours {
        switch regime {
        case .crisis: crisis
        case .normalBear: normalBear
        case .normalBull: normalBull
        case .euphoria: euphoria
        case .highVolatility: highVolatility
        case .lowVolatility: lowVolatility
        case .unknown: unknown
        }
    }

    private static let crisis = RegimeColours(
        strong: .init(0xA01712), tint: .init(0xF2B8AE), shade: .init(0x6B1A14),
        word: .init(0xD7382F), wordIndex: 160, basicIndex: 1, shadeIndex: 88, letter: "C")
    private static let normalBear = RegimeColours(
        strong: .init(0xB8560C), tint: .init(0xFADDBD), shade: .init(0x5E3A0C),
        word: .init(0xCB6A10), wordIndex: 166, basicIndex: 3, shadeIndex: 94, letter: "B")
    private static let normalBull = RegimeColours(
        strong: .init(0x0B7A75), tint: .init(0xCDEBE4), shade: .init(0x0B4A40),
        word: .init(0x0E8F86), wordIndex: 30, basicIndex: 6, shadeIndex: 23, letter: "U")
    private static let euphoria = RegimeColours(
        strong: .init(0xB09000), tint: .init(0xFAF1B4), shade: .init(0x55500C),
        word: .init(0xA68400), wordIndex: 136, basicIndex: 3, shadeIndex: 58, letter: "E")
    private static let highVolatility = RegimeColours(
        strong: .init(0x6B3391), tint: .init(0xE5D3EF), shade: .init(0x472360),
        word: .init(0x9A62BE), wordIndex: 97, basicIndex: 5, shadeIndex: 53, letter: "H")
    private static let lowVolatility = RegimeColours(
        strong: .init(0x2F8FE0), tint: .init(0xDCECF9), shade: .init(0x1D3F66),
        word: .init(0x3F86C6), wordIndex: 68, basicIndex: 4, shadeIndex: 25, letter: "L")
    private static let unknown = RegimeColours(
        strong: .init(0xB4BAC4), tint: .init(0xE8EAED), shade: .init(0x33383F),
        word: .init(0x7D838E), wordIndex: 244, basicIndex: 7, shadeIndex: 238, letter: "?")
}

extension Markup {
    /// Rules that colour what has a regime's class; nothing in them is from outside.
    static func regimeRules(_ rule: (Regime, RegimeColours) -> String) -> Markup {
        .trustedStyle(
            Regime.allCases.map { rule($0, RegimePalette.colours(of: $0)) }.joined())
    }
}
