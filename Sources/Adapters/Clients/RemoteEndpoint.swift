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

/// Endpoints that are asked for whenever the client needs some: a service may have moved.
struct DirectoryTarget: ResolvableTarget, Sendable {
    let endpoints: @Sendable () async throws -> [RemoteEndpoint]
}

struct DirectoryResolvers: NameResolverFactory, Sendable {
    func resolver(for target: DirectoryTarget) -> NameResolver {
        NameResolver(
            names: RPCAsyncSequence(wrapping: DirectoryAnswers(target: target)),
            updateMode: .pull)
    }
}

private struct DirectoryAnswers: AsyncSequence, AsyncIteratorProtocol, Sendable {
    typealias Element = NameResolutionResult

    let target: DirectoryTarget

    func makeAsyncIterator() -> DirectoryAnswers { self }

    func next() async throws -> NameResolutionResult? {
        var found: [Endpoint] = []
        for endpoint in try await target.endpoints() {
            let resolver = NameResolvers.DNS().resolver(
                for: .dns(host: endpoint.host, port: endpoint.port))
            var names = resolver.names.makeAsyncIterator()
            found += try await names.next()?.endpoints ?? []
        }
        return NameResolutionResult(endpoints: found, serviceConfig: nil)
    }
}

/// How a connection is kept from others' eyes.
package struct ClientSecurity: Sendable, Equatable {
    /// PEM file of the authorities that may vouch for a service; `nil`: the system's.
    package var authorities: String?
    /// PEM files of one's own certificate and its key, where services ask for one.
    package var certificate: String?
    package var privateKey: String?

    package init(
        authorities: String? = nil, certificate: String? = nil, privateKey: String? = nil
    ) {
        self.authorities = authorities
        self.certificate = certificate
        self.privateKey = privateKey
    }

    var transport: HTTP2ClientTransport.Posix.TransportSecurity {
        let trusted: TLSConfig.TrustRootsSource =
            authorities.map { .certificates([.file(path: $0, format: .pem)]) } ?? .systemDefault
        guard let certificate, let privateKey else {
            return .tls { $0.trustRoots = trusted }
        }
        return .mTLS(
            certificateChain: [.file(path: certificate, format: .pem)],
            privateKey: .file(path: privateKey, format: .pem)
        ) { $0.trustRoots = trusted }
    }
}
