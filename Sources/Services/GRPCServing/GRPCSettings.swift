package import Hosting

/// The gRPC door's variables.
package struct GRPCSettings: ServiceSettings {
    /// `nil`: in plain text.
    package let security: ServerSecurity?
    /// What a gateway may have open; it is told the same.
    private let eventStreamsLimit: Int
    private let clientStreamsLimit: Int?

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
        eventStreamsLimit = reader.eventStreams()
        clientStreamsLimit = reader.optional(
            "GRPC_STREAMS_PER_CLIENT", as: "a whole number, 1 or more"
        ) {
            Int($0).flatMap { $0 >= 1 ? $0 : nil }
        }
    }

    package func apply(to bounds: inout ConnectionBounds) {
        bounds.makeRoom(forStreams: eventStreamsLimit)
        if let clientStreamsLimit { bounds.clientStreamsLimit = clientStreamsLimit }
    }
}
