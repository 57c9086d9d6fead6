import Foundation
import Testing

@testable import Hosting

@Suite("Files of variables")
struct VariableFilesTests {
    private func dotEnv(_ text: String) throws -> [String: String] {
        let variables = try VariableFiles.dotEnv(text, path: ".env")
        return Dictionary(uniqueKeysWithValues: variables.map { ($0.name, $0.text) })
    }

    @Test(".env: comments, quotes, export, blanks, CRLF and a byte order mark")
    func dotEnvForms() throws {
        let text =
            "\u{FEFF}# first\r\n\r\nA=1\r\nexport B = two words \n C=\"x # y\" # why\n"
            + "D='a=b'\nE=plain # note\nF=\nG=#nothing\nH=a#b"
        #expect(
            try dotEnv(text) == [
                "A": "1", "B": "two words", "C": "x # y", "D": "a=b", "E": "plain", "F": "",
                "G": "", "H": "a#b",
            ])
    }

    @Test(
        ".env: what is no assignment is an error with its line",
        arguments: [
            ("A=1\nnonsense", ".env:2: expected NAME=value"),
            ("=1", ".env:1: expected NAME=value"),
            ("1A=1", ".env:1: expected NAME=value"),
            ("A B=1", ".env:1: expected NAME=value"),
            ("A=\"open", ".env:1: A: the quote is not closed"),
            ("A='x' y", ".env:1: A: the quote is not closed"),
            ("A=1\n\nA=2", ".env:3: A is already set in line 1"),
        ])
    func dotEnvErrors(text: String, problem: String) {
        #expect(throws: ConfigurationError([problem])) { try dotEnv(text) }
    }

    @Test("JSON: texts and numbers")
    func json() throws {
        let variables = try VariableFiles.json(
            #"{"B": 8080, "A": "x", "C": 1.5}"#, path: "c.json")
        #expect(variables.map(\.name) == ["A", "B", "C"])
        #expect(variables.map(\.text) == ["x", "8080", "1.5"])
    }

    @Test(
        "JSON: anything else is an error that names the file",
        arguments: [
            ("{\"A\": true}", "c.json: A: must be a text or a number"),
            ("{\"A\": null}", "c.json: A: must be a text or a number"),
            ("{\"A\": {\"B\": 1}}", "c.json: A: must be a text or a number"),
            ("[1]", "c.json: must hold one JSON object"),
        ])
    func jsonErrors(text: String, problem: String) {
        #expect(throws: ConfigurationError([problem])) {
            try VariableFiles.json(text, path: "c.json")
        }
    }

    @Test("JSON: half a file is not JSON", arguments: ["", "{", "{\"A\": 1", "nonsense"])
    func truncatedJSON(text: String) {
        let error = #expect(throws: ConfigurationError.self) {
            try VariableFiles.json(text, path: "c.json")
        }
        #expect(error?.problems.first?.hasPrefix("c.json: is not JSON") == true)
    }

    @Test("a missing file is nil; a directory, a huge and a binary file are errors")
    func contents() throws {
        try withTemporaryDirectory { directory in
            let path = directory.path(percentEncoded: false)
            #expect(try VariableFiles.contents(of: path + "/absent") == nil)
            #expect(throws: ConfigurationError.self) { try VariableFiles.contents(of: path) }
            let huge = try directory.write(
                String(repeating: "#", count: VariableFiles.sizeLimit + 1), to: "huge")
            #expect(throws: ConfigurationError.self) { try VariableFiles.contents(of: huge) }
            let full = try directory.write(
                String(repeating: "#", count: VariableFiles.sizeLimit), to: "full")
            #expect(try VariableFiles.contents(of: full)?.utf8.count == VariableFiles.sizeLimit)
            let binary = directory.appending(path: "binary")
            try Data([0xFF, 0xFE, 0x00, 0xD8]).write(to: binary)
            #expect(throws: ConfigurationError.self) {
                try VariableFiles.contents(of: binary.path(percentEncoded: false))
            }
        }
    }

    @Test("an unknown name in a file is an error with its place and the nearest name")
    func unknownNames() throws {
        try withTemporaryDirectory { directory in
            let dotEnv = try directory.write("# x\nHTP_PORT=1\nKAFKA_ACKS=all\n", to: ".env")
            let json = try directory.write(
                #"{"http_port": 1, "BLOASIS_CONFIG": "x"}"#, to: "c.json")
            let error = #expect(throws: ConfigurationError.self) {
                try BloasisConfiguration.load(
                    environment: [:], dotEnvPath: dotEnv, configPath: json)
            }
            let problems = error?.problems ?? []
            try #require(problems.count == 3)
            #expect(
                problems[0] == "\(dotEnv):2: HTP_PORT is not a variable (did you mean HTTP_PORT?)")
            #expect(problems[1] == "\(json): BLOASIS_CONFIG cannot be set in a configuration file")
            #expect(problems[2].hasPrefix("\(json): http_port is not a variable"))
        }
    }

    @Test("a configuration file that is asked for must exist")
    func missingFile() {
        #expect(
            throws: ConfigurationError([
                "BLOASIS_CONFIG from environment: there is no file /nowhere/c.json"
            ])
        ) {
            try BloasisConfiguration.load(
                environment: ["BLOASIS_CONFIG": "/nowhere/c.json"], dotEnvPath: nil)
        }
    }
}
