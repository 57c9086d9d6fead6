import Foundation
import Market
import Ports
import Synchronization
import Testing

@testable import Tokens

private let directoriesMade = Atomic<Int>(0)

@Suite("Keys in a file")
final class KeyFileTests {
    private let directory: URL
    private let workshop: Workshop

    init() throws {
        let number = directoriesMade.add(1, ordering: .relaxed).newValue
        directory = FileManager.default.temporaryDirectory.appending(
            path: "bloasis-tokens-\(ProcessInfo.processInfo.processIdentifier)-\(number)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        workshop = try Workshop()
    }

    deinit { try? FileManager.default.removeItem(at: directory) }

    private func path(_ name: String) -> String {
        directory.appending(path: name).path(percentEncoded: false)
    }

    private func write(_ text: String, to name: String = "keys.json") throws {
        try Data(text.utf8).write(to: directory.appending(path: name))
    }

    private func verifier(
        _ name: String = "keys.json", _ failures: Failures = Failures()
    ) async throws(KeySourceError) -> JWTVerifier {
        try await JWTVerifier(
            [.file(path: path(name))], expecting: TokenExpectations(), at: workshop.now,
            failed: { failures.add($0) })
    }

    /// The key set with its names changed.
    private func renamed(_ name: String) -> String {
        workshop.keySet.replacing("rsa-1", with: name)
    }

    private func isAccepted(
        _ token: String, _ verifier: JWTVerifier, after seconds: Int
    ) async
        -> Bool
    {
        if case .success = await verifier.answer(token, at: workshop.now + seconds) { return true }
        return false
    }

    private func token(keyID: String) async throws -> String {
        try await workshop.token(
            .rs256, header: #"{"alg":"RS256","kid":"\#(keyID)"}"#,
            claims: #"{"sub":"a","exp":\#(workshop.seconds + 3_600)}"#)
    }

    @Test("are read at start, and again when the file has changed, but not all the time")
    func changed() async throws {
        try write(workshop.keySet)
        let verifier = try await verifier()
        let (first, second) = (try await token(keyID: "rsa-1"), try await token(keyID: "rsa-2"))
        #expect(await isAccepted(first, verifier, after: 0))
        #expect(await !isAccepted(second, verifier, after: 0))
        try write(renamed("rsa-2"))
        let pause = RefreshSchedule.Pace.file.pause
        #expect(await !isAccepted(second, verifier, after: pause - 1))
        #expect(await isAccepted(second, verifier, after: pause))
        #expect(await !isAccepted(first, verifier, after: pause))
    }

    @Test("change when a link on the way to the file leads elsewhere")
    func linked() async throws {
        let files = FileManager.default
        for (name, keyID) in [("old", "rsa-1"), ("new", "rsa-2")] {
            try files.createDirectory(
                at: directory.appending(path: name), withIntermediateDirectories: true)
            try write(renamed(keyID), to: "\(name)/keys.json")
        }
        let link = path("current")
        try files.createSymbolicLink(atPath: link, withDestinationPath: path("old"))
        try files.createSymbolicLink(
            atPath: path("keys.json"), withDestinationPath: link + "/keys.json")
        let verifier = try await verifier()
        let token = try await token(keyID: "rsa-2")
        #expect(await !isAccepted(token, verifier, after: 0))
        try files.removeItem(atPath: link)
        try files.createSymbolicLink(atPath: link, withDestinationPath: path("new"))
        #expect(await isAccepted(token, verifier, after: RefreshSchedule.Pace.file.pause))
    }

    @Test("stay in force when the file is broken or gone, and that is told")
    func broken() async throws {
        try write(workshop.keySet)
        let failures = Failures()
        let verifier = try await verifier("keys.json", failures)
        let pause = RefreshSchedule.Pace.file.pause
        try write("{")
        #expect(await isAccepted(try await token(keyID: "rsa-1"), verifier, after: pause))
        #expect(failures.all.count == 1)
        try FileManager.default.removeItem(atPath: path("keys.json"))
        #expect(try await verifier.keyCount(at: workshop.now + 2 * pause) == 2)
        #expect(failures.all.count == 2)
        #expect(failures.all.allSatisfy { $0.location == path("keys.json") })
        try write(renamed("rsa-2"))
        #expect(await isAccepted(try await token(keyID: "rsa-2"), verifier, after: 3 * pause))
        #expect(failures.all.count == 2)
    }

    @Test("a file without keys is an error at start that names it")
    func errors() async throws {
        func problem(_ name: String) async -> String {
            do {
                _ = try await verifier(name)
                return "none"
            } catch {
                #expect(error.location == path(name))
                return error.problem
            }
        }
        #expect(await problem("nowhere.json").contains("no such file"))
        try write("{")
        #expect(await problem("keys.json").contains("not JSON: byte 1"))
        try write(#"{"keys":[]}"#)
        #expect(await problem("keys.json").contains("no RSA key"))
        try write(String(repeating: " ", count: KeySetDocument.bytesLimit + 1))
        #expect(await problem("keys.json").contains("at the most"))
        try FileManager.default.createDirectory(
            atPath: path("folder"), withIntermediateDirectories: true)
        #expect(await problem("folder").contains("no file"))
        #expect(mkfifo(path("pipe"), 0o600) == 0)
        #expect(await problem("pipe").contains("no file"))
    }

    @Test("a document as large as may be is read")
    func largest() async throws {
        let filler = String(
            repeating: " ", count: KeySetDocument.bytesLimit - workshop.keySet.utf8.count)
        try write(workshop.keySet + filler)
        #expect(try await verifier().keyCount(at: workshop.now) == 2)
    }
}
