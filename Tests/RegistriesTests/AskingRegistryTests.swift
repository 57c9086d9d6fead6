import HTTPTypes
import Ports
import Synchronization
import Testing

@testable import Registries

@Suite("A registry that has to ask for tokens")
struct AskingRegistryTests {
    /// Asks a registry that answers its list to whom it is said to, and nobody else.
    private func registered(
        withoutToken stranger: HTTPResponse.Status
    ) async throws -> Result<[ServiceInstance], RegistryError> {
        let outcome = Mutex<Result<[ServiceInstance], RegistryError>>(.success([]))
        let answer: StubServer.Answering = { asked in
            asked.headers[.authorization] == "Bearer t"
                ? .text("[]", status: .ok, headers: [:])
                : .text("[]", status: stranger, headers: [:])
        }
        try await StubServer.serving(answer) { server in
            let url = "http://127.0.0.1:\(server.port)"
            try await withConfigService(url, token: RegistryToken("t")) { shown in
                try await withConfigService(url) { unshown in
                    let registry = AskingRegistry(shown, stranger: unshown)
                    do {
                        _ = try await registry.instances(of: "a")
                        let found = try await registry.instances(of: "b")
                        outcome.withLock { $0 = .success(found) }
                    } catch let error as RegistryError {
                        outcome.withLock { $0 = .failure(error) }
                    }
                }
            }
            // Once proven it is not asked without a token again.
            let strangers = server.asked.filter { $0.headers[.authorization] == nil }
            #expect(strangers.count == 1)
        }
        return outcome.withLock { $0 }
    }

    @Test("is believed once it has refused somebody without one")
    func asks() async throws {
        let found = try await registered(withoutToken: .unauthorized)
        #expect(try found.get().isEmpty)
    }

    @Test("is not believed when it tells everybody")
    func asksNobody() async throws {
        guard case .failure(.asksNobody) = try await registered(withoutToken: .ok) else {
            Issue.record("it was believed")
            return
        }
    }

    @Test("is not believed when it refuses for another reason")
    func another() async throws {
        guard
            case .failure(.refused(_, 503, _)) = try await registered(
                withoutToken: .serviceUnavailable)
        else {
            Issue.record("it was believed")
            return
        }
    }
}
