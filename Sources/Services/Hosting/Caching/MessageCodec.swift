import Contracts
package import SwiftProtobuf

/// Messages of the API as its JSON.
package struct MessageCodec<Value: Message>: CacheCodec {
    package init() {}

    package func encode(_ value: Value) throws -> [UInt8] {
        Array(try WireJSON.text(value).utf8)
    }

    package func decode(_ bytes: [UInt8]) throws -> Value {
        try WireJSON.message(Value.self, from: bytes, subject: "a cached answer")
    }
}
