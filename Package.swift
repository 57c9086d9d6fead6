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
    case configuration = "Configuration"
    case crypto = "Crypto"
    case grdb = "GRDB"
    case httpTypes = "HTTPTypes"
    case hummingbird = "Hummingbird"
    case hummingbirdCore = "HummingbirdCore"
    case hummingbirdTesting = "HummingbirdTesting"
    case logging = "Logging"
    case metrics = "Metrics"
    case metricsCore = "CoreMetrics"
    case nioCore = "NIOCore"
    case serviceLifecycle = "ServiceLifecycle"
    case swiftProtobuf = "SwiftProtobuf"
    case unixSignals = "UnixSignals"

    var package: String {
        switch self {
        case .argumentParser: "swift-argument-parser"
        case .configuration: "swift-configuration"
        case .crypto: "swift-crypto"
        case .grdb: "GRDB.swift"
        case .httpTypes: "swift-http-types"
        case .hummingbird, .hummingbirdCore, .hummingbirdTesting: "hummingbird"
        case .logging: "swift-log"
        case .metrics, .metricsCore: "swift-metrics"
        case .nioCore: "swift-nio"
        case .serviceLifecycle, .unixSignals: "swift-service-lifecycle"
        case .swiftProtobuf: "swift-protobuf"
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
}

let modules: [Module] = [
    Module("Market", .domain, .numeric),
    Module("Regimes", .domain, uses: ["Market"]),

    Module("Kernels", .analytics, .numeric, .unsafeAllowed),
    Module("Indicators", .analytics, uses: ["Market", "Kernels"], .numeric),
    Module(
        "RegimeModels", .analytics, uses: ["Market", "Regimes", "Kernels", "Indicators"],
        libraries: [.crypto], .numeric),

    Module("Ports", .boundaries, uses: ["Market", "Regimes"]),
    Module(
        "Contracts", .boundaries, uses: ["Market", "Regimes", "Ports"],
        libraries: [.crypto, .swiftProtobuf]),

    Module("CZlib", .adapters, .system(pkgConfig: "zlib", apt: "zlib1g-dev")),
    Module("MarketFeeds", .adapters, uses: ["Market", "CZlib"], .numeric, .unsafeAllowed),
    Module(
        "SQLite", .adapters, libraries: [.grdb], resources: [.embedInCode("Migrations")],
        .unsafeAllowed),
    Module(
        "Backends", .adapters, uses: ["Market", "Regimes", "Ports", "SQLite"],
        libraries: [.grdb]),

    Module(
        "Hosting", .services, uses: ["Market", "Ports"],
        libraries: [
            .configuration, .logging, .metrics, .metricsCore, .serviceLifecycle, .unixSignals,
        ]),
    Module(
        "MarketRegime", .services,
        uses: [
            "Market", "Regimes", "Kernels", "Indicators", "RegimeModels", "Ports", "Contracts",
            "Hosting",
        ],
        libraries: [.crypto, .logging, .metrics, .serviceLifecycle], .numeric),
    Module(
        "Gateway", .services, uses: ["Market", "Regimes", "Ports", "Contracts", "Hosting"],
        libraries: [
            .hummingbird, .hummingbirdCore, .httpTypes, .nioCore, .logging, .metrics,
            .serviceLifecycle, .swiftProtobuf,
        ],
        resources: [.embedInCode("Page")]),

    Module(
        "bloasis", .command,
        uses: [
            "Market", "Regimes", "Kernels", "Indicators", "RegimeModels", "Ports", "Contracts",
            "MarketFeeds", "SQLite", "Backends", "Hosting", "MarketRegime", "Gateway",
        ],
        libraries: [
            .argumentParser, .configuration, .logging, .metrics, .serviceLifecycle, .swiftProtobuf,
            .unixSignals,
        ]),
]

// MARK: - The table is checked before anything is built

let storeyOf = Dictionary(uniqueKeysWithValues: modules.map { ($0.name, $0.storey) })
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
]

extension Module {
    var path: String { "Sources/\(storey.rawValue)/\(name)" }

    var dependencies: [Target.Dependency] {
        uses.map { .byName(name: $0) } + libraries.map(\.product)
    }

    var settings: [SwiftSetting] {
        var settings = strict
        var unsafeAllowed = false
        for trait in traits {
            switch trait {
            case .numeric: settings.append(.unsafeFlags(["-O"], .when(configuration: .debug)))
            case .unsafeAllowed: unsafeAllowed = true
            case .system: break
            }
        }
        if !unsafeAllowed { settings.append(.strictMemorySafety()) }
        return settings
    }

    var target: Target {
        for case .system(let pkgConfig, let apt) in traits {
            return .systemLibrary(
                name: name, path: path, pkgConfig: pkgConfig, providers: [.apt([apt])])
        }
        if storey == .command {
            return .executableTarget(
                name: name, dependencies: dependencies, path: path, resources: resources,
                swiftSettings: settings)
        }
        return .target(
            name: name, dependencies: dependencies, path: path, resources: resources,
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
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: modules.map(\.target) + [
        .target(
            name: "TestSupport",
            dependencies: ["Market", "Regimes", "Ports"].map { .byName(name: $0) },
            path: "Tests/TestSupport", swiftSettings: strict),
        tests("MarketTests", ["Market"]),
        tests("KernelsTests", ["Kernels"]),
        tests("IndicatorsTests", ["Market", "Indicators"]),
        tests("RegimeModelsTests", ["Market", "Regimes", "Kernels", "Indicators", "RegimeModels"]),
        tests("PortsTests", ["Market", "Regimes", "Ports"]),
        tests("ContractsTests", ["Market", "Regimes", "Ports", "Contracts"], [.swiftProtobuf]),
        tests("MarketFeedsTests", ["Market", "MarketFeeds"]),
        tests("SQLiteTests", ["SQLite"], [.grdb]),
        tests("BackendsTests", ["Market", "Regimes", "Ports", "SQLite", "Backends"], [.grdb]),
        tests(
            "HostingTests", ["Market", "Hosting"],
            [.configuration, .logging, .metrics, .metricsCore, .serviceLifecycle, .unixSignals]),
        tests(
            "MarketRegimeTests",
            ["Market", "Regimes", "Ports", "Contracts", "RegimeModels", "MarketRegime"],
            [.logging, .serviceLifecycle]),
        tests(
            "GatewayTests", ["Market", "Regimes", "Ports", "Contracts", "Hosting", "Gateway"],
            [
                .hummingbird, .hummingbirdTesting, .httpTypes, .logging, .metricsCore, .nioCore,
                .serviceLifecycle,
            ]),
        tests(
            "IntegrationTests", ["Market", "Ports", "Contracts", "Backends", "bloasis"], [.grdb]),
        tests("TidyTests", []),
    ]
)
