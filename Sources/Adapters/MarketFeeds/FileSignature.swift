/// Files that are not CSV text, told by their first bytes.
enum FileSignature {
    /// As many first bytes as a signature needs.
    static let longest = 6

    private static let known: [(bytes: [UInt8], problem: CSVProblem)] = [
        ([0xff, 0xfe], .utf16),
        ([0xfe, 0xff], .utf16),
        ([0x1f, 0x8b], .foreignFormat(name: "compressed by gzip twice")),
        (Array("PK\u{3}\u{4}".utf8), .foreignFormat(name: "a zip archive or an Excel workbook")),
        (Array("BZh".utf8), .foreignFormat(name: "compressed by bzip2")),
        ([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], .foreignFormat(name: "compressed by xz")),
        ([0x28, 0xb5, 0x2f, 0xfd], .foreignFormat(name: "compressed by zstd")),
        (Array("PAR1".utf8), .foreignFormat(name: "a Parquet file")),
        ([0xd0, 0xcf, 0x11, 0xe0], .foreignFormat(name: "an old Excel workbook")),
        (Array("SQLite".utf8), .foreignFormat(name: "an SQLite database")),
        (Array("<!DOCT".utf8), .foreignFormat(name: "a web page")),
        (Array("<!doct".utf8), .foreignFormat(name: "a web page")),
        (Array("<html".utf8), .foreignFormat(name: "a web page")),
    ]

    /// What speaks against reading a file that begins with these bytes.
    static func problem(of head: some Collection<UInt8>) -> CSVProblem? {
        known.first { head.starts(with: $0.bytes) }?.problem
    }
}
