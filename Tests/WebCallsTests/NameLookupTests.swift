import Dispatch
import TestSupport
import Testing

@testable import WebCalls

@Suite("Looking names up", .timeLimit(.minutes(5)))
struct NameLookupTests {
    /// Blocks who looks up until it is let go on.
    private final class Resolver: Sendable {
        private let gate = DispatchSemaphore(value: 0)

        func letOn(_ count: Int) {
            for _ in 0..<count { gate.signal() }
        }

        @Sendable func resolve(_ host: String) -> [String] {
            gate.wait()
            return host == "nobody" ? [] : ["10.0.0.1", "fd12::1"]
        }
    }

    @Test("a name has addresses, or none and that is told")
    func addresses() async throws {
        let resolver = Resolver()
        let names = NameLookup(resolve: resolver.resolve)
        resolver.letOn(2)
        #expect(try await names.addresses(of: "somebody") == ["10.0.0.1", "fd12::1"])
        await #expect(throws: NameLookupFailure.noAddress) {
            try await names.addresses(of: "nobody")
        }
    }

    @Test(
        "who does not wait any more is let go at once; so many lookups go on, one more is refused")
    func bound() async throws {
        let resolver = Resolver()
        let names = NameLookup(resolve: resolver.resolve)
        for _ in 1...NameLookup.lookupLimit {
            let lookup = Task { try await names.addresses(of: "somebody") }
            lookup.cancel()
            await #expect(throws: CancellationError.self) { try await lookup.value }
        }
        await #expect(throws: NameLookupFailure.tooMany) {
            try await names.addresses(of: "somebody")
        }
        resolver.letOn(NameLookup.lookupLimit + 1)
        try await eventually { (try? await names.addresses(of: "somebody")) != nil }
    }
}
