import Foundation
package import Ports

/// Objects as files of a folder, for where there is no bucket. Blocks for as long as a disk does.
package struct FolderObjectStore: ObjectStore {
    /// Bytes read at a time.
    static let partBytes = 1 << 20

    package let location: String

    /// - Parameter path: of the folder, which is made when something is put into it.
    package init(path: String) {
        location = path
    }

    /// An object and what a bucket keeps beside it: its content's type, in the first line.
    private func file(_ key: ObjectKey) -> URL {
        // With endings: a key may be another's beginning, and no folder is called like a file.
        let folders = key.text.replacing("/", with: ".folder/")
        return URL(filePath: location).appending(path: folders + ".object")
    }

    package func put(_ bytes: [UInt8], to key: ObjectKey, contentType: String) async throws {
        guard bytes.count <= ObjectLimits.bytes else {
            throw ObjectError(location, .tooLarge(limitBytes: ObjectLimits.bytes))
        }
        guard contentType.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
            throw ObjectError(location, .refused("a content's type is visible ASCII"))
        }
        let file = file(key)
        do {
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            // Written beside it, then moved: readers see all of it or nothing.
            try (Data("\(contentType)\n".utf8) + Data(bytes)).write(to: file, options: .atomic)
        } catch {
            throw told(error)
        }
    }

    package func get(_ key: ObjectKey) async throws -> ObjectDownload {
        let file = file(key)
        guard FileManager.default.fileExists(atPath: file.path) else {
            throw ObjectError(location, .notFound(key))
        }
        let content: Data
        do {
            content = try Data(contentsOf: file, options: .alwaysMapped)
        } catch {
            throw told(error)
        }
        guard let end = content.firstIndex(of: UInt8(ascii: "\n")) else {
            throw ObjectError(location, .refused("\(key) is none that was put here"))
        }
        let bytes = content[(end + 1)...]
        let reading = PartReading(bytes)
        return ObjectDownload(
            size: bytes.count, contentType: String(decoding: content[..<end], as: UTF8.self),
            parts: AsyncThrowingStream { await reading.next() })
    }

    package func delete(_ key: ObjectKey) async throws {
        do {
            try FileManager.default.removeItem(at: file(key))
        } catch let error as CocoaError where error.code == .fileNoSuchFile {
            return
        } catch {
            throw told(error)
        }
    }

    package func link(to key: ObjectKey, for lifetime: Duration) throws -> String {
        throw ObjectError(
            location, .unsupported("a folder has no addresses for others: set S3_BUCKET"))
    }

    package func ping() async throws {
        do {
            try FileManager.default.createDirectory(
                atPath: location, withIntermediateDirectories: true)
        } catch {
            throw told(error)
        }
        guard FileManager.default.isWritableFile(atPath: location) else {
            throw ObjectError(location, .refused("the folder cannot be written to"))
        }
    }

    private func told(_ error: any Error) -> ObjectError {
        ObjectError(location, .refused((error as NSError).localizedDescription))
    }
}

private actor PartReading {
    private var rest: Data

    init(_ rest: Data) {
        self.rest = rest
    }

    func next() -> [UInt8]? {
        guard !rest.isEmpty else { return nil }
        let part = rest.prefix(FolderObjectStore.partBytes)
        rest = rest.dropFirst(part.count)
        return Array(part)
    }
}
