import Crypto
package import Market

/// A hash (SHA-256, hexadecimal) that names what a source says and how it was asked to be read.
package struct SourceDigest {
    private var hash = SHA256()

    /// - Parameter reading: everything besides the bars that decides about what is written.
    package init(_ reading: String) {
        hash.update(data: Array(reading.utf8))
    }

    /// Takes in a regular file, as it is.
    package mutating func add(file path: String) throws(CSVError) {
        try add(OpenFile(path: path, onlyRegular: true))
    }

    /// Takes in all bytes of an open file.
    package mutating func add(_ file: OpenFile) throws(CSVError) {
        let source = FileSource(file)
        var block = [UInt8](repeating: 0, count: RecordReader.blockBytes)
        while true {
            let count = try CSVInput.fill(&block, from: source)
            guard count > 0 else { return }
            hash.update(data: block[..<count])
        }
    }

    /// Takes in bars, bit for bit.
    package mutating func add(_ bars: [Bar]) {
        var words: [UInt64] = []
        words.reserveCapacity(bars.count * 7)
        for bar in bars {
            words.append(UInt64(bitPattern: bar.timestamp.nanoseconds))
            words.append(UInt64(bitPattern: bar.availableAt.nanoseconds))
            // Every missing value says the same, whatever its payload.
            for value in [bar.open, bar.high, bar.low, bar.close, bar.volume] {
                words.append((value.isNaN ? Double.nan : value).bitPattern)
            }
        }
        words.withUnsafeBytes { hash.update(bufferPointer: $0) }
    }

    package var text: String { Hexadecimal.text(hash.finalize()) }
}
