import Foundation

/// Programs in Python that ask as others' programs do; they lie in `Tests/Clients`.
enum IndependentClient {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent()
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
        let installer = Process()
        installer.executableURL = root.appending(path: "Scripts/install-test-clients.sh")
        let installed = try await Program.finish(installer)
        let process = Process()
        process.executableURL = URL(
            filePath: installed.output.trimmingCharacters(in: .whitespacesAndNewlines))
        process.arguments = arguments
        // Some of them leave notes where they run.
        process.currentDirectoryURL = FileManager.default.temporaryDirectory
        return try await Program.finish(process)
    }
}
