import Foundation
import Testing
import Yams

/// What deploys the program agrees with the program. No image is built and nothing is started here.
@Suite("What deploys the program")
struct DeploymentTests {
    private func text(_ path: String) throws -> String {
        try String(contentsOf: SourceTree.root.appending(path: path), encoding: .utf8)
    }

    /// Every variable there is, with what `.env.example` says of it.
    private func variables() throws -> [String: String] {
        var variables: [String: String] = [:]
        var meaning = ""
        for line in try text(".env.example").split(separator: "\n") {
            if line.hasPrefix("# ") {
                meaning = String(line)
            } else if let name = line.dropFirst().split(separator: "=").first {
                variables[String(name)] = meaning
            }
        }
        return variables
    }

    private func expectUsable(_ names: some Sequence<String>) throws {
        let variables = try variables()
        for name in names {
            let meaning = try #require(variables[name], "\(name) is no variable of the program")
            #expect(!meaning.contains("in this version"), "\(name)")
        }
    }

    @Test(
        "docker-compose accepts the files",
        arguments: [[ComposeFile.path], [ComposeFile.path, ComposeFile.servicesPath]])
    func accepted(files: [URL]) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments =
            [
                "docker-compose", "--env-file",
                SourceTree.root.appending(path: ".env.example").path,
            ] + files.flatMap { ["-f", $0.path] } + ["config", "--quiet"]
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        process.environment = ["PATH": path, "LC_ALL": "C.UTF-8"]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let said = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(String(decoding: said, as: UTF8.self))")
    }

    @Test("the stack is the brokers, the database, the cache and the program")
    func services() throws {
        let services = try ComposeFile().services
        #expect(Set(services.keys) == ["redpanda", "timescaledb", "redis", "bloasis"])
        let waited = ComposeFile.members(services["bloasis"]?["depends_on"])
        #expect(Set(waited.keys) == Set(services.keys).subtracting(["bloasis"]))
        for (name, condition) in waited {
            #expect(condition["condition"]?.string == "service_healthy", "\(name)")
        }
    }

    @Test("on top of it, a gateway finds each service in a process of its own")
    func processes() throws {
        let whole = try #require(try ComposeFile().services["bloasis"])
        var services = try ComposeFile(ComposeFile.servicesPath).services
        let found = services.removeValue(forKey: "bloasis")
        let gateway = try #require(found)
        #expect(ComposeFile.texts(gateway["command"]) == ["serve", "gateway"])
        #expect(
            Set(services.keys) == [
                "market-regime", "ai-analysis", "trading", "notification", "accounts",
            ])
        let told = ComposeFile.members(gateway["environment"])
        #expect(told.count == services.count)
        try expectUsable(told.keys)
        let waited = ComposeFile.members(gateway["depends_on"])
        let all = ComposeFile.members(whole["environment"])
        for (name, service) in services {
            let variable = name.uppercased().replacing("-", with: "_") + "_HOST"
            #expect(told[variable]?.string == name)
            #expect(waited[name]?["condition"]?.string == "service_healthy")
            #expect(ComposeFile.texts(service["command"]) == ["serve", name])
            for member in ["image", "restart", "cap_drop", "read_only", "security_opt"] {
                #expect(service[member] == whole[member], "\(name) \(member)")
            }
            #expect(service["healthcheck"] == whole["healthcheck"])
            #expect(service["mem_limit"] != nil && service["ports"] == nil)
            let own = ComposeFile.members(service["environment"].map(ComposeFile.merged))
            try expectUsable(own.keys)
            for (variable, value) in all where Self.concerns(variable, service: name) {
                #expect(own[variable] == value, "\(name) \(variable)")
            }
        }
    }

    /// Whether a service needs what is set where all are in one process.
    private static func concerns(_ variable: String, service: String) -> Bool {
        if variable.hasPrefix("SMTP_") || variable == "DASHBOARD_URL" {
            return service == "notification"
        }
        return variable.hasPrefix("BLOASIS_") || variable.hasSuffix("_URL")
            || variable == "REDPANDA_BROKERS"
    }

    @Test("each service is pinned, checked, bounded, restarted, and open to this machine alone")
    func habits() throws {
        let file = try ComposeFile()
        var used: Set<String> = []
        for (name, service) in file.services {
            let image = try #require(service["image"]?.string, "\(name)")
            #expect(ImageName.isPinned(image), "\(image)")
            let check = ComposeFile.texts(service["healthcheck"]?["test"])
            #expect(check.count > 1, "\(name)")
            #expect(service["mem_limit"] != nil, "\(name)")
            #expect(service["restart"]?.string == "unless-stopped", "\(name)")
            for port in ComposeFile.texts(service["ports"]) {
                #expect(port.hasPrefix("127.0.0.1:"), "\(name): \(port)")
            }
            used.formUnion(
                ComposeFile.texts(service["volumes"]).map { String($0.prefix { $0 != ":" }) })
        }
        #expect(used == file.volumes)
    }

    @Test("the program is told nothing that it does not know")
    func environment() throws {
        let bloasis = try #require(try ComposeFile().services["bloasis"])
        let told = ComposeFile.members(bloasis["environment"])
        #expect(told.keys.contains("DATABASE_URL"))
        try expectUsable(told.keys)
        let set = try Dockerfile.read().stages.flatMap { $0.arguments(of: "ENV").flatMap(\.self) }
        #expect(set.contains("BIND_ADDRESS=0.0.0.0"))
        try expectUsable(set.map { String($0.prefix { $0 != "=" }) })
    }

    @Test("the stack asks for no tokens unless told to; the image alone leaves that to its user")
    func access() throws {
        let bloasis = try #require(try ComposeFile().services["bloasis"])
        let told = ComposeFile.members(bloasis["environment"])
        #expect(told["BLOASIS_AUTH"]?.string == "${BLOASIS_AUTH:-off}")
        let set = try Dockerfile.read().stages.flatMap { $0.arguments(of: "ENV").flatMap(\.self) }
        #expect(!set.contains { $0.hasPrefix("BLOASIS_AUTH") })
    }

    @Test("the image's stages are pinned; the last one is nobody's root and stops by SIGTERM")
    func stages() throws {
        let stages = try Dockerfile.read().stages
        #expect(stages.count == 2)
        for stage in stages { #expect(ImageName.isPinned(stage.image), "\(stage.image)") }
        let last = try #require(stages.last)
        #expect(last.arguments(of: "USER") == [["10001:10001"]])
        #expect(last.arguments(of: "STOPSIGNAL") == [["SIGTERM"]])
        #expect(last.instructions.contains { $0.word == "HEALTHCHECK" })
        #expect(last.packages.allSatisfy { !$0.hasSuffix("-dev") })
        let main = try text("Sources/Command/bloasis/Main.swift")
        let labels = last.instructions.filter { $0.word == "LABEL" }.map(\.rest).joined()
        let version = labels.split(separator: "image.version=").last?.split(separator: " ").first
        #expect(main.contains("static let text = \(version ?? "?")"))
        let image = try ComposeFile().services["bloasis"]?["image"]?.string
        #expect(image == "bloasis:\(version?.filter { $0 != "\"" } ?? "?")")
    }

    @Test("the image is built with what a developer installs, and all that the manifest names")
    func packages() throws {
        let build = try #require(try Dockerfile.read().stages.first)
        let installed = try text("Scripts/install-dependencies.sh").split(separator: "\n")
            .map { $0.filter { $0 != " " } }
        #expect(build.packages.isSubset(of: installed))
        let libraries = try text("Package.swift").split(separator: "apt: \"").dropFirst()
            .map { String($0.prefix { $0 != "\"" }) }
        #expect(libraries.count >= 4)
        #expect(build.packages.isSuperset(of: libraries))
    }

    @Test("what the image copies is there, and not kept from it")
    func copies() throws {
        let kept = try text(".dockerignore").split(separator: "\n")
            .filter { $0.hasPrefix("!") }.map { String($0.dropFirst()) }
        let copied = try Dockerfile.read().stages.flatMap { $0.arguments(of: "COPY") }
            .filter { !($0.first ?? "").hasPrefix("--from") }
            .flatMap { $0.filter { !$0.hasPrefix("--") }.dropLast() }
        #expect(Set(copied) == Set(kept))
        for path in copied {
            let file = SourceTree.root.appending(path: path).path
            #expect(FileManager.default.fileExists(atPath: file), "\(path)")
        }
    }

    @Test("an image without a version, or of the latest one, is found")
    func planted() {
        for image in ["redis", "redis:latest", "a.b:5000/redis", "x/timescaledb:latest-pg16"] {
            #expect(!ImageName.isPinned(image), "\(image)")
        }
        for image in ["redis:7.2.8-alpine", "a.b:5000/x/redis:v1", "debian:bookworm-slim"] {
            #expect(ImageName.isPinned(image), "\(image)")
        }
        let stages = Dockerfile("FROM a:1 AS b\nRUN x \\\n && apt-get install -y \\\n c d\n").stages
        #expect(stages.map(\.image) == ["a:1"])
        #expect(stages.first?.packages == ["c", "d"])
    }
}
