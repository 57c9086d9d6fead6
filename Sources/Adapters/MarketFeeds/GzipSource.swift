import CZlib

/// Inflates gzip data of one or more members as it is read.
///
/// Owns the zlib stream and its input block; zlib keeps the stream's address, so both stay where
/// they were allocated until `deinit` ends the stream and frees them.
final class GzipSource: ByteSource {
    private let compressed: any ByteSource
    private let name: String
    private let stream: UnsafeMutablePointer<z_stream>
    private let input: UnsafeMutableRawBufferPointer
    private var inputEnded = false
    private var memberEnded = false

    static let inputBytes = 64 * 1024
    /// A 32 KiB window with the gzip wrapper expected, per zlib's manual.
    private static let windowBits: Int32 = 15 + 16

    /// Whether data that starts like this is gzip (RFC 1952, section 2.3.1).
    static func begins(_ head: some Collection<UInt8>) -> Bool {
        head.elementsEqual([0x1f, 0x8b])
    }

    init(_ compressed: any ByteSource, name: String) throws(CSVError) {
        self.compressed = compressed
        self.name = name
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        input = .allocate(byteCount: GzipSource.inputBytes, alignment: 16)
        let code = inflateInit2_(
            stream, GzipSource.windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard code == Z_OK else { throw CSVError(file: name, .corruptGzip(reason: "\(code)")) }
    }

    deinit {
        inflateEnd(stream)
        stream.deinitialize(count: 1)
        stream.deallocate()
        input.deallocate()
    }

    func read(into block: UnsafeMutableRawBufferPointer) throws(CSVError) -> Int {
        stream.pointee.next_out = block.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_out = UInt32(clamping: block.count)
        let room = stream.pointee.avail_out
        while stream.pointee.avail_out == room {
            if stream.pointee.avail_in == 0 { try refill() }
            if memberEnded {
                guard try beginNextMember() else { return 0 }
            }
            let wasStarved = inputEnded && stream.pointee.avail_in == 0
            let code = inflate(stream, Z_NO_FLUSH)
            switch code {
            case Z_OK: break
            case Z_STREAM_END: memberEnded = true
            case Z_BUF_ERROR where !wasStarved: break
            case Z_BUF_ERROR: throw CSVError(file: name, .truncatedGzip)
            default: throw CSVError(file: name, .corruptGzip(reason: reason(code)))
            }
        }
        return Int(room - stream.pointee.avail_out)
    }

    private func refill() throws(CSVError) {
        guard !inputEnded else { return }
        let count = try compressed.read(into: input)
        inputEnded = count == 0
        stream.pointee.next_in = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_in = UInt32(count)
    }

    /// Whether another member follows; zero bytes that pad the end are passed over.
    private func beginNextMember() throws(CSVError) -> Bool {
        var padded = false
        while true {
            if stream.pointee.avail_in == 0 { try refill() }
            guard stream.pointee.avail_in > 0, let next = stream.pointee.next_in else {
                return false
            }
            if next.pointee != 0 { break }
            padded = true
            stream.pointee.next_in = next + 1
            stream.pointee.avail_in -= 1
        }
        guard !padded, stream.pointee.next_in?.pointee == 0x1f, inflateReset(stream) == Z_OK else {
            throw CSVError(file: name, .trailingGarbage)
        }
        memberEnded = false
        return true
    }

    private func reason(_ code: Int32) -> String {
        stream.pointee.msg.map { String(cString: $0) } ?? "zlib code \(code)"
    }
}
