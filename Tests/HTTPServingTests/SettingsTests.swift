import HTTPServing
import Hosting
import Testing

@Suite("The HTTP door's variables")
struct SettingsTests {
    private func settings(_ environment: [String: String]) throws -> HTTPConfiguration {
        let loaded = try BloasisConfiguration.load(environment: environment, dotEnvPath: nil)
        var configuration = HTTPConfiguration(host: "", port: 0, serviceName: "")
        try loaded.values.read(HTTPSettings.self).apply(to: &configuration)
        return configuration
    }

    @Test("unset, nobody else's page may ask and everybody may ask as often as they like")
    func unset() throws {
        let configuration = try settings([:])
        #expect(configuration.allowedOrigins.isEmpty && configuration.rate == nil)
        #expect(configuration.streamsLimit == 1_000 && configuration.clientStreamsLimit == 100)
        #expect(configuration.connectionsLimit == 4_096)
    }

    @Test("origins with commas, requests a second")
    func set() throws {
        let configuration = try settings([
            "HTTP_ALLOWED_ORIGINS": "https://a.example, http://b.example:8080",
            "HTTP_RATE_LIMIT": "50", "HTTP_STREAMS_PER_CLIENT": "1000",
        ])
        #expect(configuration.clientStreamsLimit == 1_000)
        #expect(
            configuration.allowedOrigins == ["https://a.example", "http://b.example:8080"])
        #expect(configuration.rate == RateLimit(perSecond: 50))
        #expect(try settings(["HTTP_ALLOWED_ORIGINS": "*"]).allowedOrigins == ["*"])
    }

    @Test("streams have connections, and leave some for everything else")
    func streams() throws {
        let many = try settings(["HTTP_STREAMS": "10000"])
        #expect(many.streamsLimit == 10_000 && many.connectionsLimit == 11_024)
        #expect(try settings(["HTTP_STREAMS": "3072"]).connectionsLimit == 4_096)
        #expect(try settings(["HTTP_STREAMS": "3073"]).connectionsLimit == 4_097)
        #expect(try settings(["HTTP_STREAMS": "50000"]).streamsLimit == 50_000)
        #expect(throws: ConfigurationError.self) { try settings(["HTTP_STREAMS": "50001"]) }
        #expect(throws: ConfigurationError.self) { try settings(["HTTP_STREAMS": "0"]) }
    }

    @Test(
        "what is no origin is named",
        arguments: ["a.example", "https://", "https://a/b", "ftp://a"])
    func noOrigin(text: String) {
        let error = #expect(throws: ConfigurationError.self) {
            try settings(["HTTP_ALLOWED_ORIGINS": text])
        }
        #expect(error?.problems.first?.contains("HTTP_ALLOWED_ORIGINS") == true)
    }
}
