/// Who may import whom, and which system modules a storey may know.
enum LayerRules {
    /// Modules that come with the toolchain, by storey: the lower, the fewer.
    static let systemModules: [String: Set<String>] = [
        "Domain": [],
        "Analytics": ["FoundationEssentials"],
        "Boundaries": ["FoundationEssentials", "Foundation", "Synchronization"],
        "Adapters": ["FoundationEssentials", "Foundation", "Synchronization", "Glibc", "Dispatch"],
        "Services": ["FoundationEssentials", "Foundation", "Synchronization"],
        "Command": [
            "FoundationEssentials", "Foundation", "Synchronization", "Glibc", "Dispatch",
        ],
    ]
    static let testSystemModules: Set<String> = [
        "Testing", "Foundation", "FoundationEssentials", "FoundationNetworking", "Synchronization",
        "Glibc", "Dispatch",
    ]
    /// Of the services only this one touches the operating system: its clock and its errors, and a
    /// thread for the log.
    static let nearTheSystem = ["Hosting": Set(["Glibc", "Dispatch"])]
    /// Of Analytics only this one spreads work over cores and remembers which code it runs.
    static let nearTheProcessor = ["Kernels": Set(["Dispatch", "Synchronization"])]
    /// The same library on other systems.
    static let twins = ["Darwin": "Glibc", "Musl": "Glibc"]

    static func imports(_ file: SourceFile, _ table: ManifestTable) -> [Violation] {
        guard let allowed = allowed(file, table) else {
            return [
                Violation(
                    path: file.path, line: 0, message: "belongs to no module of Package.swift")
            ]
        }
        return imported(file).compactMap { line, module in
            guard !allowed.contains(twins[module] ?? module) else { return nil }
            return Violation(
                path: file.path, line: line, message: "must not import \(module)")
        }
    }

    private static func allowed(_ file: SourceFile, _ table: ManifestTable) -> Set<String>? {
        if file.isTest {
            let target = String(file.path.split(separator: "/")[1])
            if target == "TestSupport" {
                return testSystemModules.union([
                    "Market", "Regimes", "Trading", "Notices", "Accounts", "Ports", "Contracts",
                    "CRDKafka", "Logging",
                ])
            }
            return table.tests[target].map { $0.union(testSystemModules).union(["TestSupport"]) }
        }
        guard let storey = file.storey, let module = file.module, let row = table.row(module),
            row.storey == storey
        else { return nil }
        let system = (systemModules[storey] ?? [])
            .union(nearTheSystem[module] ?? [])
            .union(nearTheProcessor[module] ?? [])
        return system.union(row.uses).union(row.libraries)
    }

    /// Line and module of every import.
    static func imported(_ file: SourceFile) -> [(line: Int, module: String)] {
        file.code.enumerated().compactMap { index, line in
            guard line.contains("import") else { return nil }
            let words = line.split(separator: " ")
            guard let position = words.firstIndex(of: "import"), position + 1 < words.count,
                words[..<position].allSatisfy({ modifiers.contains($0) || $0.hasPrefix("@") })
            else { return nil }
            let kinds: Set<Substring> = ["struct", "class", "enum", "func", "protocol", "var"]
            let path =
                kinds.contains(words[position + 1]) ? words[position + 2] : words[position + 1]
            return (index + 1, String(path.prefix { $0 != "." }))
        }
    }

    private static let modifiers: Set<Substring> = [
        "public", "package", "internal", "fileprivate", "private",
    ]

    /// No module is named like a type in it: nobody could then name the module.
    static func moduleNames(_ file: SourceFile) -> [Violation] {
        guard let module = file.module else { return [] }
        return Declarations.topLevel(file).filter { $0 == module }.map {
            Violation(path: file.path, line: 0, message: "type \($0) is named like its module")
        }
    }
}
