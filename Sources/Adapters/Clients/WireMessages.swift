import Contracts
import GRPCCore
import SwiftProtobuf

/// A request as protobuf's bytes, made once for all attempts.
struct WireRequest: MessageSerializer {
    static func bytes(of message: some SwiftProtobuf.Message) throws -> [UInt8] {
        let bytes: [UInt8] = try message.serializedBytes()
        guard bytes.count <= CallLimits.messageBytes else {
            throw RPCFault(
                .resourceExhausted,
                "the request has \(bytes.count) bytes, \(CallLimits.messageBytes) at the most: "
                    + "send less at a time")
        }
        return bytes
    }

    func serialize<Bytes: GRPCContiguousBytes>(_ message: [UInt8]) throws -> Bytes {
        Bytes(message)
    }
}

/// An answer from protobuf's bytes. Errors are the library's: it keeps nothing of others but their
/// text.
struct WireAnswer<M: Message>: MessageDeserializer {
    func deserialize<Bytes: GRPCContiguousBytes>(_ bytes: Bytes) throws -> M {
        guard bytes.count <= CallLimits.messageBytes else {
            throw RPCError(
                code: .resourceExhausted,
                message: "the answer has \(bytes.count) bytes, \(CallLimits.messageBytes) at the "
                    + "most: ask for smaller pages")
        }
        do {
            return try unsafe bytes.withUnsafeBytes {
                try unsafe M(serializedBytes: Array($0))
            }
        } catch {
            throw RPCError(
                code: .internalError, message: "the answer is no \(M.protoMessageName)")
        }
    }
}
