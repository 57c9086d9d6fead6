package import LaneTasks

/// Columns, one per series, and the same values as rows with a lane for each.
///
/// Eight lanes are moved by blocks of eight, on the way back by the kernel that made the rows; what
/// is left over, and narrower rows, one by one.
package enum LaneColumns {
    private static let block = 8

    /// Writes `counts[i]` values of each column, from `first` on, into its lane.
    package static func interleave(
        _ columns: [[Double]], from first: Int = 0, _ counts: [Int],
        into rows: UnsafeMutablePointer<Double>, _ table: LaneTable
    ) {
        let width = columns.count
        let inBlocks = blocks(width, counts)
        if inBlocks > 0 {
            withAddresses(of: columns[...], first, []) { addresses in
                table.interleave(
                    InterleavingTask(columns: addresses, rows: rows, count: inBlocks))
            }
        }
        for lane in 0..<width where inBlocks < counts[lane] {
            columns[lane].withUnsafeBufferPointer { column in
                var address = rows + (inBlocks * width + lane)
                for index in inBlocks..<counts[lane] {
                    address.initialize(to: column[first + index])
                    address += width
                }
            }
        }
    }

    /// Columns of `counts[i]` values, all of which `write` puts where it is told.
    static func make<Value>(
        _ counts: [Int], _ write: ([UnsafeMutablePointer<Value>?]) -> Void
    ) -> [[Value]] {
        // Each column is allocated while those before it are being made: no value is written twice.
        func allocate(_ addresses: [UnsafeMutablePointer<Value>?]) -> [[Value]] {
            guard addresses.count < counts.count else {
                write(addresses)
                return []
            }
            let count = counts[addresses.count]
            var others: [[Value]] = []
            let column = [Value](unsafeUninitializedCapacity: count) { buffer, initialised in
                others = allocate(addresses + [buffer.baseAddress])
                initialised = count
            }
            return [column] + others
        }
        return allocate([])
    }

    /// Writes the values `first` ..< `counts[i]` of each lane, those that no block holds, to their
    /// places in its column.
    static func fillRest(
        _ columns: [UnsafeMutablePointer<Double>?], from first: Int,
        _ rows: UnsafeMutablePointer<Double>, _ counts: [Int]
    ) {
        let width = counts.count
        for lane in 0..<width {
            guard let column = columns[lane] else { continue }
            var address = rows + (first * width + lane)
            for index in first..<max(counts[lane], first) {
                (column + index).initialize(to: address.pointee)
                address += width
            }
        }
    }

    /// The first `counts[i]` bytes of each lane of rows of `counts.count` bytes.
    static func columns(of rows: UnsafePointer<UInt8>, _ counts: [Int]) -> [[UInt8]] {
        let width = counts.count
        let inBlocks = blocks(width, counts)
        return make(counts) { (columns: [UnsafeMutablePointer<UInt8>?]) in
            for lane in 0..<width {
                guard let column = columns[lane] else { continue }
                for index in inBlocks..<max(counts[lane], inBlocks) {
                    (column + index).initialize(to: rows[index * width + lane])
                }
            }
            for first in stride(from: 0, to: inBlocks, by: block) {
                let words = ByteBlock.transposed(ByteBlock.load(rows + first * block))
                for lane in 0..<block {
                    guard let column = columns[lane] else { continue }
                    UnsafeMutableRawPointer(column + first).storeBytes(
                        of: words[lane].littleEndian, as: UInt64.self)
                }
            }
        }
    }

    /// Values, or bars, that all lanes of eight have, in whole blocks.
    static func blocks(_ width: Int, _ counts: [Int]) -> Int {
        width == block ? (counts.min() ?? 0) / block * block : 0
    }

    private static func withAddresses(
        of columns: ArraySlice<[Double]>, _ first: Int,
        _ found: [UnsafePointer<Double>?],
        _ body: (UnsafePointer<UnsafePointer<Double>?>) -> Void
    ) {
        guard let column = columns.first else {
            return found.withUnsafeBufferPointer { $0.baseAddress.map(body) ?? () }
        }
        column.withUnsafeBufferPointer { values in
            let address = values.baseAddress.map { $0 + first }
            withAddresses(of: columns.dropFirst(), first, found + [address], body)
        }
    }
}

/// Eight rows of eight bytes, each row a word.
private enum ByteBlock {
    static func load(_ rows: UnsafePointer<UInt8>) -> SIMD8<UInt64> {
        var words = UnsafeRawPointer(rows).loadUnaligned(as: SIMD8<UInt64>.self)
        for row in 0..<8 { words[row] = UInt64(littleEndian: words[row]) }
        return words
    }

    /// Byte j of word i becomes byte i of word j: halves change places, then quarters, then bytes.
    @inline(__always)
    static func transposed(_ words: SIMD8<UInt64>) -> SIMD8<UInt64> {
        var (low, high) = (words.lowHalf, words.highHalf)
        exchange(&low, &high, 32, 0x0000_0000_FFFF_FFFF)
        low = quarters(low)
        high = quarters(high)
        return SIMD8(lowHalf: low, highHalf: high)
    }

    @inline(__always)
    private static func quarters(_ words: SIMD4<UInt64>) -> SIMD4<UInt64> {
        var (low, high) = (words.lowHalf, words.highHalf)
        exchange(&low, &high, 16, 0x0000_FFFF_0000_FFFF)
        return SIMD4(lowHalf: bytes(low), highHalf: bytes(high))
    }

    @inline(__always)
    private static func bytes(_ words: SIMD2<UInt64>) -> SIMD2<UInt64> {
        var (low, high) = (words[0], words[1])
        let mask: UInt64 = 0x00FF_00FF_00FF_00FF
        let swapped = ((low &>> 8) ^ high) & mask
        high ^= swapped
        low ^= swapped &<< 8
        return SIMD2(low, high)
    }

    @inline(__always)
    private static func exchange<Words: SIMD>(
        _ low: inout Words, _ high: inout Words, _ shift: UInt64, _ mask: UInt64
    ) where Words.Scalar == UInt64 {
        let swapped = ((low &>> shift) ^ high) & mask
        high ^= swapped
        low ^= swapped &<< shift
    }
}
