// swift-tools-version: 6.2
import PackageDescription

// What measures the program, apart from it: only `make bench` and the words like it build this.
// `House` is a link to the program's sources, so that their `package` interfaces are seen here and
// nothing has to be public. The settings are those of the rows of ../Package.swift.

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

func house(
    _ path: String, uses: [String] = [], libraries: [Target.Dependency] = [],
    resources: [Resource] = [], flags: [String] = [], unsafeAllowed: Bool = false
) -> Target {
    var settings = strict
    if !flags.isEmpty { settings.append(.unsafeFlags(flags)) }
    if !unsafeAllowed { settings.append(.strictMemorySafety()) }
    return .target(
        name: String(path.split(separator: "/").last ?? ""),
        dependencies: uses.map { .byName(name: $0) } + libraries, path: "House/" + path,
        resources: resources, swiftSettings: settings)
}

/// The lane kernels for a level of the x86-64 psABI, or for any processor.
func lanes(_ name: String, level: Int?) -> Target {
    var flags = ["-Ounchecked", "-wmo", "-num-threads", "1", "-disable-batch-mode"]
    if let level { flags += ["-Xcc", "-march=x86-64-v\(level)"] }
    if level == 4 { flags += ["-Xcc", "-mprefer-vector-width=512"] }
    return house(
        "Analytics/" + name, uses: ["CLanes", "LaneTasks"], flags: flags, unsafeAllowed: true)
}

#if arch(x86_64)
    let higherLevels = [3, 4]
#else
    let higherLevels: [Int] = []
#endif

let package = Package(
    name: "bloasis-benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/grpc/grpc-swift-2", from: "2.4.3"),
        .package(url: "https://github.com/grpc/grpc-swift-nio-transport", from: "2.9.2"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        // Without its malloc interposer: AllocationCounter counts, with no other library in
        // between.
        .package(url: "https://github.com/ordo-one/benchmark", exact: "1.38.1", traits: []),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        house("Domain/Market"),
        house("Domain/Regimes", uses: ["Market"]),
        .systemLibrary(name: "CLanes", path: "House/Analytics/CLanes"),
        house("Analytics/LaneTasks", unsafeAllowed: true),
        lanes("LaneKernelsV1", level: nil),
        house(
            "Analytics/Kernels",
            uses: ["CLanes", "LaneTasks", "LaneKernelsV1"]
                + higherLevels.map { "LaneKernelsV\($0)" }, unsafeAllowed: true),
        house("Analytics/JumpModels", uses: ["Kernels"]),
        house("Analytics/MarkovSwitching", uses: ["Kernels"]),
        house("Analytics/Indicators", uses: ["Market", "Kernels"]),
        house(
            "Analytics/RegimeModels",
            uses: ["Market", "Regimes", "Kernels", "Indicators", "JumpModels", "MarkovSwitching"],
            libraries: [.product(name: "Crypto", package: "swift-crypto")]),
        house(
            "Analytics/MarketTiles",
            uses: ["Market", "Regimes", "LaneTasks", "Kernels", "Indicators", "RegimeModels"],
            unsafeAllowed: true),
        .systemLibrary(
            name: "CZlib", path: "House/Adapters/CZlib", pkgConfig: "zlib",
            providers: [.apt(["zlib1g-dev"])]),
        house("Adapters/MarketFeeds", uses: ["Market", "CZlib"], unsafeAllowed: true),

        house("Domain/Trading", uses: ["Market", "Regimes"]),
        house("Boundaries/Ports", uses: ["Market", "Regimes", "Trading"]),
        house(
            "Boundaries/Contracts", uses: ["Market", "Regimes", "Trading", "Ports"],
            libraries: [
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ], resources: [.embedInCode("Descriptors")]),
        house(
            "Adapters/SQLite", libraries: [.product(name: "GRDB", package: "GRDB.swift")],
            resources: [.embedInCode("Migrations")], unsafeAllowed: true),
        .systemLibrary(name: "CEpoll", path: "House/Adapters/CEpoll"),
        .systemLibrary(
            name: "CPQ", path: "House/Adapters/CPQ", pkgConfig: "libpq",
            providers: [.apt(["libpq-dev"])]),
        house("Adapters/Postgres", uses: ["CEpoll", "CPQ"], unsafeAllowed: true),
        .systemLibrary(
            name: "CHiredis", path: "House/Adapters/CHiredis",
            providers: [.apt(["libhiredis-dev"])]),
        house("Adapters/Redis", uses: ["CHiredis"], unsafeAllowed: true),
        .systemLibrary(
            name: "CRDKafka", path: "House/Adapters/CRDKafka", pkgConfig: "rdkafka",
            providers: [.apt(["librdkafka-dev"])]),
        house("Adapters/Kafka", uses: ["CRDKafka"], unsafeAllowed: true),
        house(
            "Adapters/Backends",
            uses: [
                "Market", "Regimes", "Trading", "Ports", "SQLite", "Postgres", "Redis", "Kafka",
            ],
            libraries: [.product(name: "GRDB", package: "GRDB.swift")],
            resources: [.embedInCode("Migrations")]),
        house(
            "Services/Hosting", uses: ["Market", "Ports", "Contracts"],
            libraries: [
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ]),

        .target(name: "AllocationCounter", path: "AllocationCounter"),
        .target(
            name: "Work",
            dependencies: [
                "Market", "Regimes", "Kernels", "JumpModels", "Indicators", "RegimeModels",
                "MarketTiles", "AllocationCounter",
            ],
            path: "Work",
            swiftSettings: strict),
        .executableTarget(
            name: "bloasis-workloads", dependencies: ["Work"], path: "Workloads",
            swiftSettings: strict),
        .executableTarget(
            name: "bloasis-stack",
            dependencies: [
                "CRDKafka", "Market", "Regimes", "Ports", "Contracts", "SQLite", "Redis", "Kafka",
                "Backends", "Hosting",
                .product(name: "Logging", package: "swift-log"),
            ],
            path: "Stack", swiftSettings: strict),
        .executableTarget(
            name: "bloasis-doors",
            dependencies: [
                .product(name: "GRPCCore", package: "grpc-swift-2"),
                .product(name: "GRPCNIOTransportHTTP2Posix", package: "grpc-swift-nio-transport"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
            ],
            path: "Doors", swiftSettings: strict),
        .executableTarget(
            name: "Gauges",
            dependencies: [
                "Market", "MarketFeeds", "RegimeModels", "Work",
                .product(name: "Benchmark", package: "benchmark"),
            ],
            path: "Gauges", swiftSettings: strict,
            plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]),
    ] + higherLevels.map { lanes("LaneKernelsV\($0)", level: $0) }
)
