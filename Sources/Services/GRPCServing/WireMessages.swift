import Contracts
import GRPCCore
import SwiftProtobuf

/// Messages as protobuf's bytes. One that is too large or that cannot be read is told so with its
/// code, not with a broken stream.
struct MessageReader: MessageDeserializer {
    let type: any SwiftProtobuf.Message.Type
    let limitBytes: Int

    func deserialize<Bytes: GRPCContiguousBytes>(
        _ bytes: Bytes
    ) throws -> any SwiftProtobuf.Message {
        guard bytes.count <= limitBytes else {
            throw RPCError(
                code: .resourceExhausted,
                message: "a message of \(bytes.count) bytes: \(limitBytes) at the most")
        }
        do {
            let wire = unsafe bytes.withUnsafeBytes { unsafe Array($0) }
            try (type as? any ListRequest.Type)?.check(wire: wire)
            return try type.init(serializedBytes: wire)
        } catch let fault as RPCFault {
            throw RPCError(fault)
        } catch {
            throw RPCError(
                code: .invalidArgument, message: "these bytes are no \(type.protoMessageName)")
        }
    }
}

struct MessageWriter: MessageSerializer {
    let limitBytes: Int

    func serialize<Bytes: GRPCContiguousBytes>(_ answer: AnsweredMessage) throws -> Bytes {
        let bytes: [UInt8] = try answer.form { try $0.serializedBytes() }
        guard bytes.count <= limitBytes else {
            throw RPCError(
                code: .resourceExhausted,
                message: "the answer has \(bytes.count) bytes, \(limitBytes) at the most: ask for "
                    + "smaller pages")
        }
        return Bytes(bytes)
    }
}
