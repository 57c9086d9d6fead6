import Contracts
import GRPCServing
import TestSupport
import Testing

@testable import Clients

@Suite("Calls over TLS", .timeLimit(.minutes(2)))
struct SecureCallsTests {
    private typealias Asked = Bloasis_MarketRegime_RegimeRequest

    /// Asks a door that shows a certificate.
    private func ask(
        _ host: String, _ certificate: TestCertificate, trusting authorities: String?
    ) async throws -> Result<Bloasis_MarketRegime_RegimeResponse, RPCFault> {
        let security = ServerSecurity(
            certificate: certificate.path, privateKey: certificate.keyPath)
        return try await World.withDoor(.grpc, FakeService(), security: security) { port in
            let endpoint = RemoteEndpoint(host: "127.0.0.1", port: port)
            let calls = try GRPCCalls(
                { [endpoint] }, host: host, security: ClientSecurity(authorities: authorities),
                now: { ContinuousClock.now }, chance: { 0 })
            return try await World.withConnections(calls) { calls in
                do {
                    return .success(try await RemoteMarketRegime(calls).getCurrentRegime(Asked()))
                } catch let fault as RPCFault {
                    return .failure(fault)
                }
            }
        }
    }

    @Test(
        "a certificate is for the service's name, or for its address where it has no other",
        arguments: ["market-regime:50051", "127.0.0.1:50051"])
    func vouched(host: String) async throws {
        let certificate = try await TestCertificate(for: "DNS:market-regime,IP:127.0.0.1")
        defer { certificate.remove() }
        let answer = try await ask(host, certificate, trusting: certificate.path).get()
        #expect(answer.sequence == 7)
    }

    @Test("another's certificate, and one that nobody vouches for, are no service's")
    func others() async throws {
        let certificate = try await TestCertificate(for: "DNS:market-regime")
        defer { certificate.remove() }
        let host = "elsewhere:50051"
        let other = try await ask(host, certificate, trusting: certificate.path)
        #expect(throws: RPCFault.nobody(at: host)) { try other.get() }
        let unknown = try await ask("market-regime:50051", certificate, trusting: nil)
        #expect(throws: RPCFault.nobody(at: "market-regime:50051")) { try unknown.get() }
    }
}
