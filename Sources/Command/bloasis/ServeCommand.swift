import ArgumentParser
import Compression
import Contracts
import Foundation
import GRPCServing
import Gateway
import HTTPServing
import Hosting
import Logging
import Market
import MarketRegime
import Metrics
import Ports
import ServiceLifecycle

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract:
            "Answers over HTTP and gRPC, classifies bars as they come, and announces changes.",
        discussion: """
            SIGTERM or Ctrl-C drains what is in flight and ends with 0; a second one ends
            at once.

            EXAMPLES
              bloasis serve
              bloasis serve --http-port 9000 --bind-address 0.0.0.0
              curl 'localhost:8080/v1/market-regime/current?market=SPX'
            """)

    @Argument(help: "One service: market-regime or gateway; all in one process when left out.")
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
        let configuration = try common.configuration(
            flags, service: service.map { try ServiceName(servable: $0) })
        // Before anything is made that counts.
        let metrics = PrometheusRegistry(help: MetricHelp.texts)
        MetricsSystem.bootstrap(metrics)
        let assembly = try await Assembly(configuration, settingRetention: true)
        do {
            try await assembly.serve(metrics)
        } catch {
            await assembly.close()
            throw error
        }
    }
}

extension Assembly {
    /// Runs the services until a signal; closes the store once they have stopped.
    func serve(_ metrics: PrometheusRegistry) async throws {
        let intake = BarIntake(
            classifier: LiveClassifier(
                journal: journal, reader: store, logger: logger,
                jitter: SystemRandomNumberGenerator()),
            committed: { [currents] in await currents.written($0) })
        let gauges = ServiceGauges(reader: store, outbox: store)
        let readiness = Readiness([
            HealthCheck("store") {
                try await store.ping()
                return "answers"
            },
            HealthCheck(configuration.brokers == nil ? "event-log" : "kafka") {
                try await events.ping()
                return "answers"
            },
        ])
        let bars = BarRecording(
            to: configuration.brokers == nil ? .classifier(intake) : .topic(events),
            reader: store,
            defaultMarket: configuration.defaultMarket, now: { WallClock.now })
        let descriptors = try ServiceDescriptors()
        let methods = (ServiceMethod.marketRegime(queries) + ServiceMethod.trading(trading, bars))
            .map { $0.keepingDeadlines() }
        let gateway = try httpDoor(
            methods, descriptors,
            OperationRoutes(
                serviceName: configuration.serviceName,
                readiness: { await readiness.report().dependencies },
                metrics: {
                    await gauges.update(at: WallClock.now)
                    return metrics.exposition()
                }))
        async let topics: Void = makeTopics()
        // Listing order is dependency order: what is listed later stops first.
        try await ServiceRunner(
            [
                currents, portfolios, relay, overrideExpiry,
                BarConsumer(
                    bus: events, intake: intake, now: { WallClock.now }, logger: logger),
            ] + grpcDoor(methods, descriptors, readiness) + [gateway], logger: logger
        ).run(closing: { await close() })
        await topics
    }

    private func httpDoor(
        _ methods: [ServiceMethod], _ descriptors: ServiceDescriptors,
        _ operations: OperationRoutes
    ) throws -> HTTPListener {
        let door = HTTPConfiguration(
            host: configuration.bindAddress, port: configuration.httpPort,
            serviceName: configuration.serviceName)
        let answers = ContentAnswers(
            thresholdBytes: door.compressionThresholdBytes, compressing: { Gzip.compressed($0) })
        let routes = try MethodRoutes(
            methods, descriptors, configuration: door, answers: answers)
        let page = PageRoutes(
            document: routes.document(descriptors, version: Version.text), answers: answers)
        return HTTPListener(
            door, operations: operations, logger: logger,
            onRunning: { port in
                logger.notice(
                    "Serving",
                    metadata: [
                        "url": "http://\(configuration.bindAddress):\(port)/",
                        "store": "\(storage.location)",
                    ])
            },
            routes: { table in
                routes.add(to: table)
                page.add(to: table)
            })
    }

    /// The gRPC door, where this process has one.
    private func grpcDoor(
        _ methods: [ServiceMethod], _ descriptors: ServiceDescriptors, _ readiness: Readiness
    ) -> [any Service] {
        guard let port = configuration.grpcPort else { return [] }
        let health = HealthMethods(
            services: Set(methods.map(\.service)).sorted(),
            isReady: { await readiness.report().isReady })
        let table = MethodTable(
            methods + health.methods, describedBy: descriptors, logger: logger)
        let host = configuration.bindAddress
        return [
            GRPCListener(
                host: host, port: port, methods: table,
                onRunning: { port in
                    logger.notice("Listening for gRPC", metadata: ["address": "\(host):\(port)"])
                })
        ]
    }

    /// Makes the topics before anybody needs them, so that whoever reads them finds them. Where
    /// that fails they are made when they are used.
    private func makeTopics() async {
        do {
            try await storage.prepareTopics()
        } catch is CancellationError {
        } catch {
            logger.warning("Topics not made yet", metadata: ["error": "\(error)"])
        }
    }
}
