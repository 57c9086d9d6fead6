extension ConfigurationTable {
    /// What strategies are about.
    static let analysis: [ConfigurationKey] = [
        ConfigurationKey(
            "SECTOR_SYMBOLS", .text,
            meaning: "Symbols of sectors, `energy=XLE,XOM;financials=XLF`: names of markets whose "
                + "bars are stored. Sectors that are left out have the fund of the S&P 500's "
                + "members of theirs.")
    ]
}
