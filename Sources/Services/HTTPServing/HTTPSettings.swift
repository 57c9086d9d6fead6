package import Hosting

/// The HTTP door's variables.
package struct HTTPSettings: ServiceSettings {
    private let allowedOrigins: [String]
    private let rate: RateLimit?
    private let streamsLimit: Int
    private let clientStreamsLimit: Int

    package init(_ reader: inout ConfigurationReader) {
        allowedOrigins =
            reader.optional("HTTP_ALLOWED_ORIGINS", as: "origins, https://host, with commas") {
                let origins = $0.split(separator: ",").map { $0.filter { $0 != " " } }
                return origins.allSatisfy(HTTPSettings.isOrigin) ? origins : nil
            } ?? []
        rate = reader.optional("HTTP_RATE_LIMIT", as: "a whole number, 1 or more") {
            Int($0).flatMap { $0 >= 1 ? RateLimit(perSecond: $0) : nil }
        }
        streamsLimit = reader.eventStreams()
        clientStreamsLimit = reader.integer("HTTP_STREAMS_PER_CLIENT", in: 1...Int(Int32.max))
    }

    package func apply(to configuration: inout HTTPConfiguration) {
        configuration.allowedOrigins = allowedOrigins
        configuration.rate = rate
        configuration.streamsLimit = streamsLimit
        configuration.clientStreamsLimit = clientStreamsLimit
        configuration.connectionsLimit = max(
            configuration.connectionsLimit,
            streamsLimit + HTTPConfiguration.connectionsBesideStreams)
    }

    /// A scheme, a host and perhaps a port (Fetch standard, `Origin`).
    private static func isOrigin(_ text: String) -> Bool {
        if text == "*" { return true }
        guard let scheme = ["https://", "http://"].first(where: { text.hasPrefix($0) }) else {
            return false
        }
        let host = text.dropFirst(scheme.count)
        return !host.isEmpty && !host.contains { "/?#@ ".contains($0) }
    }
}
