package import Contracts
package import SwiftProtobuf

/// An answer as caches keep it: with the forms that doors gave it, so that it is put into words
/// once, however often it is told.
package struct KeptAnswer<Kind: Message>: Sendable {
    package let message: Kind
    package let answered: AnsweredMessage

    package init(_ message: Kind) {
        self.message = message
        answered = AnsweredMessage(message)
    }
}

/// Messages of the API as its JSON.
package struct MessageCodec<Kind: Message>: CacheCodec {
    package init() {}

    package func encode(_ value: KeptAnswer<Kind>) throws -> [UInt8] {
        try value.answered.json
    }

    package func decode(_ bytes: [UInt8]) throws -> KeptAnswer<Kind> {
        KeptAnswer(try WireJSON.message(Kind.self, from: bytes, subject: "a cached answer"))
    }
}
