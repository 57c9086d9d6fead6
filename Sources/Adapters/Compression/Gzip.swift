import CZlib

/// gzip (RFC 1952) of bytes that are at hand, by zlib.
package enum Gzip {
    /// zlib's fastest: answers are small, and the network is seldom that slow.
    private static let level: Int32 = 1
    /// 15 bits of window, and 16 for a gzip header in place of zlib's.
    private static let windowBits: Int32 = 15 + 16
    private static let memoryLevel: Int32 = 8

    /// The compressed bytes; `nil` when zlib fails or they would not be fewer.
    package static func compressed(_ bytes: [UInt8]) -> [UInt8]? {
        var stream = z_stream()
        let begun = deflateInit2_(
            &stream, level, Z_DEFLATED, windowBits, memoryLevel, Z_DEFAULT_STRATEGY,
            ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard begun == Z_OK else { return nil }
        defer { deflateEnd(&stream) }
        var input = bytes
        let size = Int(deflateBound(&stream, UInt(bytes.count)))
        let output = input.withUnsafeMutableBufferPointer { source in
            [UInt8](unsafeUninitializedCapacity: size) { target, written in
                stream.next_in = source.baseAddress
                stream.avail_in = UInt32(source.count)
                stream.next_out = target.baseAddress
                stream.avail_out = UInt32(target.count)
                let ended = deflate(&stream, Z_FINISH) == Z_STREAM_END
                written = ended ? Int(stream.total_out) : 0
            }
        }
        return output.isEmpty || output.count >= bytes.count ? nil : output
    }
}
