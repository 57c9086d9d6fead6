import Driver
import Ports
import SwiftProtobuf

@testable import Clients
@testable import Contracts
@testable import Gateway

/// Any request is refused as the caller's fault, or is a message: one that is the same again after
/// it was written and read, as protobuf's bytes, as JSON, and as a client carries it over HTTP.
///
/// The first byte names the method and says how the rest is read: as protobuf's bytes; or as HTTP
/// has it, the path's variable, the query, and what a stream is resumed after in a line each, and
/// the body.
@main
enum Requests {
    static let descriptors = expected { try ServiceDescriptors() }
    static let writer = RequestWriter(descriptors: descriptors)
    static let transcoders: [Transcoder] = {
        let methods =
            ServiceMethod.marketRegime(RemoteMarketRegime(Nobody()))
            + ServiceMethod.trading(RemoteTrading(Nobody()), RemoteTrading(Nobody()))
        return methods.map { method in
            expected {
                guard let route = try descriptors.route(of: method.fullName) else {
                    throw RPCFault(.unimplemented, method.fullName)
                }
                return try Transcoder(method, at: route, descriptors)
            }
        }
    }()

    static func main() {
        fuzz { start, count in
            Requests.check(Array(UnsafeBufferPointer(start: start, count: count)))
            return 0
        }
    }

    static func check(_ bytes: [UInt8]) {
        guard let first = bytes.first else { return }
        let transcoder = transcoders[Int(first & 0x7F) % transcoders.count]
        let rest = Array(bytes.dropFirst())
        if first & 0x80 == 0 {
            checkHTTP(rest, transcoder)
        } else {
            checkWire(rest, transcoder)
        }
    }

    static func checkHTTP(_ bytes: [UInt8], _ transcoder: Transcoder) {
        let parts = bytes.split(
            separator: UInt8(ascii: "\n"), maxSplits: 3, omittingEmptySubsequences: false)
        func text(_ index: Int) -> String {
            index < parts.count ? String(decoding: parts[index], as: UTF8.self) : ""
        }
        let body = parts.count > 3 ? Array(parts[3]) : []
        checkJSON(body)
        do throws(RPCFault) {
            let message = try transcoder.message(
                path: transcoder.pathFields.map { _ in Substring(text(0)) },
                query: QueryText(text(1)), resuming: text(2).isEmpty ? nil : text(2), body: body)
            expect(type(of: message) == transcoder.method.asked, "another message")
            if transcoder.bodyType is any ListRequest.Type {
                let count = (message as? Bloasis_Trading_RecordBarsRequest)?.bars.count
                expect(ListedObjects.count(in: body) == count, "other bars were counted")
            }
            let text = checkAgain(message)
            // A query carries no message without fields.
            if !text.contains("{}") { checkCarried(message, text, transcoder) }
        } catch {
            expect(error.code == .invalidArgument, "\(error)")
            expect(!error.message.isEmpty, "a fault without words")
        }
    }

    static func checkWire(_ bytes: [UInt8], _ transcoder: Transcoder) {
        guard let message = try? transcoder.method.asked.init(serializedBytes: bytes) else {
            return
        }
        if let bars = message as? Bloasis_Trading_RecordBarsRequest {
            var fields = FieldScan(bytes: bytes)
            let number = Bloasis_Trading_RecordBarsRequest.listNumber
            expect(fields.count(of: number) == bars.bars.count, "other bars were counted")
        }
        // JSON leaves out what is unknown.
        checkAgain(expected { try same(message, asJSON: WireJSON.text(message)) })
    }

    /// A message is written and read again.
    ///
    /// - Returns: its JSON.
    @discardableResult
    static func checkAgain(_ message: any Message) -> String {
        let text = expected { try WireJSON.text(message) }
        let bytes = expected { try message.serializedBytes() as [UInt8] }
        let read = expected { try type(of: message).init(serializedBytes: bytes) }
        expect(expected { try WireJSON.text(read) } == text, "other bytes: \(text)")
        let asJSON = expected { try same(message, asJSON: text) }
        expect(expected { try WireJSON.text(asJSON) } == text, "other JSON: \(text)")
        return text
    }

    /// A client's request for a message is the message at the door.
    static func checkCarried(_ message: any Message, _ text: String, _ transcoder: Transcoder) {
        do {
            let written = try writer.write(transcoder.method.fullName, message)
            let halves = written.target.split(
                separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
            let segments = halves[0].dropFirst().split(
                separator: "/", omittingEmptySubsequences: false)
            let path = zip(transcoder.route.segments, segments).compactMap { segment, text in
                if case .variable = segment { text } else { nil }
            }
            let carried = expected {
                try transcoder.message(
                    path: path, query: QueryText(halves.count > 1 ? String(halves[1]) : nil),
                    body: written.body ?? [])
            }
            expect(expected { try WireJSON.text(carried) } == text, "other at the door: \(text)")
        } catch {
            let fault = error as? RPCFault
            expect(fault?.message.hasSuffix("is missing") == true, "not to be carried: \(error)")
        }
    }

    /// A JSON text is the same value again after it was written and read.
    static func checkJSON(_ text: [UInt8]) {
        guard let value = try? JSONValue(parsing: text) else { return }
        let again = expected { try JSONValue(parsing: Array(value.text.utf8)) }
        expect(again == value, "other JSON")
    }

    static func same(_ message: some Message, asJSON text: String) throws -> any Message {
        try WireJSON.message(type(of: message), from: Array(text.utf8), subject: "the message")
    }
}

/// Methods are named, none is called.
struct Nobody: RemoteCalls {
    func unary<Asked: Message, Answered: Message>(
        _ service: String, _ name: String, _ asked: Asked
    ) async throws -> Answered {
        throw RPCFault(.unimplemented, name)
    }

    func stream<Asked: Message, Answered: Message>(
        _ service: String, _ name: String, _ asked: Asked
    ) async throws -> AsyncThrowingStream<Answered, any Error> {
        throw RPCFault(.unimplemented, name)
    }
}
