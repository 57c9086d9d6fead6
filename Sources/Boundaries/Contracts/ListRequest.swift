package import SwiftProtobuf

/// A request with a list of messages. They are counted before any is decoded: an empty one takes
/// two bytes to send, and hundreds in memory.
package protocol ListRequest: Message {
    /// The list's field.
    static var listNumber: UInt64 { get }
    /// - Throws: INVALID_ARGUMENT for more messages than the list may have.
    static func check(count: Int) throws(RPCFault)
}

extension ListRequest {
    /// - Parameter wire: protobuf's bytes.
    /// - Throws: INVALID_ARGUMENT for more messages than the list may have.
    package static func check(wire: [UInt8]) throws(RPCFault) {
        var fields = FieldScan(bytes: wire)
        try check(count: fields.count(of: listNumber))
    }

    /// - Parameter json: proto3 JSON, in which no other field is a list.
    /// - Throws: INVALID_ARGUMENT for more messages than the list may have.
    package static func check(json: [UInt8]) throws(RPCFault) {
        try check(count: ListedObjects.count(in: json))
    }
}

/// Walks over the fields of a message (protobuf.dev, Encoding) as far as they can be read; behind
/// that nothing is decoded either.
struct FieldScan {
    let bytes: [UInt8]
    var index = 0

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// How often a field comes that has a length; in groups, which nothing here has, it is none.
    mutating func count(of number: UInt64) -> Int {
        var (count, depth) = (0, 0)
        while let key = varint() {
            switch key & 7 {
            case 0: _ = varint()
            case 1: index += 8
            case 2:
                if depth == 0, key >> 3 == number { count += 1 }
                guard let length = varint(), length <= UInt64(bytes.count - index) else {
                    return count
                }
                index += Int(length)
            case 3: depth += 1
            case 4: depth -= 1
            case 5: index += 4
            default: return count
            }
        }
        return count
    }

    private mutating func varint() -> UInt64? {
        var (value, shift): (UInt64, UInt64) = (0, 0)
        while index < bytes.count, shift < 70 {
            let byte = bytes[index]
            index += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        return nil
    }
}

enum ListedObjects {
    /// Objects in the arrays that are members of the whole, as far as the text is JSON.
    static func count(in json: [UInt8]) -> Int {
        var (count, depth, index) = (0, 0, 0)
        var isInList = false
        while index < json.count {
            let byte = json[index]
            switch byte {
            case UInt8(ascii: "\""):
                index = NumberQuoting.endOfString(json, from: index)
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                if depth == 2, isInList, byte == UInt8(ascii: "{") { count += 1 }
                if depth == 1 { isInList = byte == UInt8(ascii: "[") }
                depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            default: break
            }
            index += 1
        }
        return count
    }
}
