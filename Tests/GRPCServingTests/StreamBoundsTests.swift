import GRPCCore
import Hosting
import Testing

@testable import GRPCServing

@Suite("How many streams a client may have")
struct StreamBoundsTests {
    private typealias Answer = StreamingServerResponse<Int>

    private let bounds = StreamBounds(
        places: ClientPlaces(for: "streams", limit: 3, perClient: 1))

    private func open(
        from peer: String,
        _ answer: @escaping @Sendable () async throws -> Answer = {
            Answer { _ in [:] }
        }
    ) async throws -> Answer {
        let context = ServerContext(
            descriptor: MethodDescriptor(
                fullyQualifiedService: "a.B", method: "C", type: .serverStreaming),
            remotePeer: peer, localPeer: "ipv4:127.0.0.1:1",
            cancellation: ServerContext.RPCCancellationHandle())
        let request = StreamingServerRequest<Int>(
            metadata: [:],
            messages: RPCAsyncSequence(wrapping: AsyncThrowingStream { nil }))
        return try await bounds.intercept(request: request, context: context) { _, _ in
            try await answer()
        }
    }

    /// The code that a stream is refused with; `nil` when it is let through.
    private func refusal(from peer: String) async throws -> RPCError.Code? {
        guard case .failure(let error) = try await open(from: peer).accepted else { return nil }
        return error.code
    }

    /// Reads a stream to its end.
    private func end(_ answer: Answer) async throws {
        _ = try await answer.accepted.get().producer(RPCWriter(wrapping: Nowhere()))
    }

    private struct Nowhere: RPCWriterProtocol {
        func write(_ element: Int) async throws {}
        func write(contentsOf elements: some Sequence<Int>) async throws {}
    }

    @Test("one that is open keeps its address from another, on whatever connection, until it ends")
    func perClient() async throws {
        let first = try await open(from: "ipv4:10.0.0.1:1000")
        #expect(try await refusal(from: "ipv4:10.0.0.1:2000") == .resourceExhausted)
        #expect(try await refusal(from: "ipv4:10.0.0.2:1000") == nil)
        try await end(first)
        #expect(try await refusal(from: "ipv4:10.0.0.1:2000") == nil)
    }

    @Test("a stream that fails, before it begins or in its course, gives its place back")
    func failing() async throws {
        struct Failure: Error {}
        for _ in 1...3 {
            await #expect(throws: Failure.self) {
                _ = try await open(from: "ipv4:10.0.0.1:1000") { throw Failure() }
            }
            let refused = try await open(from: "ipv4:10.0.0.1:1000") {
                Answer(error: RPCError(code: .notFound, message: ""))
            }
            #expect(throws: RPCError.self) { _ = try refused.accepted.get() }
            let failing = try await open(from: "ipv4:10.0.0.1:1000") {
                Answer { _ in throw Failure() }
            }
            await #expect(throws: Failure.self) { try await end(failing) }
        }
        #expect(try await refusal(from: "ipv4:10.0.0.1:1000") == nil)
    }

    @Test(
        "a peer's address is what stands before its port",
        arguments: [
            ("ipv4:127.0.0.1:5000", "ipv4:127.0.0.1"), ("ipv6:[::1]:5000", "ipv6:[::1]"),
            ("unix:/run/a:1", "unix:/run/a:1"), ("<unknown>", "<unknown>"),
        ])
    func address(peer: String, address: String) {
        #expect(StreamBounds.address(of: peer) == address)
    }
}
