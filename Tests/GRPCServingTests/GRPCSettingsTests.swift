import Hosting
import Testing

@testable import GRPCServing

@Suite("The gRPC door's variables")
struct GRPCSettingsTests {
    private func bounds(_ environment: [String: String]) throws -> ConnectionBounds {
        let loaded = try BloasisConfiguration.load(environment: environment, dotEnvPath: nil)
        var bounds = ConnectionBounds()
        try loaded.values.read(GRPCSettings.self).apply(to: &bounds)
        return bounds
    }

    @Test(
        "a gateway has room for as many streams as it may have open, and others have some too",
        arguments: [
            (nil, 4_096, 2_024), ("1", 4_096, 1_025), ("3072", 4_096, 4_096),
            ("3073", 4_097, 4_097), ("50000", 51_024, 51_024),
        ])
    func gateway(streams: String?, all: Int, perClient: Int) throws {
        let bounds = try bounds(streams.map { ["HTTP_STREAMS": $0] } ?? [:])
        #expect(bounds.streamsLimit == all && bounds.clientStreamsLimit == perClient)
    }

    @Test("what one address may have can be said")
    func perClient() throws {
        let bounds = try bounds(["HTTP_STREAMS": "10000", "GRPC_STREAMS_PER_CLIENT": "7"])
        #expect(bounds.clientStreamsLimit == 7 && bounds.streamsLimit == 11_024)
        #expect(throws: ConfigurationError.self) { try self.bounds(["HTTP_STREAMS": "50001"]) }
        #expect(throws: ConfigurationError.self) {
            try self.bounds(["GRPC_STREAMS_PER_CLIENT": "0"])
        }
    }
}
