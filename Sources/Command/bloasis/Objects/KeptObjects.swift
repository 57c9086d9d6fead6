import Foundation
import Hosting
import Logging
import ObjectStorage
import Ports
import WebCalls

/// Where objects are kept, as variables say.
struct ObjectSettings: ServiceSettings {
    private enum Place: Sendable {
        case folder(String)
        case bucket(S3Address, S3Credentials)
    }

    private let place: Place

    init(_ reader: inout ConfigurationReader) {
        let folder = Place.folder(reader.text("BLOASIS_HOME") + "/objects")
        guard let bucket = reader.optional("S3_BUCKET", as: "a bucket", { $0 }) else {
            place = folder
            return
        }
        let address = S3Address(
            bucket: bucket, region: reader.text("S3_REGION"),
            endpoint: reader.optional("S3_ENDPOINT", as: "a URL") { $0 })
        reader.require(
            address != nil,
            "S3_BUCKET, S3_REGION and S3_ENDPOINT name no bucket: its name has 3 to 63 small "
                + "letters, digits, - and .; an endpoint is http://host:port")
        let id = reader.optional("S3_ACCESS_KEY_ID", as: "a key's name") { $0 }
        reader.require(id != nil, "S3_ACCESS_KEY_ID not set")
        let secret = reader.optional("S3_SECRET_ACCESS_KEY", as: "a key", APIKey.init)
        reader.require(secret != nil, "S3_SECRET_ACCESS_KEY not set")
        guard let address, let id, let secret else {
            place = folder
            return
        }
        place = .bucket(address, S3Credentials(keyID: id, secret: secret))
    }

    /// Whoever asks for it closes it.
    var store: any ObjectStore {
        switch place {
        case .folder(let path): FolderObjectStore(path: path)
        case .bucket(let address, let credentials):
            S3ObjectStore(address, credentials, now: { WallClock.now })
        }
    }
}

/// Objects for a command: calls that may go better the next time are made again.
struct KeptObjects: Sendable {
    private let store: any ObjectStore
    private let retrier: Retrier

    /// Runs an action; connections are closed after it.
    static func with<Answer: Sendable>(
        _ configuration: BloasisConfiguration, _ action: (KeptObjects) async throws -> Answer
    ) async throws -> Answer {
        let store = try configuration.values.read(ObjectSettings.self).store
        let objects = KeptObjects(
            store: store,
            retrier: Retrier(
                chance: { Assembly.chance }, logger: configuration.makeLogger("bloasis")))
        let close = { await (store as? S3ObjectStore)?.close() ?? () }
        return try await closing(close) { try await action(objects) }
    }

    /// Keeps texts, for commands that need no other variable than those of objects.
    static func keep(_ texts: [(key: ObjectKey, text: String)]) async throws {
        let configuration = try BloasisConfiguration.load(
            table: try Catalogue.byName.get().table(),
            environment: ProcessInfo.processInfo.environment)
        try await with(configuration) { objects in
            for (key, text) in texts { try await objects.put(Array(text.utf8), to: key) }
            let keys = texts.map(\.key.text).joined(separator: ", ")
            StandardError.note("kept \(keys) in \(objects.location)")
        }
    }

    var location: String { store.location }

    func put(_ bytes: [UInt8], to key: ObjectKey) async throws {
        try await again("put \(key)") {
            try await store.put(bytes, to: key, contentType: KeptObjects.contentType(of: key))
        }
    }

    func get(_ key: ObjectKey) async throws -> [UInt8] {
        try await again("get \(key)") { try await store.get(key).bytes() }
    }

    func delete(_ key: ObjectKey) async throws {
        try await again("delete \(key)") { try await store.delete(key) }
    }

    func link(to key: ObjectKey, for lifetime: Duration) throws -> String {
        try store.link(to: key, for: lifetime)
    }

    func ping() async throws { try await store.ping() }

    private func again<Value>(
        _ operation: String, _ body: () async throws -> Value
    ) async throws -> Value {
        try await retrier.call(
            operation, isRetriable: { ($0 as? ObjectError)?.isRetriable ?? false }, body)
    }

    /// By its ending, for browsers.
    private static func contentType(of key: ObjectKey) -> String {
        let ending = key.text.split(separator: ".").last.map(String.init) ?? ""
        return switch ending {
        case "json": "application/json"
        case "html": "text/html; charset=utf-8"
        case "csv": "text/csv; charset=utf-8"
        case "md", "txt": "text/plain; charset=utf-8"
        case "svg": "image/svg+xml"
        default: "application/octet-stream"
        }
    }
}
