import Logging
import Ports

/// Every variable there is: the program's own and those that services add. The documentation,
/// `.env.example` and the checks at start come from these rows.
package struct ConfigurationTable: Sendable {
    package let rows: [ConfigurationKey]
    /// What services add, each service's rows together; the other rows are the program's own.
    let services: [(name: String, keys: [ConfigurationKey])]
    private let rowByName: [String: ConfigurationKey]

    /// The program's own rows.
    package static let standard = ConfigurationTable(
        process + doors + access + stores + registries + feeds + delivery + analysis + objects
            + hostRows + portRows)

    private init(
        _ own: [ConfigurationKey], _ services: [(name: String, keys: [ConfigurationKey])] = []
    ) {
        rows = own + services.flatMap(\.keys)
        self.services = services.filter { !$0.keys.isEmpty }
        rowByName = Dictionary(uniqueKeysWithValues: rows.map { ($0.name, $0) })
    }

    /// The program's own rows, then others'.
    ///
    /// - Parameter services: names of services, with the rows that each adds.
    /// - Throws: when a variable or a flag has two rows; the error names both owners.
    package init(
        adding services: [(name: String, keys: [ConfigurationKey])]
    ) throws(ConfigurationError) {
        let own = (name: "the program", keys: ConfigurationTable.standard.rows)
        var owners: [String: String] = [:]
        var problems: [String] = []
        for (service, keys) in [own] + services {
            for name in keys.flatMap({ [$0.name, $0.flag].compactMap(\.self) }) {
                guard let other = owners.updateValue(service, forKey: name) else { continue }
                problems.append("\(name) has two rows, of \(other) and of \(service): rename one")
            }
        }
        guard problems.isEmpty else { throw ConfigurationError(problems) }
        self.init(own.keys, services)
    }

    package func row(named name: String) -> ConfigurationKey? { rowByName[name] }

    /// What `LOG_LEVEL` may be.
    package static var logLevels: [String] { Logger.Level.configuredNames }

    /// Names with this prefix belong to the program: an unknown one in the environment is an error.
    static let ownPrefix = "BLOASIS_"
    /// `KAFKA_<PROPERTY>` passes a librdkafka property on.
    static let brokerPropertyPrefix = "KAFKA_"

    private static let process: [ConfigurationKey] = [
        ConfigurationKey(
            "BLOASIS_CONFIG", .path, flag: "--config",
            meaning: "A JSON file of variables, read after the environment and `.env`."),
        ConfigurationKey(
            "BLOASIS_HOME", .path, default: ".bloasis", flag: "--home",
            meaning: "Directory of the embedded store, models and caches."),
        ConfigurationKey(
            "BLOASIS_MODEL", .choice(ModelChoice.allCases.map(\.rawValue)), default: "hmm",
            meaning: "What classifies a series when it is first backfilled."),
        ConfigurationKey(
            "BLOASIS_CONFIDENCE", .choice(ConfidenceChoice.allCases.map(\.rawValue)),
            default: "raw",
            meaning: "What `confidence` is in a series when it is first backfilled: `raw` is the "
                + "label's probability now, `calibrated` the chance that the label still holds "
                + "five bars later."),
        ConfigurationKey(
            "BLOASIS_LOG_FORMAT", .choice(LogFormat.allCases.map(\.rawValue)), default: "auto",
            flag: "--log-format", meaning: "`auto` is `text` on a terminal and `json` elsewhere."),
        ConfigurationKey(
            "LOG_LEVEL", .logLevel, default: "INFO", flag: "--log-level",
            meaning: "The least severe level that is logged."),
        ConfigurationKey(
            "BLOASIS_FAIL_POINT", .text,
            meaning: "For tests of recovery alone: `name` or `name:count` of the step at which the "
                + "process kills itself. Unset: it does not."),
        ConfigurationKey(
            "BLOASIS_TOKEN", .text, secret: true,
            meaning: "Bearer token that `--server` is asked with."),
        ConfigurationKey(
            "SERVICE_NAME", .text,
            meaning: "Name in logs, health and registry. Unset: the served service's name; "
                + "`market-regime` when all run in one process."),
        ConfigurationKey(
            "DEFAULT_MARKET", .market, default: "SPX", meaning: "The market when none is asked for."
        ),
        ConfigurationKey(
            "BIND_ADDRESS", .host, default: "127.0.0.1", flag: "--bind-address",
            meaning: "The address to listen on."),
        ConfigurationKey(
            "HTTP_PORT", .port, flag: "--http-port",
            meaning:
                "HTTP port of this process. Unset: the port table; 8080 when all run in one."
        ),
        ConfigurationKey(
            "GRPC_PORT", .port, flag: "--grpc-port",
            meaning:
                "gRPC port of this process. Unset: the port table; 50051 when all run in one."
        ),
    ]

    private static let doors: [ConfigurationKey] = [
        ConfigurationKey(
            "HTTP_ALLOWED_ORIGINS", .text,
            meaning: "Pages that may ask from a browser, `https://a.example,https://b.example`; "
                + "`*`: all. Unset: none but the program's own."),
        ConfigurationKey(
            "HTTP_RATE_LIMIT", .count,
            meaning: "Requests a second that one address may make, twice as many in a burst; more "
                + "are answered 429. Unset: no limit."),
        ConfigurationKey(
            "HTTP_STREAMS", .count, default: "1000",
            meaning: "Event streams and WebSockets open over HTTP at the same time, of all "
                + "clients, 50,000 at the most; more are answered 429, sockets 503. Each takes an "
                + "open file: `ulimit -Hn`. What a gateway asks over gRPC is told the same "
                + "number."),
        ConfigurationKey(
            "HTTP_STREAMS_PER_CLIENT", .count, default: "100",
            meaning: "Event streams and WebSockets that one address may have open over HTTP; more "
                + "are answered 429, sockets 503. Behind a proxy all clients have its address."),
        ConfigurationKey(
            "GRPC_STREAMS_PER_CLIENT", .count,
            meaning: "Streams that one address may have open over gRPC; more are answered "
                + "RESOURCE_EXHAUSTED. A gateway has all of its clients'. Unset: 1,024 more than "
                + "`HTTP_STREAMS`."),
        ConfigurationKey(
            "GRPC_TLS_CERTIFICATE", .path,
            meaning: "PEM file of the gRPC door's certificate chain, and of what this process "
                + "shows to other services. Unset: plain text."),
        ConfigurationKey("GRPC_TLS_KEY", .path, meaning: "PEM file of that certificate's key."),
        ConfigurationKey(
            "GRPC_TLS_CLIENT_AUTHORITIES", .path,
            meaning: "PEM file of the authorities that vouch for clients, who must then show a "
                + "certificate. Unset: they need none."),
        ConfigurationKey(
            "GRPC_TLS_AUTHORITIES", .path,
            meaning: "PEM file of the authorities that vouch for other services, which are then "
                + "called over TLS. Unset: plain text."),
    ]

    private static let stores: [ConfigurationKey] = [
        ConfigurationKey(
            "DATABASE_URL", .storeURL, flag: "--database-url",
            meaning: "`sqlite:PATH` or `postgresql://user:password@host:5432/database`, with "
                + "TimescaleDB or without. Unset: the embedded SQLite file in `BLOASIS_HOME`."),
        ConfigurationKey(
            "BLOASIS_RETENTION_DAYS", .count,
            meaning: "With TimescaleDB, drops assessments older than this many days; their bars "
                + "and changes stay. `serve` and `migrate` set it. Unset: kept for good."),
        ConfigurationKey(
            "REDIS_URL", .url(schemes: ["redis"]),
            meaning: "The cache that instances share, `redis://user:password@host:6379/0`. Unset, "
                + "and `REDIS_HOST` too: each process has its own."),
        ConfigurationKey(
            "REDIS_HOST", .host, meaning: "The same by host and port; `REDIS_URL` wins."),
        ConfigurationKey("REDIS_PORT", .port, default: "6379", meaning: "Port of `REDIS_HOST`."),
        ConfigurationKey(
            "REDPANDA_BROKERS", .brokers,
            meaning:
                "Kafka or Redpanda brokers. Unset: the event log in the store. Any librdkafka "
                + "property goes through `KAFKA_<PROPERTY>`, upper case, `.` written `_`."),
        ConfigurationKey(
            "BLOASIS_TOPIC_PARTITIONS", .count, default: "\(Topic.defaultPartitions)",
            meaning: "Partitions of the topics that this program makes; those that are there stay "
                + "as they are."),
        ConfigurationKey(
            "BLOASIS_TOPIC_RETENTION_HOURS", .count,
            meaning: "How long those topics keep events. Unset: the brokers' default."),
        ConfigurationKey(
            "NATS_URL", .url(schemes: ["nats", "tls"]), .planned, meaning: "Monitoring messages."),
    ]

    private static let registries: [ConfigurationKey] = [
        ConfigurationKey(
            "CONFIG_SERVICE_URL", .url(schemes: ["http", "https"]),
            meaning: "Base of the service registry, `http://host:8082`. Unset: no registration."),
        ConfigurationKey(
            "CONFIG_SERVICE_TOKEN", .text, secret: true,
            meaning: "Bearer token that the service registry is asked with; to register it must "
                + "have the scope `bloasis:service`. Unset: none is shown."),
        ConfigurationKey(
            "CONFIG_SERVICE_TOKEN_FILE", .path,
            meaning: "A file that holds that token, read anew for each call; "
                + "`CONFIG_SERVICE_TOKEN` wins."),
        ConfigurationKey(
            "CONSUL_HTTP_ADDR", .address(schemes: ["http", "https"]),
            meaning: "Consul's agent as another registry, named as Consul's own tools name it. "
                + "Unset: no registration there."),
        ConfigurationKey(
            "CONSUL_HTTP_TOKEN", .text, secret: true,
            meaning: "What Consul's access control asks for."),
        ConfigurationKey(
            "SERVICE_HOST", .host,
            meaning: "Host under which registries announce this process. Unset: `BIND_ADDRESS`, or "
                + "the machine's name when that is every address."),
        ConfigurationKey(
            "SERVICE_PORT", .port,
            meaning: "Port under which registries announce it. Unset: `HTTP_PORT`."),
        ConfigurationKey(
            "SERVICE_PUBLIC_URL", .url(schemes: ["http", "https"]),
            meaning: "The announced URL as a whole. Unset: `http://{SERVICE_HOST}:{SERVICE_PORT}`."
        ),
        ConfigurationKey(
            "SERVICE_INSTANCE_ID", .text,
            meaning: "Names this process among the instances of its service. Unset: "
                + "`{name}-{host}-{pid}`, with the machine's name."),
    ]

    /// Where the services are that a gateway calls.
    private static let hostRows: [ConfigurationKey] = ServiceName.all.compactMap { service in
        guard service.standardPort(.grpc) != nil else { return nil }
        return ConfigurationKey(
            service.hostVariable, .host, default: "127.0.0.1",
            meaning: "Host of \(service), for services of their own that call it.")
    }

    private static let portRows: [ConfigurationKey] = ServiceName.all.flatMap { service in
        PortKind.allCases.compactMap { kind in
            guard let standard = service.standardPort(kind) else { return nil }
            return ConfigurationKey(
                service.portVariable(kind), .port, default: String(standard),
                meaning: "\(kind.label) port of \(service).")
        }
    }
}
