import Foundation
import Ports
import TestSupport
import Testing

@testable import Registries

@Suite("The registry's file")
struct FileRegistryArchiveTests {
    /// Runs with a directory of its own and removes it afterwards.
    private func withDirectory(_ body: (URL) async throws -> Void) async throws {
        let directory = FileManager.default.temporaryDirectory.appending(
            path: "bloasis-registry-\(UUID())", directoryHint: .isDirectory)
        defer { try? FileManager.default.removeItem(at: directory) }
        try await body(directory)
    }

    private func names(in directory: URL) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted()
    }

    @Test("what is written is read, also by the next process, and nothing lies beside it")
    func roundTrip() async throws {
        try await withDirectory { directory in
            let archive = FileRegistryArchive(directory: directory.path)
            #expect(try await archive.read() == nil)
            for text in ["one", "", String(repeating: "x", count: 1 << 20)] {
                try await archive.write(Array(text.utf8))
                let next = FileRegistryArchive(directory: directory.path)
                #expect(try await next.read() == Array(text.utf8))
            }
            #expect(try names(in: directory) == ["registry.json"])
            #expect(archive.location == directory.appending(path: "registry.json").path)
        }
    }

    @Test("what is damaged is moved, and replaces what was damaged before")
    func setAside() async throws {
        try await withDirectory { directory in
            let archive = FileRegistryArchive(directory: directory.path)
            for text in ["first", "second"] {
                try await archive.write(Array(text.utf8))
                let place = try await archive.setAside()
                #expect(try String(contentsOfFile: place, encoding: .utf8) == text)
                #expect(try await archive.read() == nil)
            }
            #expect(try names(in: directory) == ["registry.damaged.json"])
            let error = await #expect(throws: RegistryFileError.self) {
                try await archive.setAside()
            }
            #expect(
                error?.description.hasSuffix(
                    "/registry.json cannot be moved: No such file or directory") == true)
        }
    }

    @Test("a file up to the limit is read, a larger one is refused")
    func size() async throws {
        try await withDirectory { directory in
            let archive = FileRegistryArchive(directory: directory.path)
            try await archive.write([])
            let limit = UInt64(FileRegistryArchive.sizeLimitBytes)
            for (size, isRead) in [(limit, true), (limit + 1, false)] {
                let file = try FileHandle(
                    forWritingTo: directory.appending(path: "registry.json"))
                try file.truncate(atOffset: size)
                try file.close()
                if isRead {
                    #expect(try await archive.read()?.count == Int(size))
                } else {
                    let error = await #expect(throws: RegistryFileError.self) {
                        try await archive.read()
                    }
                    #expect("\(error as Any)".contains("has more than"))
                }
            }
        }
    }

    @Test("a directory that cannot be made is an error, and stays one")
    func unwritable() async throws {
        try await withDirectory { directory in
            try Data().write(
                to: directory.deletingLastPathComponent().appending(
                    path: directory.lastPathComponent))
            let archive = FileRegistryArchive(directory: directory.path + "/below")
            let error = await #expect(throws: RegistryFileError.self) {
                try await archive.write([1])
            }
            #expect(error?.problem == "cannot be written: Not a directory")
            #expect(try await archive.read() == nil)
        }
    }
}
