import GRPCCore
import GRPCNIOTransportHTTP2Posix

/// grpc-swift with its defaults: a server, a method, no interceptor, and messages that are bytes.
struct Echo {
    let port: Int
    let answer: [UInt8]

    func run() async throws {
        let server = GRPCServer(
            transport: HTTP2ServerTransport.Posix(
                address: .ipv4(host: "127.0.0.1", port: port), transportSecurity: .plaintext),
            services: [FixedAnswer(bytes: answer)])
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.serve() }
            _ = try await server.listeningAddress
            Main.tellListening()
            try await group.waitForAll()
        }
    }
}

private struct FixedAnswer: RegistrableRPCService {
    let bytes: [UInt8]

    func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
        let method = MethodDescriptor(
            fullyQualifiedService: "bloasis.market_regime.MarketRegimeService",
            method: "GetCurrentRegime", type: .unary)
        router.registerHandler(
            forMethod: method, deserializer: BytesReader(), serializer: BytesWriter()
        ) { [bytes] request, _ in
            _ = try await ServerRequest(stream: request)
            return StreamingServerResponse(single: ServerResponse(message: bytes))
        }
    }
}

private struct BytesReader: MessageDeserializer {
    func deserialize<Bytes: GRPCContiguousBytes>(_ bytes: Bytes) -> [UInt8] {
        unsafe bytes.withUnsafeBytes { unsafe Array($0) }
    }
}

private struct BytesWriter: MessageSerializer {
    func serialize<Bytes: GRPCContiguousBytes>(_ message: [UInt8]) -> Bytes { Bytes(message) }
}
