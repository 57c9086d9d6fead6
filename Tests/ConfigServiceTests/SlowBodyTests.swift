import Dispatch
import Foundation
import HTTPServing
import HummingbirdTesting
import Ports
import TestSupport
import Testing

@testable import ConfigService

@Suite("A body that does not come whole", .timeLimit(.minutes(5)))
struct SlowBodyTests {
    @Test("it is not waited for")
    func slow() async throws {
        let policy = HealthURLPolicy(bindAddress: "127.0.0.1")
        let registry = LiveRegistry(
            restoring: [], archive: InMemoryRegistryArchive(), now: { Samples.day(0) },
            steady: { ContinuousClock.now }, logger: RegistryFixture.logger)
        let routes = RegistryRoutes(
            registry, policy: policy, now: { Samples.day(0) }, bodyTimeout: .milliseconds(50))
        let listener = HTTPListener(
            HTTPConfiguration(host: "127.0.0.1", port: 0, serviceName: "config-service"),
            operations: OperationRoutes(
                serviceName: "config-service", readiness: { [] }, metrics: { "" }),
            logger: RegistryFixture.logger, routes: { routes.add(to: $0) })
        try await listener.application.test(.live) { client in
            let port = try #require(client.port)
            let descriptor = try #require(LoopbackPort.connect(to: port))
            let socket = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
            let request =
                "POST /api/v1/registry/register HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n"
                + "Content-Type: application/json\r\n\r\n{"
            try socket.write(contentsOf: Data(request.utf8))
            let answer = await withCheckedContinuation { continuation in
                DispatchQueue.global().async {
                    // To the end: the answer ends the connection.
                    continuation.resume(returning: (try? socket.readToEnd()) ?? Data())
                }
            }
            let text = String(decoding: answer, as: UTF8.self)
            #expect(text.hasPrefix("HTTP/1.1 408 "), "\(text)")
        }
        #expect(registry.instances().isEmpty)
    }
}
