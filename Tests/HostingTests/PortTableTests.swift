import Testing

@testable import Hosting

@Suite("Port table")
struct PortTableTests {
    private func table(_ settings: [String: String]) throws -> PortTable {
        try PortTable { name in settings[name].map { ($0, "environment") } }
    }

    private func configuration(
        _ service: ServiceName?, _ environment: [String: String]
    ) throws -> BloasisConfiguration {
        try BloasisConfiguration.load(service: service, environment: environment, dotEnvPath: nil)
    }

    @Test("the standard table")
    func standard() throws {
        let table = try table([:])
        let grpc: [ServiceName: Int] = [
            .marketRegime: 50051, .aiAnalysis: 50052, .notification: 50053, .trading: 50054,
            .accounts: 50055,
        ]
        let http: [ServiceName: Int] = [
            .marketRegime: 8081, .aiAnalysis: 8083, .notification: 8084, .trading: 8085,
            .accounts: 8086, .gateway: 8080, .configService: 8082,
        ]
        for (service, port) in grpc { #expect(try table.port(.grpc, of: service) == port) }
        for (service, port) in http { #expect(try table.port(.http, of: service) == port) }
    }

    @Test("an unknown port says which variable would set it")
    func unknown() throws {
        let table = try table([:])
        #expect(
            throws: ConfigurationError(["no gRPC port is known for gateway: set GATEWAY_PORT"])
        ) { try table.port(.grpc, of: .gateway) }
        #expect(
            throws: ConfigurationError([
                "no HTTP port is known for risk-desk: set RISK_DESK_HTTP_PORT"
            ])
        ) { try table.port(.http, of: ServiceName("risk-desk")) }
    }

    @Test("the table is extensible")
    func extensible() throws {
        let table = try PortTable(services: ServiceName.all + [ServiceName("risk-desk")]) { name in
            name == "RISK_DESK_PORT" ? ("50060", "environment") : nil
        }
        #expect(try table.port(.grpc, of: ServiceName("risk-desk")) == 50060)
    }

    @Test("one port, two owners: an error that names both")
    func duplicate() {
        let problem =
            "port 50052 has two owners: MARKET_REGIME_PORT (gRPC of market-regime, "
            + "environment) and AI_ANALYSIS_PORT (gRPC of ai-analysis, default): "
            + "give one another port"
        #expect(throws: ConfigurationError([problem])) {
            try configuration(nil, ["MARKET_REGIME_PORT": "50052"])
        }
    }

    @Test("both ports of one process must differ")
    func duplicateInProcess() {
        let problem =
            "port 50051 has two owners: HTTP_PORT (environment) and "
            + "MARKET_REGIME_PORT (default): give one another port"
        #expect(throws: ConfigurationError([problem])) {
            try configuration(nil, ["HTTP_PORT": "50051"])
        }
    }

    @Test("HTTP_PORT and GRPC_PORT win over the table, for one service and for all")
    func ownPorts() throws {
        #expect(try configuration(.marketRegime, [:]).httpPort == 8081)
        #expect(try configuration(.gateway, [:]).httpPort == 8080)
        #expect(try configuration(.gateway, [:]).grpcPort == nil)
        #expect(try configuration(.trading, [:]).httpPort == 8085)
        #expect(try configuration(.trading, [:]).grpcPort == 50054)
        #expect(try configuration(.configService, [:]).httpPort == 8082)
        #expect(try configuration(.configService, ["CONFIG_SERVICE_PORT": "9000"]).httpPort == 9000)
        #expect(try configuration(.configService, [:]).grpcPort == nil)
        #expect(
            try configuration(.marketRegime, ["MARKET_REGIME_HTTP_PORT": "9000"]).httpPort == 9000)
        #expect(
            try configuration(
                .marketRegime, ["MARKET_REGIME_HTTP_PORT": "9000", "HTTP_PORT": "9001"]
            ).httpPort == 9001)
        #expect(try configuration(nil, ["GATEWAY_HTTP_PORT": "9002"]).httpPort == 9002)
        #expect(try configuration(nil, ["GRPC_PORT": "9003"]).grpcPort == 9003)
    }

    @Test("a service that is not in the table is served by its name, and listens nowhere")
    func unlisted() throws {
        let configuration = try configuration(ServiceName("hello-world"), [:])
        #expect(configuration.serviceName == "hello-world")
        #expect(configuration.grpcPort == nil)
    }

    @Test("a service is served by a name this version knows")
    func servable() throws {
        for service in ServiceName.all {
            #expect(try ServiceName(servable: service.text) == service)
        }
        let error = #expect(throws: ConfigurationError.self) {
            try ServiceName(servable: "nobody")
        }
        #expect(
            error?.problems == [
                "there is no service nobody: serve one of market-regime, ai-analysis, "
                    + "notification, trading, accounts, gateway, config-service, or all by naming "
                    + "none"
            ])
    }
}
