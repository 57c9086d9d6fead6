package import Hosting
package import Market
package import Trading

/// What ai-analysis is about.
package struct AnalysisSettings: ServiceSettings {
    /// The symbols of every sector.
    package let sectors: [Sector: [MarketName]]

    /// The funds that hold the S&P 500's members by sector.
    static let standardSectors: [Sector: [MarketName]] = [
        .energy: "XLE", .materials: "XLB", .industrials: "XLI", .consumerDiscretionary: "XLY",
        .consumerStaples: "XLP", .healthCare: "XLV", .financials: "XLF",
        .informationTechnology: "XLK", .communicationServices: "XLC", .utilities: "XLU",
        .realEstate: "XLRE",
    ].mapValues { MarketName($0).map { [$0] } ?? [] }

    package init(_ reader: inout ConfigurationReader) {
        let given =
            reader.optional(
                "SECTOR_SYMBOLS", as: "sector=SYMBOL,SYMBOL;sector=SYMBOL",
                AnalysisSettings.sectors) ?? [:]
        sectors = AnalysisSettings.standardSectors.merging(given) { $1 }
    }

    /// `energy=XLE,XOM;financials=XLF`; `nil` for what is not written so, or names a sector twice.
    static func sectors(_ text: String) -> [Sector: [MarketName]]? {
        var sectors: [Sector: [MarketName]] = [:]
        for part in text.split(separator: ";") {
            let sides = part.split(separator: "=", maxSplits: 1)
            guard sides.count == 2, let sector = Sector(rawValue: trimmed(sides[0])),
                sectors[sector] == nil
            else { return nil }
            let names = sides[1].split(separator: ",").map { MarketName(trimmed($0)) }
            let symbols = names.compactMap(\.self)
            guard !symbols.isEmpty, symbols.count == names.count,
                Set(symbols).count == symbols.count
            else { return nil }
            sectors[sector] = symbols
        }
        return sectors
    }

    private static func trimmed(_ text: Substring) -> String {
        var text = text
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
