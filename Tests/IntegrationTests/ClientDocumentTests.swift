import Foundation
import TestSupport
import Testing

/// Documentation/HowTo/clients.md is followed to the letter.
@Suite("The page about clients", .serialized, .timeLimit(.minutes(10)))
struct ClientDocumentTests {
    private struct Block {
        let heading: String
        let language: String
        let text: String
    }

    /// What stands between fences, and under which heading.
    private static func blocks() throws -> [Block] {
        let file = IndependentClient.root.appending(path: "Documentation/HowTo/clients.md")
        var blocks: [Block] = []
        var heading = ""
        var language: String?
        var lines: [Substring] = []
        for line in try String(contentsOf: file, encoding: .utf8)
            .split(separator: "\n", omittingEmptySubsequences: false)
        {
            if line.hasPrefix("```") {
                if let language {
                    let text = lines.joined(separator: "\n")
                    blocks.append(Block(heading: heading, language: language, text: text))
                }
                language = language == nil ? String(line.dropFirst(3)) : nil
                lines = []
            } else if language != nil {
                lines.append(line)
            } else if line.hasPrefix("## ") {
                heading = String(line.dropFirst(3))
            }
        }
        return blocks
    }

    private func blocks(_ heading: String, _ language: String) throws -> [String] {
        try Self.blocks().filter { $0.heading == heading && $0.language == language }.map(\.text)
    }

    /// A server, and a folder to follow the page in: with the .proto files as in the repository,
    /// and commands of the page that are not the system's.
    private struct Bench {
        let server: Server
        let folder: String
        let python: String

        init() async throws {
            python = try await IndependentClient.interpreter()
            let program = try await Program.backfilled("--emit")
            folder = program.home + "/bench"
            let files = FileManager.default
            try files.createDirectory(atPath: folder + "/bin", withIntermediateDirectories: true)
            try files.createSymbolicLink(
                atPath: folder + "/Protos",
                withDestinationPath: IndependentClient.root.appending(path: "Protos").path)
            try Bench.command("python", in: folder, "exec '\(python)' \"$@\"")
            // What is installed already is not fetched again.
            try Bench.command(
                "pip", in: folder,
                "shift; for name; do '\(python)' -m pip show --quiet \"$name\"; done")
            try Bench.command(
                "grpcurl", in: folder,
                "exec '\(python)' '\(IndependentClient.file("grpcurl.py"))' \"$@\"")
            server = try await Server.start(program)
        }

        private static func command(
            _ name: String, in folder: String, _ script: String
        ) throws {
            let path = folder + "/bin/" + name
            try Data("#!/bin/sh\nset -eu\n\(script)\n".utf8).write(to: URL(filePath: path))
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o755], ofItemAtPath: path)
        }

        /// A text of the page for this server.
        private func here(_ text: String) -> String {
            text.replacing("localhost:8080", with: "localhost:\(server.port)")
                .replacing("localhost:50051", with: server.grpcAddress)
        }

        private func process(_ arguments: [String]) -> Process {
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/env")
            process.arguments = arguments
            process.currentDirectoryURL = URL(filePath: folder)
            var variables = ProcessInfo.processInfo.environment
            variables["PATH"] = "\(folder)/bin:\(variables["PATH"] ?? "")"
            process.environment = variables
            return process
        }

        func shell(_ text: String) async throws -> Program.Outcome {
            try await Program.finish(process(["sh", "-eu", "-c", here(text)]))
        }

        /// Starts a command that does not end by itself.
        func start(_ line: String) throws -> Running {
            try Running(process(["sh", "-c", "exec " + here(line)]))
        }

        func python(_ text: String) async throws -> Program.Outcome {
            try await Program.finish(process(["python", "-c", here(text)]))
        }

        /// What the server says now.
        func current() async throws -> [String: Any] {
            try JSON.object(try await server.get("/v1/market-regime/current").body)
        }
    }

    private func follow(_ body: (Bench) async throws -> Void) async throws {
        let bench = try await Bench()
        defer { bench.server.program.remove() }
        do {
            try await body(bench)
        } catch {
            _ = try await bench.server.stop()
            throw error
        }
        #expect(try await bench.server.stop() == 0)
    }

    @Test("its curl commands are answered, and its stream goes on")
    func curl() async throws {
        try await follow { bench in
            let lines = try #require(try blocks("curl", "sh").first).split(separator: "\n")
            #expect(lines.count == 7)
            for line in lines.map(String.init) {
                if line.contains("/stream") {
                    let running = try bench.start(line)
                    #expect(await running.output.wait(for: "retry: "))
                    // Test runners may have children start with other signals blocked.
                    running.signal(SIGKILL)
                    _ = await running.outcome()
                    continue
                }
                let outcome = try await bench.shell(line + " --silent --show-error --fail")
                #expect(outcome.status == 0, "\(line): \(outcome.errors)")
                let answer = try JSON.object(outcome.output)
                let members = ["/current": "regime", "/columns": "asOf", "/scorecard": "rule"]
                let member = members.first { line.contains($0.key) }?.value ?? "items"
                #expect(answer[member] != nil, "\(line): \(outcome.output)")
            }
        }
    }

    @Test("its error is the server's")
    func error() async throws {
        try await follow { bench in
            let told = try await bench.server.get("/v1/market-regime/current?market=NOPE")
            #expect(told.status == 404)
            #expect(try blocks("curl", "json") == [told.body])
        }
    }

    @Test("its grpcurl commands name services, methods and fields that there are")
    func grpcurl() async throws {
        try await follow { bench in
            let lines = try #require(try blocks("grpcurl", "sh").first).split(separator: "\n")
            let expected = [
                "grpc.health.v1.Health", "\"regime\"", "\"sequence\": \"1\"", "SERVING",
            ]
            #expect(lines.count == expected.count)
            for (line, words) in zip(lines, expected) {
                let outcome = try await bench.shell(String(line))
                #expect(outcome.status == 0, "\(line): \(outcome.errors)")
                #expect(outcome.output.contains(words), "\(line): \(outcome.output)")
            }
        }
    }

    @Test("its Python programs print what the server says, over HTTP and over gRPC")
    func python() async throws {
        try await follow { bench in
            let programs = try blocks("Python", "python")
            try #require(programs.count == 2)
            let current = try await bench.current()
            let regime = try #require(current["regime"] as? String)
            let asOf = try #require(current["asOf"] as? String)
            for block in try blocks("Python", "sh") {
                let outcome = try await bench.shell(block)
                #expect(outcome.status == 0, "\(outcome.errors)")
            }
            for program in programs {
                let outcome = try await bench.python(program)
                #expect(outcome.status == 0, "\(outcome.errors)")
                let words = outcome.output.split { $0 == " " || $0 == "\n" }
                #expect(words.count == 3, "\(outcome.output)")
                #expect(words.first.map(String.init) == regime)
                #expect(words.last.map(String.init) == asOf)
                #expect(words.dropFirst().first.flatMap { Double($0) } != nil)
            }
        }
    }
}
