import Foundation
import TestSupport
import Testing

@Suite("Faulty clients at the gRPC door", .serialized, .timeLimit(.minutes(5)))
struct GRPCFaultTests {
    /// What `grpc_faults.py` does, and how each thing ends. 1, 6, 9 and 11 are PROTOCOL_ERROR,
    /// FRAME_SIZE_ERROR, COMPRESSION_ERROR and ENHANCE_YOUR_CALM.
    private static let expected: [(String, String)] = [
        ("garbage", "closed 1"), ("HTTP/1.1", "closed 1"), ("a TLS hello", "closed 1"),
        ("a frame too long", "closed 6"), ("data on no stream", "closed 1"),
        ("data on an idle stream", "closed 1"), ("a stream of the server", "closed 1"),
        ("fields that are none", "closed 9"), ("a continuation of nothing", "closed 1"),
        ("settings cut short", "closed 6"), ("a promise", "closed 1"),
        ("a window of nothing", "closed 1"), ("fields without end", "closed 1"),
        ("continuations without end", "closed 11"), ("pings without end", "closed 11"),
        ("settings without end", "closed 11"), ("empty data without end", "closed 11"),
        ("resets without end", "closed 11"), ("a message longer than any", "reset"),
        ("a compressed message", "reset"), ("a message cut short", "answered"),
        ("two messages", "answered"), ("no message", "answered"),
        ("bytes that are no message", "answered"), ("a frame that nobody knows", "answered"),
        ("a method that is not there", "UNIMPLEMENTED"),
        ("a service that is not there", "UNIMPLEMENTED"), ("a path that is none", "UNIMPLEMENTED"),
        ("a path upwards", "UNIMPLEMENTED"), ("unknown fields", "OK"),
        ("text that is not UTF-8", "INVALID_ARGUMENT"), ("a market upwards", "INVALID_ARGUMENT"),
        ("a secret", "OK"), ("a message of 49 MiB", "OK"),
        ("a message of 51 MiB", "RESOURCE_EXHAUSTED"),
        // Cut off by the transport, which has no code for it.
        ("a message of 65 MiB", "CANCELLED"), ("300 streams", "open"),
        ("300 calls beside them", "OK"),
    ]

    @Test("each ends as it should, alone or with its connection, and the server stays well")
    func faults() async throws {
        let world = try await DoorWorld()
        let told = try await IndependentClient.run(
            "grpc_faults.py", String(world.server.grpcPort))
        #expect(told.status == 0, "\(told.errors)")
        let lines = told.output.split(separator: "\n").map(String.init)
        #expect(lines == Self.expected.map { "\($0) \($1)" })
        let asked = try await IndependentClient.run("grpc_current.py", world.server.grpcAddress)
        #expect(asked.status == 0, "\(asked.errors)")
        try await world.end()
    }
}
