import Foundation

/// Programs in Python that ask as others' programs do; they lie in `Tests/Clients`.
enum IndependentClient {
    static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../..").standardizedFileURL

    /// Runs one of them to its end.
    static func run(_ name: String, _ arguments: String...) async throws -> Program.Outcome {
        try await python([file(name)] + arguments)
    }

    static func file(_ name: String) -> String {
        root.appending(path: "Tests/Clients/\(name)").path
    }

    /// Runs python, with the clients' packages, to its end.
    static func python(_ arguments: [String]) async throws -> Program.Outcome {
        try await start(arguments).outcome()
    }

    /// Starts python, with the clients' packages.
    static func start(_ arguments: [String]) async throws -> Running {
        let process = Process()
        process.executableURL = URL(filePath: try await interpreter())
        process.arguments = arguments
        // Some of them leave notes where they run.
        process.currentDirectoryURL = FileManager.default.temporaryDirectory
        return try Running(process)
    }

    /// Starts one of them.
    static func start(_ name: String, _ arguments: Int...) async throws -> Running {
        try await start([file(name)] + arguments.map { String($0) })
    }

    /// The path of a python with the packages that a script installs; the clients' unless said.
    static func interpreter(
        of script: String = "install-test-clients.sh"
    ) async throws -> String {
        let installer = Process()
        installer.executableURL = root.appending(path: "Scripts/\(script)")
        let installed = try await Program.finish(installer)
        return installed.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
