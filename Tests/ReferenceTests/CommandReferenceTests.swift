import ArgumentParser
import Foundation
import TestSupport
import Testing

@testable import bloasis

@Suite("The reference of the command line")
struct CommandReferenceTests {
    private let description: CommandDescription

    init() throws {
        description = try CommandDescription()
    }

    @Test("is what the program says of itself")
    func reference() throws {
        try GeneratedDocument.expect(
            CommandReference(description: description).text,
            at: "Documentation/Reference/cli.md")
    }

    @Test("as manual pages too, without a fault to mandoc")
    func manual() throws {
        let folder = "Documentation/Manual"
        let pages = ManualPages(description: description).all
        try GeneratedDocument.expect(pages, in: folder)
        let linter = Process()
        linter.executableURL = URL(filePath: "/usr/bin/env")
        linter.currentDirectoryURL = GeneratedDocument.repository.appending(path: folder)
        linter.arguments = ["mandoc", "-T", "lint", "-W", "style"] + pages.map(\.name)
        let output = Pipe()
        linter.standardOutput = output
        linter.standardError = output
        try linter.run()
        let said = try output.fileHandleForReading.readToEnd() ?? Data()
        linter.waitUntilExit()
        #expect(linter.terminationStatus == 0)
        #expect(String(decoding: said, as: UTF8.self) == "")
    }

    @Test("every verb says what it does, at length, with two examples or more, and each option")
    func help() {
        #expect(description.verbs.count >= 15)
        for verb in description.verbs + [description.command] {
            let name = verb.commandName
            #expect(verb.abstract?.hasSuffix(".") == true, "\(name) has no abstract")
            #expect(!verb.parts.paragraphs.isEmpty, "\(name) has no discussion")
            #expect(verb.parts.examples.count >= 2, "\(name) has too few examples")
            for argument in verb.shown {
                #expect(!argument.meaning.isEmpty, "\(name) \(argument.usage) says nothing")
            }
            for line in verb.parts.exampleLines {
                #expect(line.count <= 90, "\(name): «\(line)» is too long for a terminal")
            }
        }
    }

    @Test("every example is understood by the program")
    func examples() throws {
        for verb in description.verbs + [description.command] {
            for words in verb.parts.examples where words.first == "bloasis" {
                do {
                    _ = try Bloasis.parseAsRoot(Array(words.dropFirst()))
                } catch {
                    Issue.record(
                        "\(words.joined(separator: " ")): \(Bloasis.message(for: error))")
                }
            }
            let spoken = verb.parts.examples.filter { $0.dropFirst().first == verb.commandName }
            #expect(verb.commandName == "bloasis" || spoken.count >= 2, "\(verb.commandName)")
        }
    }

    @Test(
        "a line's words are a shell's",
        arguments: [
            ("bloasis current", ["bloasis", "current"]),
            ("a 'b c'  \"d e\"f", ["a", "b c", "d ef"]), ("a '' b", ["a", "", "b"]),
            ("a >b", ["a", ">b"]),
        ])
    func words(line: String, words: [String]) {
        #expect(Discussion.words(of: line) == words)
    }
}
