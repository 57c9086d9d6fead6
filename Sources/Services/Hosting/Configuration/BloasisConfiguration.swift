package import Logging
package import Market
import Ports

/// What classifies a series.
package enum ModelChoice: String, Sendable, CaseIterable {
    case hmm
    case markov
    case jump
    case jumpContinuous = "jump-continuous"
    case jumpSparse = "jump-sparse"
    case rules
}

/// What a series says its confidence is.
package enum ConfidenceChoice: String, Sendable, CaseIterable {
    /// The probability of the published label.
    case raw
    /// Learnt from what came of earlier labels.
    case calibrated
}

/// A variable with the value in force, fit to be shown.
package struct ResolvedSetting: Sendable, Equatable {
    package let name: String
    /// Secrets and passwords masked; `nil` when unset.
    package let shown: String?
    /// `flag --home`, `environment`, `.env:3`, a file's path, `default` or `unset`.
    package let source: String
}

/// The checked configuration of a process.
package struct BloasisConfiguration: Sendable {
    /// The service this process runs; `nil`: all of them.
    package let service: ServiceName?
    package let serviceName: String
    package let bindAddress: String
    /// Whether callers must say who they are, as far as configured.
    package let access: AccessSettings
    package let httpPort: Int
    /// `nil` for a service that does not speak gRPC.
    package let grpcPort: Int?
    package let ports: PortTable
    package let defaultMarket: MarketName
    /// Directory of the embedded store, models and caches.
    package let home: String
    package let store: StoreLocation
    /// Assessments older than this many days are dropped; `nil` keeps them for good.
    package let retentionDays: Int?
    /// `nil`: no cache is shared.
    package let redis: RedisLocation?
    /// `nil`: events are kept in the store.
    package let brokers: BrokerSettings?
    /// Where the process makes itself known, and as what.
    package let registry: RegistrySettings
    /// `nil`: the process does not kill itself.
    package let failPoint: String?
    /// What other servers are asked with.
    package let token: Redacted<String>?
    package let model: ModelChoice
    package let confidence: ConfidenceChoice
    package let logLevel: Logger.Level
    package let logFormat: LogFormat
    /// Every variable of the table, for `doctor`.
    package let settings: [ResolvedSetting]
    /// The values in force, for services that declare variables of their own.
    package let values: ConfigurationValues

    package static let databaseFileName = "bloasis.sqlite"

    /// Reads and checks everything.
    ///
    /// - Parameters:
    ///   - service: the one service this process runs; `nil`: all of them.
    ///   - table: the variables there are.
    ///   - flags: by variable name, only those given.
    ///   - dotEnvPath: may be missing; `nil`: none is read.
    ///   - configPath: the configuration file; `nil`: the one `BLOASIS_CONFIG` names, if any.
    /// - Throws: all problems at once.
    package static func load(
        service: ServiceName? = nil, table: ConfigurationTable = .standard,
        flags: [String: String] = [:], environment: [String: String], dotEnvPath: String? = ".env",
        configPath: String? = nil
    ) throws(ConfigurationError) -> BloasisConfiguration {
        var flags = flags
        if let configPath { flags["BLOASIS_CONFIG"] = configPath }
        let sources = try ConfigurationSources(
            table, flags: flags, environment: environment, dotEnvPath: dotEnvPath)
        try check(sources, table)
        return try BloasisConfiguration(service: service, sources: sources, table: table)
    }

    /// Checks every value that is set, whether this process uses it or not.
    private static func check(
        _ sources: ConfigurationSources, _ table: ConfigurationTable
    ) throws(ConfigurationError) {
        var problems: [String] = []
        for row in table.rows {
            guard let found = sources.find(row.name) else { continue }
            let value = row.isSecret ? "" : " '\(row.shown(found.text))'"
            if let expectation = row.kind.objection(to: found.text) {
                problems.append(
                    "\(row.name) from \(found.source):\(value) is not valid: must be \(expectation)"
                )
            } else if row.availability == .planned {
                problems.append(
                    "\(row.name) from \(found.source):\(value) is not available in this version: "
                        + "unset it")
            }
        }
        guard problems.isEmpty else { throw ConfigurationError(problems) }
    }

    private init(
        service: ServiceName?, sources: ConfigurationSources, table: ConfigurationTable
    ) throws(ConfigurationError) {
        func text(_ name: String) -> String? { sources.find(name)?.text }
        self.service = service
        ports = try PortTable { variable in
            sources.find(variable).map { ($0.text, $0.source) }
        }
        let own = try ProcessPorts(service: service, table: ports, sources: sources)
        httpPort = own.http
        grpcPort = own.grpc
        serviceName = text("SERVICE_NAME") ?? (service ?? .marketRegime).text
        bindAddress = text("BIND_ADDRESS") ?? ""
        home = text("BLOASIS_HOME") ?? ""
        store =
            text("DATABASE_URL").flatMap { StoreLocation(url: $0) }
            ?? .sqlite(path: home + "/" + BloasisConfiguration.databaseFileName)
        retentionDays = text("BLOASIS_RETENTION_DAYS").flatMap { Int($0) }
        if let url = text("REDIS_URL") {
            redis = .url(url)
        } else {
            redis = text("REDIS_HOST").map {
                .host($0, port: text("REDIS_PORT").flatMap(PortTable.port) ?? 6379)
            }
        }
        brokers = text("REDPANDA_BROKERS").map { brokers in
            BrokerSettings(
                brokers: brokers, properties: sources.brokerProperties,
                partitions: text("BLOASIS_TOPIC_PARTITIONS").flatMap { Int32($0) }
                    ?? Topic.defaultPartitions,
                retentionHours: text("BLOASIS_TOPIC_RETENTION_HOURS").flatMap { Int($0) })
        }
        registry = RegistrySettings(text)
        failPoint = text("BLOASIS_FAIL_POINT")
        token = text("BLOASIS_TOKEN").map { Redacted($0) }
        access = AccessSettings(text)
        guard let market = text("DEFAULT_MARKET").flatMap({ MarketName($0) }),
            let model = text("BLOASIS_MODEL").flatMap(ModelChoice.init(rawValue:)),
            let confidence = text("BLOASIS_CONFIDENCE").flatMap(ConfidenceChoice.init(rawValue:)),
            let level = text("LOG_LEVEL").flatMap(Logger.Level.init(configured:)),
            let format = text("BLOASIS_LOG_FORMAT").flatMap(LogFormat.init(rawValue:))
        else { preconditionFailure("a default of ConfigurationTable is not valid") }
        defaultMarket = market
        self.model = model
        self.confidence = confidence
        logLevel = level
        logFormat = format
        values = ConfigurationValues(sources, table)
        settings = table.rows.map { row in
            let found = sources.find(row.name)
            return ResolvedSetting(
                name: row.name, shown: found.map { row.shown($0.text) },
                source: found?.source ?? "unset")
        }
    }
}

/// Where the shared cache is.
package enum RedisLocation: Sendable, Equatable {
    /// May hold a password.
    case url(String)
    case host(String, port: Int)
}

/// Where the brokers are, and what is asked of them.
package struct BrokerSettings: Sendable, Equatable {
    /// `host:port,…`
    package let brokers: String
    /// `KAFKA_<PROPERTY>` by that name; values may be secrets.
    package let properties: [String: String]
    /// Of topics that this program makes.
    package let partitions: Int32
    /// `nil`: the brokers' default.
    package let retentionHours: Int?
}

/// The ports of this process: `GRPC_PORT`/`HTTP_PORT` win over the table.
private struct ProcessPorts {
    let http: Int
    let grpc: Int?

    init(
        service: ServiceName?, table: PortTable, sources: ConfigurationSources
    ) throws(ConfigurationError) {
        func owner(_ variable: String, else fallback: String) -> String {
            let name = sources.find(variable) == nil ? fallback : variable
            return "\(name) (\(sources.find(name)?.source ?? "default"))"
        }
        func own(_ variable: String) -> Int? {
            sources.find(variable).flatMap { PortTable.port($0.text) }
        }
        // What is not in the table listens nowhere, and the process' own port is as good as any.
        let httpService = service.flatMap { ServiceName.all.contains($0) ? $0 : nil } ?? .gateway
        let grpcService = service ?? .marketRegime
        if let http = own("HTTP_PORT") {
            self.http = http
        } else {
            http = try table.port(.http, of: httpService)
        }
        grpc = own("GRPC_PORT") ?? (try? table.port(.grpc, of: grpcService))
        guard http != grpc else {
            let httpOwner = owner("HTTP_PORT", else: httpService.portVariable(.http))
            let grpcOwner = owner("GRPC_PORT", else: grpcService.portVariable(.grpc))
            throw ConfigurationError([
                "port \(http) has two owners: \(httpOwner) and \(grpcOwner): give one another port"
            ])
        }
    }
}
