// swift-tools-version: 6.2
import PackageDescription

// The house as one table: a module names the neighbours it may use, and the manifest refuses to
// evaluate when one of them lies on a storey that its own storey must not see.

enum Storey: String {
    case domain = "Domain"
    case analytics = "Analytics"
    case boundaries = "Boundaries"
    case adapters = "Adapters"
    case services = "Services"
    case command = "Command"

    var mayUse: [Storey] {
        switch self {
        case .domain: [.domain]
        case .analytics: [.domain, .analytics]
        case .boundaries: [.domain, .boundaries]
        case .adapters: [.domain, .boundaries, .adapters]
        case .services: [.domain, .analytics, .boundaries, .services]
        case .command: [.domain, .analytics, .boundaries, .adapters, .services, .command]
        }
    }
}

enum Library: String {
    case argumentParser = "ArgumentParser"
    case asyncHTTPClient = "AsyncHTTPClient"
    case configuration = "Configuration"
    case crypto = "Crypto"
    case cryptoExtras = "CryptoExtras"
    case grdb = "GRDB"
    case grpcCore = "GRPCCore"
    case grpcHTTP2 = "GRPCNIOTransportHTTP2Posix"
    case httpTypes = "HTTPTypes"
    case hummingbird = "Hummingbird"
    case hummingbirdCore = "HummingbirdCore"
    case hummingbirdTesting = "HummingbirdTesting"
    case jwtKit = "JWTKit"
    case logging = "Logging"
    case metrics = "Metrics"
    case metricsCore = "CoreMetrics"
    case nioCore = "NIOCore"
    case nioHTTP1 = "NIOHTTP1"
    case nioHTTP2 = "NIOHTTP2"
    case nioHTTPTypes = "NIOHTTPTypes"
    case nioHTTPTypesHTTP1 = "NIOHTTPTypesHTTP1"
    case nioPosix = "NIOPosix"
    case nioSSL = "NIOSSL"
    case nioWebSocket = "NIOWebSocket"
    case serviceLifecycle = "ServiceLifecycle"
    case swiftProtobuf = "SwiftProtobuf"
    case unixSignals = "UnixSignals"
    case yams = "Yams"

    var package: String {
        switch self {
        case .argumentParser: "swift-argument-parser"
        case .asyncHTTPClient: "async-http-client"
        case .configuration: "swift-configuration"
        case .crypto, .cryptoExtras: "swift-crypto"
        case .grdb: "GRDB.swift"
        case .grpcCore: "grpc-swift-2"
        case .grpcHTTP2: "grpc-swift-nio-transport"
        case .httpTypes: "swift-http-types"
        case .hummingbird, .hummingbirdCore, .hummingbirdTesting: "hummingbird"
        case .jwtKit: "jwt-kit"
        case .logging: "swift-log"
        case .metrics, .metricsCore: "swift-metrics"
        case .nioCore, .nioHTTP1, .nioPosix, .nioWebSocket: "swift-nio"
        case .nioHTTP2: "swift-nio-http2"
        case .nioHTTPTypes, .nioHTTPTypesHTTP1: "swift-nio-extras"
        case .nioSSL: "swift-nio-ssl"
        case .serviceLifecycle, .unixSignals: "swift-service-lifecycle"
        case .swiftProtobuf: "swift-protobuf"
        case .yams: "Yams"
        }
    }

    var product: Target.Dependency { .product(name: rawValue, package: package) }
}

enum Trait {
    /// Optimised in debug builds too: property tests run thousands of fits.
    case numeric
    /// The only places that may use unsafe constructs without marking them.
    case unsafeAllowed
    /// A module map over a Debian library.
    case system(pkgConfig: String?, apt: String)
    /// Answers about a bar that depend on later ones: refused to every service that does not look
    /// ahead itself, which no other may use; so that no live path can call them.
    case looksAhead
    /// A module map over headers of the project's own, without a library.
    case headers
    /// Vector code for a level of the x86-64 psABI, or for what every processor of the
    /// architecture runs; the higher levels are built on x86-64 alone.
    case lanes(level: Int?)
}

struct Module {
    let name: String
    let storey: Storey
    let uses: [String]
    let libraries: [Library]
    let resources: [Resource]
    let traits: [Trait]

    init(
        _ name: String, _ storey: Storey, uses: [String] = [], libraries: [Library] = [],
        resources: [Resource] = [], _ traits: Trait...
    ) {
        self.name = name
        self.storey = storey
        self.uses = uses
        self.libraries = libraries
        self.resources = resources
        self.traits = traits
    }

    var looksAhead: Bool {
        for case .looksAhead in traits { return true }
        return false
    }
}

let modules: [Module] = [
    Module("Market", .domain, .numeric),
    Module("Regimes", .domain, uses: ["Market"], .numeric),
    Module("Trading", .domain, uses: ["Market", "Regimes"], .numeric),
    Module("Notices", .domain, uses: ["Market", "Regimes", "Trading"], .numeric),
    Module("Accounts", .domain, uses: ["Market", "Trading"]),

    Module("CLanes", .analytics, .headers),
    Module("LaneTasks", .analytics, .numeric, .unsafeAllowed),
    Module(
        "LaneKernelsV1", .analytics, uses: ["CLanes", "LaneTasks"], .lanes(level: nil),
        .unsafeAllowed),
    Module(
        "LaneKernelsV3", .analytics, uses: ["CLanes", "LaneTasks"], .lanes(level: 3),
        .unsafeAllowed),
    Module(
        "LaneKernelsV4", .analytics, uses: ["CLanes", "LaneTasks"], .lanes(level: 4),
        .unsafeAllowed),
    Module(
        "Kernels", .analytics,
        uses: [
            "Market", "CLanes", "LaneTasks", "LaneKernelsV1", "LaneKernelsV3", "LaneKernelsV4",
        ],
        .numeric, .unsafeAllowed),
    Module("Indicators", .analytics, uses: ["Market", "Kernels"], .numeric),
    Module("JumpModels", .analytics, uses: ["Kernels"], .numeric),
    Module("MarkovSwitching", .analytics, uses: ["Kernels"], .numeric),
    Module(
        "RegimeModels", .analytics,
        uses: ["Market", "Regimes", "Kernels", "Indicators", "JumpModels", "MarkovSwitching"],
        libraries: [.crypto], .numeric),
    Module(
        "MarketTiles", .analytics,
        uses: ["Market", "Regimes", "LaneTasks", "Kernels", "Indicators", "RegimeModels"],
        .numeric, .unsafeAllowed),
    Module(
        "Strategies", .analytics, uses: ["Market", "Regimes", "Trading", "Kernels"], .numeric),
    Module(
        "Hindsight", .analytics,
        uses: ["Kernels", "JumpModels", "MarkovSwitching", "RegimeModels"],
        .numeric, .looksAhead),
    Module(
        "Evaluation", .analytics,
        uses: ["Market", "Regimes", "Kernels", "Indicators", "RegimeModels"], .numeric,
        .looksAhead),
    Module(
        "Reporting", .analytics,
        uses: ["Market", "Regimes", "Kernels", "RegimeModels", "Evaluation"],
        .looksAhead),
    Module("Terminal", .analytics, uses: ["Market", "Regimes", "Reporting"], .looksAhead),

    Module(
        "Ports", .boundaries, uses: ["Market", "Regimes", "Trading", "Notices", "Accounts"]),
    Module(
        "Contracts", .boundaries,
        uses: ["Market", "Regimes", "Trading", "Notices", "Accounts", "Ports"],
        libraries: [.crypto, .swiftProtobuf], resources: [.embedInCode("Descriptors")]),

    Module("CZlib", .adapters, .system(pkgConfig: "zlib", apt: "zlib1g-dev")),
    Module(
        "MarketFeeds", .adapters, uses: ["Market", "CZlib"], libraries: [.crypto], .numeric,
        .unsafeAllowed),
    Module("Compression", .adapters, uses: ["CZlib"], .unsafeAllowed),
    Module(
        "SQLite", .adapters, libraries: [.grdb], resources: [.embedInCode("Migrations")],
        .unsafeAllowed),
    Module("CEpoll", .adapters, .headers),
    Module("CPQ", .adapters, .system(pkgConfig: "libpq", apt: "libpq-dev")),
    Module("Postgres", .adapters, uses: ["CEpoll", "CPQ"], .unsafeAllowed),
    Module("CHiredis", .adapters, .system(pkgConfig: nil, apt: "libhiredis-dev")),
    Module("Redis", .adapters, uses: ["CHiredis"], .unsafeAllowed),
    Module("CRDKafka", .adapters, .system(pkgConfig: "rdkafka", apt: "librdkafka-dev")),
    Module("Kafka", .adapters, uses: ["CRDKafka"], .unsafeAllowed),
    Module(
        "Backends", .adapters,
        uses: [
            "Market", "Regimes", "Trading", "Notices", "Accounts", "Ports", "SQLite", "Postgres",
            "Redis", "Kafka",
        ],
        libraries: [.grdb, .metricsCore], resources: [.embedInCode("Migrations")]),

    Module(
        "WebCalls", .adapters, uses: ["Market"],
        libraries: [.asyncHTTPClient, .nioCore, .nioHTTP1, .nioPosix, .nioSSL]),
    Module(
        "Clients", .adapters, uses: ["Ports", "Contracts", "WebCalls"],
        libraries: [
            .asyncHTTPClient, .grpcCore, .grpcHTTP2, .nioCore, .nioHTTP1, .swiftProtobuf,
        ]),
    Module(
        "Registries", .adapters, uses: ["Ports", "Contracts", "WebCalls"],
        libraries: [.asyncHTTPClient, .nioCore, .nioHTTP1]),
    Module(
        "Postbox", .adapters, uses: ["Market", "Notices", "Ports", "WebCalls"],
        libraries: [.asyncHTTPClient, .nioCore, .nioHTTP1, .nioPosix, .nioSSL]),
    Module(
        "VendorFeeds", .adapters,
        uses: ["Market", "Ports", "Contracts", "MarketFeeds", "WebCalls"],
        libraries: [.asyncHTTPClient, .crypto, .nioCore, .nioHTTP1]),

    Module(
        "LanguageModels", .adapters, uses: ["Market", "Ports", "Contracts", "WebCalls"],
        libraries: [.asyncHTTPClient, .nioCore, .nioHTTP1]),
    Module(
        "ObjectStorage", .adapters, uses: ["Market", "Ports", "WebCalls"],
        libraries: [.asyncHTTPClient, .crypto, .nioCore, .nioHTTP1]),
    Module(
        "Passwords", .adapters, uses: ["Accounts", "Ports"], libraries: [.crypto, .cryptoExtras],
        .unsafeAllowed),
    Module(
        "Tokens", .adapters, uses: ["Market", "Accounts", "Ports"],
        libraries: [.asyncHTTPClient, .crypto, .jwtKit, .nioCore, .nioHTTP1]),

    Module(
        "Hosting", .services, uses: ["Market", "Ports", "Contracts"],
        libraries: [
            .configuration, .logging, .metrics, .metricsCore, .serviceLifecycle, .swiftProtobuf,
            .unixSignals,
        ]),
    Module(
        "MarketRegime", .services,
        uses: [
            "Market", "Regimes", "RegimeModels", "MarketTiles", "Ports", "Contracts", "Hosting",
        ],
        libraries: [.logging, .metrics, .serviceLifecycle], .numeric),
    Module(
        "Scoring", .services,
        uses: ["Market", "Regimes", "RegimeModels", "Evaluation", "Ports", "Contracts"],
        .numeric, .looksAhead),
    Module(
        "AIAnalysis", .services,
        uses: ["Market", "Regimes", "Trading", "Strategies", "Ports", "Contracts", "Hosting"],
        libraries: [.crypto, .metrics, .serviceLifecycle]),
    Module(
        "TradingService", .services,
        uses: ["Market", "Regimes", "Trading", "Ports", "Contracts", "Hosting"],
        libraries: [.logging, .metrics, .serviceLifecycle]),
    Module(
        "Notification", .services,
        uses: ["Market", "Regimes", "Trading", "Notices", "Ports", "Contracts", "Hosting"],
        libraries: [.crypto, .logging, .metrics, .serviceLifecycle]),
    Module(
        "AccountService", .services,
        uses: ["Market", "Trading", "Accounts", "Ports", "Contracts", "Hosting"],
        libraries: [.crypto, .logging, .metrics]),
    Module("Listening", .services, libraries: [.nioCore]),
    Module(
        "HTTPServing", .services, uses: ["Ports", "Contracts", "Hosting", "Listening"],
        libraries: [
            .crypto, .hummingbird, .hummingbirdCore, .httpTypes, .nioCore, .nioHTTP1,
            .nioHTTPTypes, .nioHTTPTypesHTTP1, .nioWebSocket, .logging, .serviceLifecycle,
        ]),
    Module(
        "Gateway", .services, uses: ["Ports", "Contracts", "Hosting", "HTTPServing"],
        libraries: [
            .hummingbird, .httpTypes, .nioCore, .logging, .serviceLifecycle, .swiftProtobuf,
        ],
        resources: [.embedInCode("Page")]),
    Module(
        "ConfigService", .services,
        uses: ["Market", "Ports", "Contracts", "Hosting", "HTTPServing"],
        libraries: [.hummingbird, .httpTypes, .nioCore, .logging, .serviceLifecycle]),
    Module(
        "GRPCServing", .services, uses: ["Ports", "Contracts", "Hosting", "Listening"],
        libraries: [
            .grpcCore, .grpcHTTP2, .logging, .nioCore, .nioHTTP2, .serviceLifecycle, .swiftProtobuf,
        ]),

    Module(
        "bloasis", .command,
        uses: [
            "Market", "Regimes", "Trading", "Kernels", "Indicators", "JumpModels",
            "MarkovSwitching", "RegimeModels", "MarketTiles", "Hindsight", "Evaluation",
            "Reporting", "Terminal", "Strategies", "Ports", "Contracts", "MarketFeeds",
            "Compression", "SQLite",
            "Redis", "Backends", "WebCalls", "Clients", "Registries", "VendorFeeds",
            "LanguageModels", "ObjectStorage", "Tokens", "Postbox", "Notices", "Hosting",
            "MarketRegime", "Scoring",
            "AIAnalysis", "TradingService", "Accounts", "AccountService", "Passwords",
            "Notification", "HTTPServing", "ConfigService", "Gateway", "GRPCServing",
        ],
        libraries: [
            .argumentParser, .configuration, .crypto, .logging, .metrics, .serviceLifecycle,
            .swiftProtobuf, .unixSignals,
        ]),
]

// MARK: - The table is checked before anything is built

let storeyOf = Dictionary(uniqueKeysWithValues: modules.map { ($0.name, $0.storey) })
let looksAhead = Set(modules.filter(\.looksAhead).map(\.name))
var declaredAbove: Set<String> = []
for module in modules {
    for neighbour in module.uses {
        guard let storey = storeyOf[neighbour] else {
            fatalError("Package.swift: \(module.name) uses \(neighbour), which no row declares")
        }
        guard module.storey.mayUse.contains(storey) else {
            fatalError(
                "Package.swift: \(module.name) (\(module.storey.rawValue)) must not depend on "
                    + "\(neighbour) (\(storey.rawValue)): that points upward or sideways")
        }
        guard module.storey != .services || module.looksAhead || !looksAhead.contains(neighbour)
        else {
            fatalError(
                "Package.swift: \(module.name) is a service and must not depend on \(neighbour), "
                    + "which looks ahead")
        }
        guard declaredAbove.contains(neighbour) else {
            fatalError("Package.swift: \(module.name) uses \(neighbour), declared below it")
        }
    }
    declaredAbove.insert(module.name)
}

// MARK: - From the table to targets

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

extension Module {
    var path: String { "Sources/\(storey.rawValue)/\(name)" }

    var dependencies: [Target.Dependency] {
        uses.filter { name in modules.contains { $0.name == name && $0.isBuilt } }
            .map { .byName(name: $0) } + libraries.map(\.product)
    }

    /// Code for levels of one architecture is left out on the others.
    var isBuilt: Bool {
        #if arch(x86_64)
            return true
        #else
            for case .lanes(level: .some) in traits { return false }
            return true
        #endif
    }

    /// Lane kernels are compiled as a whole and without checks in every configuration: they hold
    /// nothing but arithmetic on memory that their callers have measured.
    static func laneFlags(level: Int?) -> [String] {
        let flags = ["-Ounchecked", "-wmo", "-num-threads", "1", "-disable-batch-mode"]
        guard let level else { return flags }
        let wide = level >= 4 ? ["-Xcc", "-mprefer-vector-width=512"] : []
        return flags + ["-Xcc", "-march=x86-64-v\(level)"] + wide
    }

    var settings: [SwiftSetting] {
        var settings = strict
        var unsafeAllowed = false
        for trait in traits {
            switch trait {
            case .numeric: settings.append(.unsafeFlags(["-O"], .when(configuration: .debug)))
            case .unsafeAllowed: unsafeAllowed = true
            case .lanes(let level): settings.append(.unsafeFlags(Module.laneFlags(level: level)))
            case .system, .headers, .looksAhead: break
            }
        }
        if !unsafeAllowed { settings.append(.strictMemorySafety()) }
        return settings
    }

    /// What explains lane kernels stands beside them.
    var notes: [String] {
        for case .lanes in traits { return ["README.md"] }
        return []
    }

    var target: Target {
        for case .system(let pkgConfig, let apt) in traits {
            return .systemLibrary(
                name: name, path: path, pkgConfig: pkgConfig, providers: [.apt([apt])])
        }
        for case .headers in traits { return .systemLibrary(name: name, path: path) }
        if storey == .command {
            return .executableTarget(
                name: name, dependencies: dependencies, path: path, resources: resources,
                swiftSettings: settings)
        }
        return .target(
            name: name, dependencies: dependencies, path: path, exclude: notes,
            resources: resources,
            swiftSettings: settings)
    }
}

func tests(_ name: String, _ uses: [String], _ libraries: [Library] = []) -> Target {
    .testTarget(
        name: name,
        dependencies: (uses + ["TestSupport"]).map { .byName(name: $0) }
            + libraries.map(\.product),
        path: "Tests/\(name)", swiftSettings: strict)
}

let package = Package(
    name: "bloasis",
    platforms: [.macOS(.v15)],
    products: [.executable(name: "bloasis", targets: ["bloasis"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-http2", from: "1.46.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/grpc/grpc-swift-2", from: "2.4.3"),
        .package(url: "https://github.com/grpc/grpc-swift-nio-transport", from: "2.9.2"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
    ],
    targets: modules.filter(\.isBuilt).map(\.target) + [
        .target(
            name: "TestSupport",
            dependencies: [
                "Market", "Regimes", "Trading", "Notices", "Accounts", "Ports", "Contracts",
                "CRDKafka",
            ].map { .byName(name: $0) } + [Library.logging.product],
            path: "Tests/TestSupport", swiftSettings: strict),
        tests("MarketTests", ["Market"]),
        tests("TradingTests", ["Market", "Regimes", "Trading"]),
        tests("NoticesTests", ["Market", "Regimes", "Trading", "Notices"]),
        tests("AccountsTests", ["Market", "Trading", "Accounts"]),
        tests("KernelsTests", ["LaneTasks", "Kernels"]),
        tests("IndicatorsTests", ["Market", "Kernels", "Indicators"]),
        .target(name: "AllocationCounter", path: "Benchmarks/AllocationCounter"),
        tests(
            "AllocationTests",
            [
                "Market", "Kernels", "Indicators", "JumpModels", "MarkovSwitching", "RegimeModels",
                "AllocationCounter",
            ]),
        tests("JumpModelsTests", ["Market", "Kernels", "Indicators", "JumpModels"]),
        tests("MarkovSwitchingTests", ["Kernels", "MarkovSwitching"]),
        tests(
            "RegimeModelsTests",
            ["Market", "Regimes", "Kernels", "Indicators", "RegimeModels", "Hindsight"]),
        tests(
            "MarketTilesTests",
            ["Market", "Regimes", "LaneTasks", "Kernels", "RegimeModels", "MarketTiles"]),
        tests(
            "StrategiesTests",
            ["Market", "Regimes", "Trading", "Kernels", "Strategies", "MarketFeeds"]),
        tests(
            "EvaluationTests",
            ["Market", "Regimes", "Kernels", "Indicators", "RegimeModels", "Evaluation"]),
        tests(
            "ReportingTests",
            ["Market", "Regimes", "Kernels", "RegimeModels", "Evaluation", "Reporting"]),
        tests("TerminalTests", ["Market", "Regimes", "Reporting", "Terminal"]),
        tests("PortsTests", ["Market", "Regimes", "Trading", "Ports", "Contracts"]),
        tests(
            "ContractsTests",
            ["Market", "Regimes", "Trading", "Notices", "Accounts", "Ports", "Contracts"],
            [.swiftProtobuf, .yams]),
        tests("MarketFeedsTests", ["Market", "MarketFeeds"]),
        tests("SQLiteTests", ["SQLite"], [.grdb]),
        tests("PostgresTests", ["Postgres"]),
        tests("RedisTests", ["Redis"]),
        tests("KafkaTests", ["CRDKafka", "Kafka"]),
        tests(
            "BackendsTests",
            [
                "Market", "Regimes", "Trading", "Notices", "Accounts", "Ports", "SQLite",
                "Postgres",
                "Redis", "CRDKafka", "Kafka", "Backends",
            ], [.grdb]),
        tests(
            "LanguageModelsTests", ["Market", "Ports", "Contracts", "WebCalls", "LanguageModels"]),
        tests(
            "ObjectStorageTests", ["Market", "Ports", "WebCalls", "ObjectStorage", "Hosting"]),
        tests("PasswordsTests", ["Accounts", "Ports", "Passwords"]),
        tests("TokensTests", ["Market", "Accounts", "Ports", "Tokens"], [.crypto, .jwtKit]),
        tests(
            "HostingTests", ["Market", "Accounts", "Ports", "Contracts", "Hosting"],
            [.configuration, .logging, .metrics, .metricsCore, .serviceLifecycle, .unixSignals]),
        tests(
            "CachingTests", ["Market", "Ports", "Contracts", "Redis", "Backends", "Hosting"]),
        tests(
            "MarketRegimeTests",
            [
                "Market", "Regimes", "Ports", "Contracts", "Indicators", "RegimeModels",
                "Evaluation", "Backends", "Hosting", "MarketRegime", "Scoring",
            ],
            [.grdb, .logging, .metrics, .serviceLifecycle]),
        tests(
            "AccountServiceTests",
            ["Market", "Trading", "Accounts", "Ports", "Contracts", "AccountService"], [.logging]),
        tests(
            "AIAnalysisTests",
            [
                "Market", "Regimes", "Trading", "Strategies", "Ports", "Contracts", "Hosting",
                "AIAnalysis",
            ], [.logging]),
        tests(
            "TradingServiceTests",
            [
                "Market", "Regimes", "Trading", "Ports", "Contracts", "Hosting", "AIAnalysis",
                "TradingService",
            ]),
        tests("ListeningTests", ["Listening"], [.nioCore, .nioPosix]),
        tests(
            "HTTPServingTests", ["Ports", "Contracts", "Hosting", "HTTPServing"],
            [
                .hummingbird, .hummingbirdTesting, .httpTypes, .logging, .nioCore, .nioHTTPTypes,
                .nioWebSocket, .serviceLifecycle,
            ]),
        tests("CompressionTests", ["Compression"]),
        tests(
            "GatewayTests",
            ["Ports", "Contracts", "Hosting", "HTTPServing", "Gateway"],
            [
                .hummingbird, .hummingbirdTesting, .httpTypes, .logging, .metricsCore, .nioCore,
                .serviceLifecycle, .swiftProtobuf,
            ]),
        tests(
            "ConfigServiceTests",
            ["Market", "Ports", "Contracts", "Hosting", "HTTPServing", "ConfigService"],
            [
                .hummingbird, .hummingbirdTesting, .httpTypes, .logging, .nioCore,
                .serviceLifecycle,
            ]),
        tests(
            "RegistriesTests",
            ["Ports", "Contracts", "Hosting", "HTTPServing", "ConfigService", "Registries"],
            [.hummingbird, .httpTypes, .logging, .nioCore, .serviceLifecycle]),
        tests("WebCallsTests", ["WebCalls"]),
        tests(
            "PostboxTests", ["Market", "Notices", "Ports", "WebCalls", "Postbox"],
            [.nioCore, .nioPosix, .nioSSL]),
        tests(
            "NotificationTests",
            [
                "Market", "Regimes", "Notices", "Ports", "Contracts", "Backends", "Hosting",
                "Notification",
            ], [.logging, .serviceLifecycle]),
        tests("VendorFeedsTests", ["Market", "Ports", "WebCalls", "VendorFeeds"]),
        tests(
            "GRPCServingTests", ["Ports", "Contracts", "Hosting", "GRPCServing"],
            [.grpcCore, .grpcHTTP2, .logging, .serviceLifecycle, .swiftProtobuf]),
        tests(
            "ClientsTests",
            [
                "Ports", "Contracts", "WebCalls", "Clients", "Hosting", "HTTPServing", "Gateway",
                "GRPCServing",
            ],
            [.grpcCore, .logging, .serviceLifecycle, .swiftProtobuf]),
        tests(
            "IntegrationTests",
            ["Market", "Regimes", "Ports", "Contracts", "Backends", "Hosting", "bloasis"],
            [.grdb]),
        tests(
            "ReferenceTests",
            [
                "Ports", "Contracts", "Hosting", "HTTPServing", "Gateway", "ConfigService",
                "bloasis",
            ],
            [.argumentParser, .hummingbird, .logging, .swiftProtobuf]),
        tests("TidyTests", [], [.yams]),
    ]
)
