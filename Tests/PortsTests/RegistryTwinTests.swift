import Ports
import TestSupport
import Testing

@Suite("Conformance of the in-memory registry")
struct RegistryTwinTests {
    @Test("registry", arguments: RegistryConformance.laws)
    func registry(keeps law: Law<RegistryWorld>) async throws {
        try await law.holds(in: .inMemory())
    }

    @Test func aRegistryThatFailsSaysSo() async throws {
        let registry = InMemoryRegistry()
        let failure = RegistryError.unreachable(registry: "memory", reason: "told to")
        registry.fail(with: failure)
        #expect(throws: failure) { try registry.register(RegistryConformance.registration(1)) }
        registry.fail(with: nil)
        try registry.register(RegistryConformance.registration(1))
    }
}
