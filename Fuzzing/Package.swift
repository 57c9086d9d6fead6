// swift-tools-version: 6.2
import PackageDescription

// Programs that feed the readers of foreign bytes with spoilt ones: only `make fuzz` builds this.
// `House` is a link to the program's sources, as in ../Benchmarks. Every module of the house is
// built for libFuzzer, which steers by the branches that it sees taken, and with the address
// sanitizer, which sees what unchecked code reads.

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    // Assertions hold in optimised code too.
    .unsafeFlags(["-sanitize=fuzzer,address", "-assert-config", "Debug"]),
]

func house(_ path: String, uses: [String] = [], isOpened: Bool = false) -> Target {
    .target(
        name: String(path.split(separator: "/").last ?? ""),
        dependencies: uses.map { .byName(name: $0) }, path: "House/" + path,
        // The targets call what only tests may call besides.
        swiftSettings: strict + (isOpened ? [.unsafeFlags(["-enable-testing"])] : []))
}

/// The lane kernels for a level of the x86-64 psABI, or for any processor.
func lanes(_ name: String, level: Int?) -> Target {
    var flags = ["-Ounchecked", "-wmo", "-num-threads", "1", "-disable-batch-mode"]
    if let level { flags += ["-Xcc", "-march=x86-64-v\(level)"] }
    if level == 4 { flags += ["-Xcc", "-mprefer-vector-width=512"] }
    return .target(
        name: name, dependencies: ["CLanes", "LaneTasks"], path: "House/Analytics/" + name,
        exclude: ["README.md"], swiftSettings: strict + [.unsafeFlags(flags)])
}

func fuzzer(_ name: String, _ uses: [String]) -> Target {
    .executableTarget(
        name: name, dependencies: (["Driver"] + uses).map { .byName(name: $0) }, path: name,
        swiftSettings: strict,
        // The linker that the toolchain brings: gold stumbles over the sanitizers' symbols.
        linkerSettings: [.unsafeFlags(["-sanitize=fuzzer,address", "-use-ld=lld"])])
}

#if arch(x86_64)
    let higherLevels = [3, 4]
#else
    let higherLevels: [Int] = []
#endif

let regimeModels = house(
    "Analytics/RegimeModels",
    uses: ["Market", "Regimes", "Kernels", "Indicators", "JumpModels", "MarkovSwitching"],
    isOpened: true)
regimeModels.dependencies.append(.product(name: "Crypto", package: "swift-crypto"))

let protobuf = Target.Dependency.product(name: "SwiftProtobuf", package: "swift-protobuf")

let contracts = house(
    "Boundaries/Contracts", uses: ["Market", "Regimes", "Trading", "Ports"], isOpened: true)
contracts.dependencies += [.product(name: "Crypto", package: "swift-crypto"), protobuf]
contracts.resources = [.embedInCode("Descriptors")]

/// Some files of a module of which the rest needs servers and clients.
func part(_ path: String, of files: [String], leaving folders: [String] = []) -> Target {
    let target = house(path, uses: ["Ports", "Contracts"], isOpened: true)
    target.dependencies.append(protobuf)
    target.sources = files
    target.exclude = folders
    return target
}

let requests = fuzzer("Requests", ["Ports", "Contracts", "Gateway", "Clients"])
requests.dependencies.append(protobuf)

let package = Package(
    name: "bloasis-fuzzing",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
    ],
    targets: [
        house("Domain/Market"),
        house("Domain/Regimes", uses: ["Market"]),
        house("Domain/Trading", uses: ["Market", "Regimes"]),
        .systemLibrary(name: "CLanes", path: "House/Analytics/CLanes"),
        house("Analytics/LaneTasks"),
        lanes("LaneKernelsV1", level: nil),
        house(
            "Analytics/Kernels",
            uses: ["CLanes", "LaneTasks", "LaneKernelsV1"]
                + higherLevels.map { "LaneKernelsV\($0)" }),
        house("Analytics/JumpModels", uses: ["Kernels"]),
        house("Analytics/MarkovSwitching", uses: ["Kernels"]),
        house("Analytics/Indicators", uses: ["Market", "Kernels"]),
        regimeModels,
        .systemLibrary(
            name: "CZlib", path: "House/Adapters/CZlib", pkgConfig: "zlib",
            providers: [.apt(["zlib1g-dev"])]),
        house("Adapters/MarketFeeds", uses: ["Market", "CZlib"], isOpened: true),
        house("Boundaries/Ports", uses: ["Market", "Regimes", "Trading"]),
        contracts,
        part(
            "Services/Gateway", of: ["Transcoder.swift", "RequestText.swift"], leaving: ["Page"]),
        part("Adapters/Clients", of: ["RequestWriter.swift", "RemoteCalls.swift"]),

        .systemLibrary(name: "CFuzzer", path: "CFuzzer"),
        .target(
            name: "Driver", dependencies: ["CFuzzer"], path: "Driver", swiftSettings: strict),
        .target(
            name: "Answers",
            dependencies: ["Driver", "Market", "Regimes", "Kernels", "RegimeModels"],
            path: "Answers", swiftSettings: strict),
        fuzzer("Tables", ["Market", "MarketFeeds"]),
        fuzzer("Manifests", ["RegimeModels", "Answers"]),
        requests,
        fuzzer("Classifiers", ["CFuzzer", "Market", "Kernels", "RegimeModels", "Answers"]),
    ] + higherLevels.map { lanes("LaneKernelsV\($0)", level: $0) }
)
