import GRPCNIOTransportHTTP2Posix

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
