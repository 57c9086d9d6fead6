package import Hosting

/// The gRPC door's variables.
package struct GRPCSettings: ServiceSettings {
    /// `nil`: in plain text.
    package let security: ServerSecurity?
    private let clientStreamsLimit: Int

    package init(_ reader: inout ConfigurationReader) {
        let certificate = reader.optional("GRPC_TLS_CERTIFICATE", as: "a path") { $0 }
        let key = reader.optional("GRPC_TLS_KEY", as: "a path") { $0 }
        let authorities = reader.optional("GRPC_TLS_CLIENT_AUTHORITIES", as: "a path") { $0 }
        reader.require(
            (certificate == nil) == (key == nil),
            "GRPC_TLS_CERTIFICATE and GRPC_TLS_KEY go together: set both or neither")
        reader.require(
            authorities == nil || certificate != nil,
            "GRPC_TLS_CLIENT_AUTHORITIES needs GRPC_TLS_CERTIFICATE and GRPC_TLS_KEY: set them")
        if let certificate, let key {
            security = ServerSecurity(
                certificate: certificate, privateKey: key, clientAuthorities: authorities)
        } else {
            security = nil
        }
        clientStreamsLimit = reader.integer("GRPC_STREAMS_PER_CLIENT", in: 1...Int(Int32.max))
    }

    package func apply(to bounds: inout ConnectionBounds) {
        bounds.clientStreamsLimit = clientStreamsLimit
    }
}
