import Foundation
import TestSupport

/// A fresh folder to follow a page in: what lies in the repository's root, `bloasis` as a command,
/// nothing stored, and ports of its own in place of those that the page names.
struct DocumentBench {
    static let secondsLimit = 300

    let folder: URL
    private let ports: [(named: Int, free: Int)]
    private let variables: [String: String]

    /// What a page may use of the repository.
    private static let shared = [
        "Documentation", "Examples", "Fixtures", "Makefile", "Package.swift", "Protos", "Scripts",
        "Sources",
    ]

    init(python: String) throws {
        folder = FileManager.default.temporaryDirectory
            .appending(path: "bloasis-page-\(getpid())-\(try LoopbackPort.free())")
        var ports: [(named: Int, free: Int)] = []
        for named in [8080, 50051, 8082] {
            var free = try LoopbackPort.free()
            while ports.contains(where: { $0.free == free }) { free = try LoopbackPort.free() }
            ports.append((named, free))
        }
        self.ports = ports
        let outer = ProcessInfo.processInfo.environment
        variables = [
            "PATH": "\(folder.path)/bin:" + (outer["PATH"] ?? "/usr/bin:/bin"),
            "HOME": "\(folder.path)/home", "LANG": "C.UTF-8",
            "PYTHONUNBUFFERED": "1",
            "HTTP_PORT": String(ports[0].free), "GRPC_PORT": String(ports[1].free),
            // Programs that are tested are measured, too.
            "LLVM_PROFILE_FILE": outer["LLVM_PROFILE_FILE"] ?? "/dev/null",
        ]
        try furnish(python)
    }

    func remove() {
        try? FileManager.default.removeItem(at: folder)
    }

    private func furnish(_ python: String) throws {
        let files = FileManager.default
        for name in ["bin", "home", "notes", ".build/release"] {
            try files.createDirectory(
                at: folder.appending(path: name), withIntermediateDirectories: true)
        }
        for name in Self.shared {
            try files.createSymbolicLink(
                at: folder.appending(path: name),
                withDestinationURL: IndependentClient.root.appending(path: name))
        }
        // At a terminal it shows no progress either, and a prompt stands behind each answer.
        try Data("silent\nshow-error\nwrite-out = \"\\n\"\n".utf8).write(
            to: folder.appending(path: "home/.curlrc"))
        try command(
            "bloasis",
            """
            if [ "${1-} ${2-}" = 'serve config-service' ]; then HTTP_PORT=\(ports[2].free); fi
            exec '\(Program.executable.path)' "$@"
            """)
        // `make run` finds it newer than what it is built from.
        try files.copyItem(
            at: folder.appending(path: "bin/bloasis"),
            to: folder.appending(path: ".build/release/bloasis"))
        for name in ["python", "python3"] { try command(name, "exec '\(python)' \"$@\"") }
        // What is installed already is not fetched again.
        try command("pip", "shift; for name; do '\(python)' -m pip show --quiet \"$name\"; done")
        try command(
            "grpcurl", "exec '\(python)' '\(IndependentClient.file("grpcurl.py"))' \"$@\"")
    }

    private func command(_ name: String, _ script: String) throws {
        let path = folder.appending(path: "bin/\(name)")
        try Data("#!/bin/sh\nset -eu\n\(script)\n".utf8).write(to: path)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path.path)
    }

    /// A text of a page for the ports here.
    private func here(_ text: String) -> String {
        ports.reduce(text) { $0.replacing(":\($1.named)", with: ":\($1.free)") }
    }

    /// What was shown here, as a page has it.
    private func there(_ text: String) -> String {
        ports.reduce(text) { $0.replacing(":\($1.free)", with: ":\($1.named)") }
    }

    func follow(_ page: DocumentPage) async throws -> DocumentReport {
        let script = DocumentScript(page: page)
        let notes = folder.appending(path: "notes")
        let path = notes.appending(path: "page.sh")
        try Data(here(script.text).utf8).write(to: path)
        for program in script.programs {
            try Data(here(program.text).utf8).write(to: notes.appending(path: program.name))
        }
        let process = Process()
        process.executableURL = URL(filePath: IndependentClient.file("follow.sh"))
        process.arguments = [path.path, notes.path, String(Self.secondsLimit)]
        process.currentDirectoryURL = folder
        process.environment = variables
        _ = try await Program.finish(process)
        var transcripts: [Int: String] = [:]
        for block in page.runs {
            let file = notes.appending(path: "\(block.line).txt")
            transcripts[block.line] = (try? Data(contentsOf: file)).map {
                there(String(decoding: $0, as: UTF8.self))
            }
        }
        let noted = try String(contentsOf: notes.appending(path: "notes"), encoding: .utf8)
        return DocumentReport(page: page, notes: there(noted), transcripts: transcripts)
    }
}
