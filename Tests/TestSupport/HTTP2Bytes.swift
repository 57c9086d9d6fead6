/// What a client of HTTP/2 sends, byte for byte (RFC 9113).
package enum HTTP2Bytes {
    /// The preface, with no settings.
    package static let preface =
        Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + [0, 0, 0, 4, 0, 0, 0, 0, 0]

    /// HEADERS of a gRPC call on stream 1 that say that more comes; fields as literals that are not
    /// indexed (RFC 7541, section 6.2.2), so the method has fewer than 127 bytes.
    package static func call(_ method: String) -> [UInt8] {
        let fields = [
            (":method", "POST"), (":scheme", "http"), (":path", "/\(method)"), (":authority", "x"),
            ("te", "trailers"), ("content-type", "application/grpc"),
        ]
        let block = fields.flatMap { name, value in
            [0, UInt8(name.utf8.count)] + name.utf8 + [UInt8(value.utf8.count)] + value.utf8
        }
        return [0, 0, UInt8(block.count), 1, 4, 0, 0, 0, 1] + block
    }

    /// How trailers on stream 1 begin: type, the flags END_HEADERS and END_STREAM, stream.
    package static let trailers: [UInt8] = [1, 5, 0, 0, 0, 1]
}
