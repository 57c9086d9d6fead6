import ArgumentParser
import Hosting
import MarketRegime
import Metrics

struct ServeCommand: ConfiguredVerb {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract:
            "Answers over HTTP and gRPC, classifies bars as they come, and announces changes.",
        discussion: """
            SIGTERM or Ctrl-C drains what is in flight and ends with 0; a second one ends
            at once.

            EXAMPLES
              bloasis serve
              bloasis serve --http-port 9000 --grpc-port 9001
              bloasis serve gateway
              curl 'localhost:8080/v1/market-regime/current?market=SPX'
            """)

    @Argument(
        help: """
            One service: market-regime, ai-analysis, notification, trading, accounts, gateway, \
            config-service or backfill-worker; all but the last two in one process when left out.
            """, completion: Offered.services)
    var service: String?

    @OptionGroup var common: CommonOptions

    @Option(help: "HTTP port (HTTP_PORT).")
    var httpPort: String?

    @Option(help: "gRPC port (GRPC_PORT).")
    var grpcPort: String?

    @Option(help: "The address to listen on (BIND_ADDRESS).")
    var bindAddress: String?

    func run() async throws {
        var flags: [String: String] = [:]
        flags["HTTP_PORT"] = httpPort
        flags["GRPC_PORT"] = grpcPort
        flags["BIND_ADDRESS"] = bindAddress
        let service = try service.map { name in
            Catalogue.isService(name) ? ServiceName(name) : try ServiceName(servable: name)
        }
        let configuration = try common.configuration(flags, service: service)
        // Before anything is made that counts.
        let metrics = PrometheusRegistry(help: MetricTable.help)
        MetricsSystem.bootstrap(metrics)
        // Before the store is opened: it takes long, and this is soon mended.
        _ = try configuration.access.authentication(on: configuration.bindAddress)
        let plan = ServePlan(service)
        let process = ServiceProcess(
            name: configuration.serviceName, values: configuration.values,
            logger: configuration.makeLogger("bloasis"),
            needing: { process in
                try await ExternalService.open(.needed(by: plan, in: process))
            })
        _ = try await process.shared(
            Shared.serving(try Serving(configuration, plan, metrics)))
        let catalogue = try Catalogue.byName.get()
        for name in plan.entries { try process.declare(try catalogue.entry(named: name)) }
        try await process.run()
    }
}
