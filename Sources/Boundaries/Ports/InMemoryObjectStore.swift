import Synchronization

/// Objects in memory.
package final class InMemoryObjectStore: ObjectStore {
    private struct Kept {
        var bytes: [UInt8]
        var contentType: String
    }

    package let location = "memory"
    private let objects = Mutex<[ObjectKey: Kept]>([:])

    package init() {}

    package func put(_ bytes: [UInt8], to key: ObjectKey, contentType: String) async throws {
        guard bytes.count <= ObjectLimits.bytes else {
            throw ObjectError(location, .tooLarge(limitBytes: ObjectLimits.bytes))
        }
        objects.withLock { $0[key] = Kept(bytes: bytes, contentType: contentType) }
    }

    package func get(_ key: ObjectKey) async throws -> ObjectDownload {
        guard let kept = objects.withLock({ $0[key] }) else {
            throw ObjectError(location, .notFound(key))
        }
        let (parts, source) = AsyncThrowingStream.makeStream(of: [UInt8].self)
        if !kept.bytes.isEmpty { source.yield(kept.bytes) }
        source.finish()
        return ObjectDownload(
            size: kept.bytes.count, contentType: kept.contentType, parts: parts)
    }

    package func delete(_ key: ObjectKey) async throws {
        objects.withLock { $0[key] = nil }
    }

    package func link(to key: ObjectKey, for lifetime: Duration) throws -> String {
        throw ObjectError(location, .unsupported("what is in memory has no address"))
    }

    package func ping() async throws {}
}
