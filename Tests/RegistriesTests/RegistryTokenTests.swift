import Foundation
import HTTPTypes
import Ports
import TestSupport
import Testing

@testable import Registries

@Suite("The token that a registry is asked with", .timeLimit(.minutes(5)))
struct RegistryTokenTests {
    /// A file that is removed afterwards.
    private func withFile(_ body: (URL) async throws -> Void) async throws {
        let file = FileManager.default.temporaryDirectory
            .appending(path: "bloasis-token-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        try await body(file)
    }

    @Test("every call shows it, and none shows one where there is none")
    func calls() async throws {
        for token in [nil, RegistryToken("a.b-c")] {
            try await StubServer.answering(.ok, #"{"instance_id":"a","url":"http://h"}"#) { stub in
                try await withConfigService(stub.url, token: token) { client in
                    try await client.register(RegistryConformance.registration(1))
                    try await client.deregister(service: "a", instanceID: "b")
                    _ = try await client.url(of: "a")
                    _ = try? await client.instances(of: "a")
                }
                #expect(stub.asked.count == 4)
                for asked in stub.asked {
                    #expect(asked.headers[.authorization] == token.map { _ in "Bearer a.b-c" })
                }
            }
        }
    }

    @Test("one in a file is read anew, without the white space around it")
    func file() async throws {
        try await withFile { file in
            let token = RegistryToken(file: file.path)
            for text in ["first", "second\n", " third \r\n"] {
                try Data(text.utf8).write(to: file)
                let word = text.trimmingCharacters(in: .whitespacesAndNewlines)
                #expect(try token.authorization() == "Bearer \(word)")
            }
        }
    }

    @Test("what is no token is an error that names the file and repeats nothing")
    func unusable() async throws {
        try await withFile { file in
            let token = RegistryToken(file: file.path)
            func problem() throws -> String {
                let error = try #require(throws: RegistryError.self) {
                    _ = try token.authorization()
                }
                #expect(!error.leavesOpen)
                return "\(error)"
            }
            #expect(try problem().contains("\(file.path) cannot be read"))
            let limit = TokenLimits.tokenBytes
            for text in [
                "", "\n", "two words", "hidd\u{0}en", "hiddén",
                String(repeating: "h", count: limit + 1), String(repeating: " ", count: 2 * limit),
            ] {
                try Data(text.utf8).write(to: file)
                let problem = try problem()
                #expect(problem.contains(file.path) && !problem.contains("hidd"), "\(problem)")
            }
            let longest = String(repeating: "h", count: limit)
            try Data("\(longest)\n".utf8).write(to: file)
            #expect(try token.authorization() == "Bearer \(longest)")
            #expect(throws: RegistryError.self) {
                _ = try RegistryToken(file: file.deletingLastPathComponent().path).authorization()
            }
        }
    }

    @Test("it is shown nowhere")
    func hidden() {
        let token = RegistryToken("hidden")
        var dumped = ""
        dump(token, to: &dumped)
        #expect(!"\(token) \(String(reflecting: token)) \(dumped)".contains("hidden"))
    }
}
