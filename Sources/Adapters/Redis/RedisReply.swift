import CHiredis

/// What a server answers, in its second protocol (RESP2).
package enum RedisReply: Sendable, Equatable {
    case simple(String)
    case bulk([UInt8])
    case integer(Int64)
    case array([RedisReply])
    case null
    case error(RedisFault)
}

extension RedisReply {
    /// Copies what hiredis has read. It nests no deeper than hiredis' reader lets it: nine levels.
    init(_ reply: UnsafePointer<redisReply>) {
        switch reply.pointee.type {
        case REDIS_REPLY_STRING: self = .bulk([UInt8](reply.bytes))
        case REDIS_REPLY_STATUS: self = .simple(String(decoding: reply.bytes, as: UTF8.self))
        case REDIS_REPLY_ERROR:
            self = .error(RedisFault(line: String(decoding: reply.bytes, as: UTF8.self)))
        case REDIS_REPLY_INTEGER: self = .integer(reply.pointee.integer)
        case REDIS_REPLY_ARRAY:
            let elements = UnsafeBufferPointer(
                start: reply.pointee.element, count: reply.pointee.elements)
            self = .array(elements.map { $0.map { RedisReply($0) } ?? .null })
        default: self = .null
        }
    }

    /// Bytes, or `nil` for what is not there.
    package var bytes: [UInt8]? {
        get throws(RedisError) {
            switch self {
            case .bulk(let bytes): return bytes
            case .simple(let text): return Array(text.utf8)
            case .null: return nil
            case .integer, .array, .error: throw unexpected("bytes")
            }
        }
    }

    package var int64: Int64 {
        get throws(RedisError) {
            guard case .integer(let value) = self else { throw unexpected("an integer") }
            return value
        }
    }

    package var elements: [RedisReply] {
        get throws(RedisError) {
            guard case .array(let elements) = self else { throw unexpected("an array") }
            return elements
        }
    }

    /// Channel and payload of what a subscription hears.
    var message: (channel: [UInt8], payload: [UInt8])? {
        guard case .array(let elements) = self, elements.count == 3,
            case .bulk(let kind) = elements[0], kind.elementsEqual("message".utf8),
            case .bulk(let channel) = elements[1], case .bulk(let payload) = elements[2]
        else { return nil }
        return (channel, payload)
    }

    /// UTF-8 text; `nil` for what is neither text nor there.
    package var text: String? {
        switch self {
        case .simple(let text): text
        case .bulk(let bytes): String(validating: bytes, as: UTF8.self)
        case .integer, .array, .null, .error: nil
        }
    }

    /// Values stay out of errors: they may be secrets.
    private var kind: String {
        switch self {
        case .simple: "a simple string"
        case .bulk(let bytes): "a string of \(bytes.count) bytes"
        case .integer: "an integer"
        case .array(let elements): "an array of \(elements.count)"
        case .null: "nothing"
        case .error(let fault): "the error \(fault)"
        }
    }

    private func unexpected(_ wanted: String) -> RedisError {
        .unexpectedReply(wanted: wanted, got: kind)
    }
}

extension UnsafePointer<redisReply> {
    fileprivate var bytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: pointee.str, count: pointee.len)
    }
}
