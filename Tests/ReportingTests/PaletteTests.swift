import Foundation
import Kernels
import Regimes
import Testing

@testable import Reporting

@Suite("The regimes' colours")
struct PaletteTests {
    /// Relative luminance (WCAG 2.2).
    private func luminance(_ colour: RGBColour) -> Double {
        let parts = [colour.red, colour.green, colour.blue].map { part in
            let share = Double(part) / 255
            return share <= 0.04045
                ? share / 12.92
                : VectorMath.exp(2.4 * VectorMath.log((share + 0.055) / 1.055))
        }
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
    }

    private func contrast(_ one: RGBColour, _ other: RGBColour) -> Double {
        let sorted = [luminance(one), luminance(other)].sorted()
        return (sorted[1] + 0.05) / (sorted[0] + 0.05)
    }

    /// Of xterm's 6 × 6 × 6 cube and its greys.
    private func indexed(_ index: UInt8) -> RGBColour {
        if index >= 232 {
            let grey = UInt32(8 + 10 * (index - 232))
            return RGBColour(grey << 16 | grey << 8 | grey)
        }
        let steps: [UInt32] = [0, 95, 135, 175, 215, 255]
        let cube = Int(index) - 16
        return RGBColour(
            steps[cube / 36] << 16 | steps[cube / 6 % 6] << 8 | steps[cube % 6])
    }

    private static let black = RGBColour(0)
    private static let white = RGBColour(0xFFFFFF)
    private static let ink = RGBColour(0x1B1F24)

    @Test("words in a terminal are read on black as on white", arguments: Regime.allCases)
    func words(_ regime: Regime) {
        let colours = RegimePalette.colours(of: regime)
        for word in [colours.word, indexed(colours.wordIndex)] {
            #expect(contrast(word, PaletteTests.black) >= 3, "\(word.hex) on black")
            #expect(contrast(word, PaletteTests.white) >= 3, "\(word.hex) on white")
        }
    }

    @Test("lines and letters on bands are read", arguments: Regime.allCases)
    func bands(_ regime: Regime) {
        let colours = RegimePalette.colours(of: regime)
        #expect(contrast(colours.tint, PaletteTests.ink) >= 4.5)
        #expect(contrast(colours.shade, PaletteTests.white) >= 4.5)
        #expect(contrast(indexed(colours.shadeIndex), PaletteTests.white) >= 4.5)
    }

    /// What somebody without the cones for green, or for red, sees (Viénot, Brettel & Mollon 1999).
    private func seen(_ colour: RGBColour, withoutGreen: Bool) -> [Double] {
        let (red, green, blue) = (
            Double(colour.red) / 255, Double(colour.green) / 255, Double(colour.blue) / 255
        )
        return withoutGreen
            ? [0.292 * red + 0.708 * green, -0.022 * red + 0.022 * green + blue]
            : [0.112 * red + 0.888 * green, 0.004 * red - 0.004 * green + blue]
    }

    @Test("areas differ for whoever cannot tell red from green", arguments: [true, false])
    func colourBlind(_ withoutGreen: Bool) {
        for one in Regime.allCases {
            for other in Regime.allCases where one != other {
                let pair = [one, other].map {
                    seen(RegimePalette.colours(of: $0).strong, withoutGreen: withoutGreen)
                }
                let distance = zip(pair[0], pair[1]).reduce(0) { sum, parts in
                    sum + (parts.0 - parts.1) * (parts.0 - parts.1)
                }
                #expect(distance.squareRoot() >= 0.1, "\(one) and \(other)")
            }
        }
    }

    @Test("the page says the same of areas on light paper", arguments: Regime.allCases)
    func page(_ regime: Regime) throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Sources/Services/Gateway/Page/page.css")
        let rules = try String(contentsOf: file, encoding: .utf8)
        let strong = RegimePalette.colours(of: regime).strong.hex
        #expect(rules.contains("--\(regime.label): light-dark(\(strong),"))
    }

    @Test("letters and colours are each one regime's")
    func distinct() {
        let all = Regime.allCases.map(RegimePalette.colours(of:))
        #expect(Set(all.map(\.letter)).count == all.count)
        #expect(Set(all.map(\.wordIndex)).count == all.count)
        #expect(Set(all.map(\.shadeIndex)).count == all.count)
        #expect(RGBColour(0x0B7A05).hex == "#0b7a05")
    }
}
