import Contracts
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import Glibc
import Hosting
import Logging
import Ports
import ServiceLifecycle
import SwiftProtobuf
import TestSupport
import Testing

@testable import GRPCServing

@Suite("The gRPC door", .timeLimit(.minutes(2)))
struct ListenerTests {
    private static let service = "bloasis.market_regime.MarketRegimeService"
    private typealias Client = GRPCClient<HTTP2ClientTransport.Posix>

    /// Runs the door for a fake, and asks it.
    private func serving(
        _ regimes: FakeService, access: AccessControl = .off,
        _ body: @escaping @Sendable (Client, ServiceGroup) async throws -> Void
    ) async throws {
        let methods = MethodTable(
            ServiceMethod.marketRegime(regimes).map { $0.guarded(by: access) },
            logger: Logger(label: "test"))
        let (ports, port) = AsyncStream<Int>.makeStream()
        let listener = GRPCListener(
            host: "localhost", port: 0, methods: methods,
            onRunning: { port.yield($0) })
        let group = ServiceGroup(services: [listener], logger: Logger(label: "test"))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            let bound = try #require(await ports.first { _ in true })
            let transport = try HTTP2ClientTransport.Posix(
                target: .dns(host: "localhost", port: bound), transportSecurity: .plaintext)
            try await withGRPCClient(transport: transport) { try await body($0, group) }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    private static func ask<Asked: Message, Answered: Message>(
        _ client: Client, _ method: String, _ asked: Asked, _ metadata: Metadata = [:],
        as type: Answered.Type = Answered.self
    ) async throws -> Answered {
        var options = CallOptions.defaults
        options.maxRequestMessageBytes = 100 << 20
        return try await client.unary(
            request: ClientRequest(message: AnsweredMessage(asked), metadata: metadata),
            descriptor: MethodDescriptor(
                fullyQualifiedService: service, method: method, type: .unary),
            serializer: MessageWriter(limitBytes: .max),
            deserializer: MessageReader(type: Answered.self, limitBytes: .max), options: options
        ) { try #require(try $0.message as? Answered) }
    }

    private static func current(
        _ client: Client, size: Int = 0, metadata: Metadata = [:]
    ) async throws -> Bloasis_MarketRegime_RegimeResponse {
        var asked = Bloasis_MarketRegime_RegimeRequest()
        asked.market = "SPX"
        asked.userID = String(size)
        return try await ask(client, "GetCurrentRegime", asked, metadata)
    }

    private static func code(
        _ body: () async throws -> Bloasis_MarketRegime_RegimeResponse
    ) async -> RPCError? {
        await #expect(throws: RPCError.self) { _ = try await body() }
    }

    @Test func aCallIsAnsweredInTheServicesWords() async throws {
        try await serving(FakeService()) { client, _ in
            let answer = try await Self.current(client)
            #expect(answer.regime == "normal_bull" && answer.market == "SPX")
        }
    }

    private struct Surprise: Error {
        let path = "/secret/path"
    }

    @Test func faultsKeepTheirCodeAndOthersTheirSecrets() async throws {
        let regimes = FakeService()
        try await serving(regimes) { client, _ in
            for code in RPCFault.Code.allCases {
                regimes.fail(with: RPCFault(code, "says why"))
                let error = await Self.code { try await Self.current(client) }
                #expect(error?.code.rawValue == Int(code.rawValue))
                #expect(error?.message == "says why")
                let status = error?.metadata[binaryValues: RPCFault.statusTrailer].map { $0 }
                #expect(status == [RPCFault(code, "says why").statusBytes])
            }
            regimes.fail(with: RPCFault(.resourceExhausted, "busy", retryAfterSeconds: 7))
            let busy = await Self.code { try await Self.current(client) }
            let pushback = busy?.metadata[stringValues: RPCFault.pushbackTrailer].map { $0 }
            #expect(pushback == ["7000"])
            regimes.fail(with: Surprise())
            let error = await Self.code { try await Self.current(client) }
            #expect(error?.code == .internalError)
            #expect(error?.message.hasPrefix("Classification error: Surprise") == true)
            #expect(error?.message.contains("secret") == false)
        }
    }

    @Test func callersShowOneTokenWhereTheyAreAsked() async throws {
        let access = AccessControl(
            verifier: InMemoryTokenVerifier([
                "good": Principal(subject: "ann", scopes: [.user]),
                "poor": Principal(subject: "bob", scopes: []),
            ]))
        try await serving(FakeService(), access: access) { client, _ in
            func code(_ tokens: String...) async -> RPCError.Code? {
                var metadata: Metadata = [:]
                for token in tokens {
                    metadata.addString("Bearer \(token)", forKey: "authorization")
                }
                do {
                    _ = try await Self.current(client, metadata: metadata)
                    return nil
                } catch {
                    return (error as? RPCError)?.code
                }
            }
            #expect(await code("good") == nil)
            #expect(await code() == .unauthenticated)
            #expect(await code("bad") == .unauthenticated)
            #expect(await code("poor") == .permissionDenied)
            #expect(await code("good", "poor") == .unauthenticated)
        }
    }

    @Test func aMethodThatIsNotThereIsUnimplemented() async throws {
        try await serving(FakeService()) { client, _ in
            let error = await Self.code {
                try await Self.ask(
                    client, "ForetellRegime", Bloasis_MarketRegime_RegimeRequest())
            }
            #expect(error?.code == .unimplemented)
        }
    }

    /// A message of so many bytes, in a field that nobody reads: a text would be looked through for
    /// long.
    private static func message<M: Message>(ofBytes count: Int) throws -> M {
        // Field 1000, length-delimited: two bytes, then four for this length.
        let length = count - 6
        var bytes: [UInt8] = [0xC2, 0x3E]
        bytes += (0..<4).map { UInt8(length >> (7 * $0) & 0x7F) | ($0 < 3 ? 0x80 : 0) }
        bytes += [UInt8](repeating: 0, count: length)
        return try M(serializedBytes: bytes)
    }

    @Test func largeMessagesPassAndTooLargeOnesAreRefused() async throws {
        let regimes = FakeService()
        let limit = MethodTable.messageLimitBytes
        regimes.answer { asked in
            guard let asked = asked as? Bloasis_MarketRegime_RegimeRequest else { return nil }
            guard let size = Int(asked.userID) else {
                var answer = Bloasis_MarketRegime_RegimeResponse()
                answer.market = String(asked.unknownFields.data.count)
                return answer
            }
            return try? Self.message(ofBytes: size) as Bloasis_MarketRegime_RegimeResponse
        }
        try await serving(regimes) { client, _ in
            for size in [limit, limit + 1] {
                let asked: Bloasis_MarketRegime_RegimeRequest = try Self.message(ofBytes: size)
                if size == limit {
                    let answer: Bloasis_MarketRegime_RegimeResponse = try await Self.ask(
                        client, "GetCurrentRegime", asked)
                    #expect(answer.market == String(limit))
                    let large = try await Self.current(client, size: size)
                    #expect(large.unknownFields.data.count == limit)
                } else {
                    let refused = await Self.code {
                        try await Self.ask(client, "GetCurrentRegime", asked)
                    }
                    #expect(refused?.code == .resourceExhausted)
                    let unsent = await Self.code { try await Self.current(client, size: size) }
                    #expect(unsent?.code == .resourceExhausted)
                }
            }
        }
    }

    @Test(
        "a deadline that is none ends neither the call nor the process",
        arguments: ["-1S", "-99999999n", "soon", ""])
    func strangeDeadline(sent: String) async throws {
        try await serving(FakeService()) { client, _ in
            let metadata: Metadata = ["grpc-timeout": .string(sent)]
            let answer = try await Self.current(client, metadata: metadata)
            #expect(answer.regime == "normal_bull")
        }
    }

    @Test func aStreamGivesWhatComesAndEndsWithTheService() async throws {
        let regimes = FakeService()
        try await serving(regimes) { client, group in
            let error = await #expect(throws: RPCError.self) {
                try await client.serverStreaming(
                    request: ClientRequest(
                        message: AnsweredMessage(
                            Bloasis_MarketRegime_StreamRegimeChangesRequest())),
                    descriptor: MethodDescriptor(
                        fullyQualifiedService: Self.service, method: "StreamRegimeChanges",
                        type: .serverStreaming),
                    serializer: MessageWriter(limitBytes: .max),
                    deserializer: MessageReader(type: FakeService.Change.self, limitBytes: .max),
                    options: .defaults
                ) { response in
                    var sequence: Int64 = 1
                    let source = try await regimes.nextSource()
                    source.yield(FakeService.change(sequence))
                    for try await message in response.messages {
                        let change = try #require(message as? FakeService.Change)
                        #expect(change.sequence == sequence)
                        sequence += 1
                        guard sequence <= 3 else {
                            await group.triggerGracefulShutdown()
                            continue
                        }
                        source.yield(FakeService.change(sequence))
                    }
                }
            }
            #expect(error?.code == .unavailable)
        }
    }

    @Test func aPortThatIsTakenIsNamed() async throws {
        let (descriptor, port) = try LoopbackPort.listen()
        defer { close(descriptor) }
        let listener = GRPCListener(
            host: "127.0.0.1", port: port, methods: MethodTable([], logger: Logger(label: "test")))
        let error = await #expect(throws: ListeningError.self) { try await listener.run() }
        #expect(error?.description.contains("127.0.0.1:\(port)") == true)
        #expect(error?.description.contains("GRPC_PORT") == true)
    }
}
