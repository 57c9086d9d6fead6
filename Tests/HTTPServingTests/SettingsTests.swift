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
        #expect(configuration.clientStreamsLimit == 100)
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
