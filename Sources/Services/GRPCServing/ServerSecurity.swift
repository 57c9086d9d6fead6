import Foundation
import GRPCNIOTransportHTTP2Posix
package import Hosting

/// How the gRPC door is kept from others' eyes: TLS, and with authorities for clients mutual TLS.
package struct ServerSecurity: Sendable, Equatable {
    /// PEM file of the certificate and those between it and its authority.
    package var certificate: String
    /// PEM file of its key.
    package var privateKey: String
    /// PEM file of the authorities that vouch for clients; every client must then show a
    /// certificate. `nil`: none is asked for one.
    package var clientAuthorities: String?

    package init(certificate: String, privateKey: String, clientAuthorities: String? = nil) {
        self.certificate = certificate
        self.privateKey = privateKey
        self.clientAuthorities = clientAuthorities
    }

    /// Looks into the files; the library would say of a wrong one that it cannot listen.
    package func check() throws(ConfigurationError) {
        var problems: [String] = []
        for (variable, path, kind) in [
            ("GRPC_TLS_CERTIFICATE", certificate, "CERTIFICATE"),
            ("GRPC_TLS_KEY", privateKey, "PRIVATE KEY"),
            ("GRPC_TLS_CLIENT_AUTHORITIES", clientAuthorities, "CERTIFICATE"),
        ] {
            guard let path else { continue }
            do {
                let text = String(
                    decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
                if !text.contains("\(kind)-----") {
                    problems.append("\(variable): \(path) holds no PEM of a \(kind.lowercased())")
                }
            } catch {
                problems.append(
                    "\(variable): \(path) cannot be read: \(error.localizedDescription)")
            }
        }
        guard problems.isEmpty else { throw ConfigurationError(problems) }
    }

    var transport: HTTP2ServerTransport.Posix.TransportSecurity {
        let chain: [TLSConfig.CertificateSource] = [.file(path: certificate, format: .pem)]
        let key = TLSConfig.PrivateKeySource.file(path: privateKey, format: .pem)
        guard let clientAuthorities else {
            return .tls(certificateChain: chain, privateKey: key)
        }
        return .mTLS(certificateChain: chain, privateKey: key) {
            $0.trustRoots = .certificates([.file(path: clientAuthorities, format: .pem)])
        }
    }
}
