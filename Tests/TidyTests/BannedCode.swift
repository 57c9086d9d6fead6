/// Calls that belong to the shell, or nowhere.
enum BannedCode {
    struct Ban {
        var pieces: [String]
        var reason: String
        /// Path prefixes where it is allowed.
        var allowedIn: [String] = []
        var appliesToTests = true
        var appliesToSources = true
    }

    static let shell = ["Sources/Command/", "Sources/Services/Hosting/"]
    /// Where unsafe constructs may stand besides the modules the manifest allows.
    static let unsafeFiles = [
        "Sources/Services/Hosting/WallClock.swift",
        "Sources/Services/Hosting/DescriptorBudget.swift",
        "Sources/Services/Hosting/Logging/LogWriter.swift",
        "Sources/Services/HTTPServing/EventLoopExecutor.swift",
        "Sources/Services/GRPCServing/WireMessages.swift",
        "Sources/Adapters/Clients/WireMessages.swift",
        "Sources/Command/bloasis/Display/JobControl.swift",
        "Sources/Command/bloasis/Display/TerminalSize+Measured.swift",
    ]

    /// Where the kernel's own time bounds a wait.
    static let timers = ["Sources/Adapters/Postgres/SocketPoller.swift"]

    static let bans: [Ban] = [
        Ban(
            pieces: [
                "Date()", "Date.now", "ContinuousClock.now", "ContinuousClock().now",
                "SuspendingClock", "clock_gettime", "DispatchTime.now",
            ], reason: "time is an argument", allowedIn: shell + timers, appliesToTests: false),
        Ban(
            pieces: ["Date()", "Date.now"], reason: "time is an argument", appliesToSources: false),
        Ban(pieces: ["print(", "debugPrint(", "NSLog("], reason: "log, or write to an output"),
        Ban(
            pieces: ["SystemRandomNumberGenerator", "arc4random", "drand48"],
            reason: "randomness is an argument", allowedIn: shell),
        Ban(
            pieces: ["UUID()"], reason: "identifiers are made from what they name",
            allowedIn: shell, appliesToTests: false),
        Ban(
            pieces: ["Task.sleep", "usleep(", "Thread.sleep"],
            reason: "a test waits for a condition, never for a time",
            allowedIn: ["Tests/TestSupport/"], appliesToSources: false),
        Ban(pieces: ["import XCTest"], reason: "tests use Swift Testing"),
        Ban(pieces: ["try!", "fatalError("], reason: "an error is thrown, not fatal"),
        Ban(
            pieces: ["@preconcurrency import", "nonisolated(unsafe)", "@unchecked Sendable"],
            reason: "the compiler checks concurrency", allowedIn: ["Sources/Adapters/"],
            appliesToTests: false),
    ]

    static func calls(_ file: SourceFile) -> [Violation] {
        let lines = file.code
        return bans.filter { applies($0, to: file) }.flatMap { ban in
            lines.enumerated().flatMap { index, line in
                ban.pieces.filter { CodeSearch.holds($0, in: line) }.map {
                    Violation(path: file.path, line: index + 1, message: "\($0): \(ban.reason)")
                }
            }
        }
    }

    private static func applies(_ ban: Ban, to file: SourceFile) -> Bool {
        (file.isTest ? ban.appliesToTests : ban.appliesToSources)
            && !ban.allowedIn.contains { file.path.hasPrefix($0) }
    }

    /// Random draws name their generator.
    static func unseededRandomness(_ file: SourceFile) -> [Violation] {
        let lines = file.code
        let text = lines.joined(separator: "\n")
        return [".random(", ".randomElement(", ".shuffled(", ".shuffle("].flatMap { call in
            var violations: [Violation] = []
            var rest = text[...]
            while let range = rest.firstRange(of: call) {
                rest = rest[range.upperBound...]
                var depth = 1
                let arguments = rest.prefix { character in
                    if character == "(" { depth += 1 }
                    if character == ")" { depth -= 1 }
                    return depth > 0
                }
                guard !arguments.contains("using:") else { continue }
                let line = text[..<range.lowerBound].count { $0 == "\n" } + 1
                violations.append(
                    Violation(path: file.path, line: line, message: "\(call)…) without `using:`"))
            }
            return violations
        }
    }

    /// Domain and Analytics are synchronous.
    static func asynchrony(_ file: SourceFile) -> [Violation] {
        guard file.storey == "Domain" || file.storey == "Analytics" else { return [] }
        return file.code.enumerated().flatMap { index, line in
            ["async", "await", "actor", "Task"].filter { CodeSearch.holdsWord($0, in: line) }.map {
                Violation(
                    path: file.path, line: index + 1,
                    message: "`\($0)`: \(file.storey ?? "") is synchronous")
            }
        }
    }

    /// Unsafe constructs stay where the manifest allows them.
    static func unsafety(_ file: SourceFile, _ table: ManifestTable) -> [Violation] {
        guard let module = file.module, table.row(module)?.allowsUnsafe != true,
            !unsafeFiles.contains(file.path)
        else { return [] }
        return file.code.enumerated().compactMap { index, line in
            guard CodeSearch.holdsWord("unsafe", in: line) else { return nil }
            return Violation(
                path: file.path, line: index + 1, message: "`unsafe` outside the modules for it")
        }
    }

    private static let markers = ["TO" + "DO", "FIX" + "ME", "X" + "XX"]

    /// Unfinished work is an issue, not a comment.
    static func markers(_ file: SourceFile) -> [Violation] {
        file.lines.enumerated().flatMap { index, line in
            markers.filter { CodeSearch.holds($0, in: String(line)) }.map {
                Violation(path: file.path, line: index + 1, message: "\($0): open an issue instead")
            }
        }
    }

    /// Paths of one machine, which mean nothing on another.
    private static let homes = ["/root/", "/Users/"]
    /// What stands before an absolute path; anything else makes it a part of a longer one.
    private static let boundaries: Set<Character> = [" ", "\"", "'", "`", "(", "=", "<", "\t"]

    static func machinePaths(_ file: SourceFile) -> [Violation] {
        guard file.path != "Tests/TidyTests/BannedCode.swift" else { return [] }
        return file.lines.enumerated().flatMap { index, line in
            homes.filter { startsPath($0, in: line) }.map {
                Violation(path: file.path, line: index + 1, message: "\($0)… is one machine's path")
            }
        }
    }

    private static func startsPath(_ home: String, in line: Substring) -> Bool {
        var rest = line
        while let range = rest.firstRange(of: home) {
            let before = line[..<range.lowerBound].last
            if before.map(boundaries.contains) ?? true { return true }
            rest = rest[range.upperBound...]
        }
        return false
    }
}
