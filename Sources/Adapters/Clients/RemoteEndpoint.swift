import GRPCCore
import GRPCNIOTransportHTTP2Posix

/// Where a service listens.
package struct RemoteEndpoint: Hashable, Sendable {
    package let host: String
    package let port: Int

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }
}

/// Endpoints that are asked for at first, and again on request: a service may have moved.
///
/// grpc-swift-nio-transport 2.9.2 asks a resolver of its own accord only when a server says
/// goodbye or a connection breaks under a call, not when nobody listens any more; and while such a
/// resolver has no answer, it cannot be shut down.
struct DirectoryTarget: ResolvableTarget, Sendable {
    /// The shortest time between two questions.
    static let pause = Duration.seconds(1)

    let endpoints: @Sendable () async throws -> [RemoteEndpoint]
    let requests: AsyncStream<Void>
    let now: @Sendable () -> ContinuousClock.Instant
    let clock: any Clock<Duration>
}

struct DirectoryResolvers: NameResolverFactory, Sendable {
    func resolver(for target: DirectoryTarget) -> NameResolver {
        NameResolver(
            names: RPCAsyncSequence(wrapping: DirectoryAnswers(target: target)),
            updateMode: .push)
    }
}

private struct DirectoryAnswers: AsyncSequence, Sendable {
    let target: DirectoryTarget

    func makeAsyncIterator() -> Iterator { Iterator(target: target) }

    /// Answers at once, and then each request. After an error another iterator is made.
    struct Iterator: AsyncIteratorProtocol {
        let target: DirectoryTarget
        private var lastAsked: ContinuousClock.Instant?

        init(target: DirectoryTarget) {
            self.target = target
        }

        mutating func next() async throws -> NameResolutionResult? {
            if let lastAsked {
                for await _ in target.requests { break }
                let left = DirectoryTarget.pause - lastAsked.duration(to: target.now())
                if left > .zero { try await target.clock.sleep(for: left) }
            }
            try Task.checkCancellation()
            lastAsked = target.now()
            return NameResolutionResult(
                endpoints: [Endpoint(addresses: try await target.addresses())],
                serviceConfig: nil)
        }
    }
}

extension DirectoryTarget {
    /// All addresses of all endpoints, in their order; the first that is reached is used.
    ///
    /// - Throws: when there is none; why, where that is known.
    fileprivate func addresses() async throws -> [SocketAddress] {
        var addresses: [SocketAddress] = []
        var failure: any Error = NothingFound()
        for endpoint in try await endpoints() {
            let resolver = NameResolvers.DNS().resolver(
                for: .dns(host: endpoint.host, port: endpoint.port))
            var names = resolver.names.makeAsyncIterator()
            do {
                addresses += try await names.next()?.endpoints.flatMap(\.addresses) ?? []
            } catch {
                failure = error
            }
        }
        guard !addresses.isEmpty else { throw failure }
        return addresses
    }

    private struct NothingFound: Error {}
}
