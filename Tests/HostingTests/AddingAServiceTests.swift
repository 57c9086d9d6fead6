import Foundation
import Hosting
import TestSupport
import Testing
import UnixSignals

/// Documentation/ADDING_A_SERVICE.md is followed to the letter.
@Suite("Adding a service")
struct AddingAServiceTests {
    private func text(_ path: String) throws -> String {
        try String(contentsOf: repositoryRoot.appending(path: path), encoding: .utf8)
    }

    private func document() throws -> String { try text("Documentation/ADDING_A_SERVICE.md") }

    private func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: repositoryRoot.appending(path: path).path)
    }

    /// What stands between back quotes outside of blocks.
    private func quotes() throws -> [String] {
        let prose = try document().components(separatedBy: "```").enumerated()
            .filter { $0.offset % 2 == 0 }.map(\.element).joined()
        return prose.components(separatedBy: "`").enumerated()
            .filter { $0.offset % 2 == 1 }.map(\.element)
    }

    @Test("its code is the code that is compiled here")
    func code() throws {
        let blocks = try document().components(separatedBy: "```swift\n").dropFirst()
            .compactMap { $0.components(separatedBy: "```").first }
        try #require(blocks.count == 3)
        #expect(
            try blocks[0] + "\n" + blocks[1] == text("Tests/HostingTests/HelloWorldService.swift"))
        #expect(try blocks[2] == text("Tests/HostingTests/HelloWorldTests.swift"))
    }

    @Test("what it names is there, and what it says to make is not yet")
    func paths() throws {
        let folders = ["Sources/", "Tests/", "Documentation/", "Configurations/"]
        let paths = try quotes().filter { quote in folders.contains(where: quote.hasPrefix) }
        #expect(paths.contains("Sources/Command/bloasis/Catalogue.swift"))
        #expect(paths.contains("Sources/Services/HelloWorldService/HelloWorld.swift"))
        for path in paths {
            let isNew =
                path.hasPrefix("Sources/Services/HelloWorldService/")
                || path.hasPrefix("Tests/HelloWorldServiceTests/")
            #expect(exists(path) != isNew, "\(path)")
        }
        let ports = try text("Sources/Services/Hosting/Configuration/PortTable.swift")
        for name in ["all", "standardPort"] {
            #expect(try quotes().contains("ServiceName.\(name)"))
            #expect(ports.contains(" \(name)"))
        }
        #expect(try quotes().contains("\(HelloWorld.self).self,"))
    }

    @Test("its commands are words of the Makefile and verbs of the program")
    func commands() throws {
        let shell = try document().components(separatedBy: "```sh\n").dropFirst()
            .compactMap { $0.components(separatedBy: "```").first?.split(separator: "\n") }
            .joined().map { $0.prefix { $0 != "#" }.trimmingCharacters(in: .whitespaces) }
        let commands =
            try shell
            + quotes().filter { quote in
                ["make ", "bloasis "].contains(where: quote.hasPrefix)
            }
        let makefile = try text("Makefile").split(separator: "\n")
        let folder = repositoryRoot.appending(path: "Sources/Command/bloasis")
        let program = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
            .filter { $0.hasSuffix(".swift") }.map { try text("Sources/Command/bloasis/\($0)") }
            .joined()
        #expect(commands.contains(".build/release/bloasis serve \(HelloWorld.name)"))
        for command in commands {
            let words = command.split(separator: " ").map(String.init)
            switch words[0].split(separator: "/").last {
            case "make":
                for word in words.dropFirst() {
                    #expect(makefile.contains { $0.hasPrefix("\(word):") }, "\(command)")
                }
            case "bloasis": #expect(program.contains("commandName: \"\(words[1])\""), "\(command)")
            default: Issue.record("\(command)")
            }
        }
    }

    @Test("the service runs: it greets, is shown, and stops in order")
    func life() async throws {
        let world = try ProcessWorld([HelloWorld.self])
        async let run: Void = world.run()
        try await eventually { world.journal.all.count == 2 }
        #expect(world.status("hello-world") == StatusReport(.idle, "said hello to world"))
        world.signal.yield(.sigterm)
        try await run
        #expect(
            world.journal.all == [
                "Hello instance=hello-world whom=world", "Service running instance=hello-world",
                "SIGTERM received", "Shutdown initiated", "Goodbye instance=hello-world",
                "Service stopped instance=hello-world", "Shutdown complete",
            ])
    }
}
