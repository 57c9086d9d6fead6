import Dispatch
import Foundation
import Ports

/// An archive in a file, which is replaced as a whole.
package struct FileRegistryArchive: RegistryArchive {
    package static let fileName = "registry.json"
    /// A larger file was not written by a registry.
    static let sizeLimitBytes = 32 << 20

    private let directory: URL
    private let file: URL
    /// Reads and writes block.
    private let queue = DispatchQueue(label: "bloasis.registry-archive")

    /// - Parameter directory: made when it is not there.
    package init(directory: String) {
        self.directory = URL(filePath: directory, directoryHint: .isDirectory)
        file = self.directory.appending(path: FileRegistryArchive.fileName)
    }

    package var location: String { file.path }

    package func read() async throws -> [UInt8]? {
        try await blocking("read") { [file] in
            guard FileManager.default.fileExists(atPath: file.path) else { return nil }
            let handle = try FileHandle(forReadingFrom: file)
            defer { try? handle.close() }
            let limit = FileRegistryArchive.sizeLimitBytes
            let content = try handle.read(upToCount: limit + 1) ?? Data()
            guard content.count <= limit else {
                throw RegistryFileError(
                    path: file.path, problem: "has more than \(limit) bytes: no registry wrote it")
            }
            return Array(content)
        }
    }

    package func write(_ text: [UInt8]) async throws {
        try await blocking("written") { [directory, file] in
            try FileManager.default.createDirectory(
                at: directory, withIntermediateDirectories: true)
            // A file beside it, synced, then renamed.
            try Data(text).write(to: file, options: .atomic)
            // The name is as durable as what it names.
            let handle = try FileHandle(forReadingFrom: directory)
            defer { try? handle.close() }
            try handle.synchronize()
        }
    }

    /// To `registry.damaged.json`, in the place of what was put aside before.
    package func setAside() async throws -> String {
        try await blocking("moved") { [directory, file] in
            let aside = directory.appending(path: "registry.damaged.json")
            if FileManager.default.fileExists(atPath: aside.path) {
                try FileManager.default.removeItem(at: aside)
            }
            try FileManager.default.moveItem(at: file, to: aside)
            return aside.path
        }
    }

    /// - Parameter done: what cannot be done when the body throws.
    private func blocking<Value: Sendable>(
        _ done: String, _ body: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { [file] in
                do {
                    continuation.resume(returning: try body())
                } catch let error as RegistryFileError {
                    continuation.resume(throwing: error)
                } catch {
                    let reason = RegistryFileError.reason(of: error)
                    continuation.resume(
                        throwing: RegistryFileError(
                            path: file.path, problem: "cannot be \(done): \(reason)"))
                }
            }
        }
    }
}

/// What is wrong with the registry's file.
struct RegistryFileError: Error, CustomStringConvertible {
    let path: String
    let problem: String

    var description: String { "\(path) \(problem)" }

    /// What the system says, without the wrapping.
    static func reason(of error: any Error) -> String {
        let cause = (error as? CocoaError)?.underlying ?? error
        return (cause as NSError).localizedFailureReason ?? error.localizedDescription
    }
}
