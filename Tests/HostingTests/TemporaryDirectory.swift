import Foundation
import Synchronization

private let directoriesMade = Atomic<Int>(0)

/// Runs with a directory of its own and removes it afterwards.
func withTemporaryDirectory<Answer>(_ body: (URL) throws -> Answer) throws -> Answer {
    let number = directoriesMade.add(1, ordering: .relaxed).newValue
    let directory = FileManager.default.temporaryDirectory.appending(
        path: "bloasis-hosting-\(ProcessInfo.processInfo.processIdentifier)-\(number)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    return try body(directory)
}

extension URL {
    /// Writes a text file into this directory; its path.
    func write(_ text: String, to name: String) throws -> String {
        let file = appending(path: name)
        try Data(text.utf8).write(to: file)
        return file.path(percentEncoded: false)
    }
}

/// The repository's own directory.
let repositoryRoot = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
