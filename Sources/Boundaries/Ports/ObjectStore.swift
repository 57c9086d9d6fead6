/// Names an object: segments with `/` between them, of letters, digits and `.`, `_`, `-`, `=`, `+`,
/// `@`, `$`; none is empty, `.` or `..`. So every store can keep it under its own name, a folder
/// too, and no two names are one.
package struct ObjectKey: Hashable, Sendable {
    /// Of bytes: what S3 allows.
    package static let lengthLimit = 1_024
    /// Of bytes of one segment: what file systems allow, with room for an ending.
    package static let segmentLimit = 200

    package let text: String

    package init?(_ text: String) {
        let segments = text.split(separator: "/", omittingEmptySubsequences: false)
        guard text.utf8.count <= ObjectKey.lengthLimit,
            segments.allSatisfy({ ObjectKey.isSegment($0) })
        else { return nil }
        self.text = text
    }

    private static func isSegment(_ segment: Substring) -> Bool {
        guard !segment.isEmpty, segment != ".", segment != "..",
            segment.utf8.count <= segmentLimit
        else { return false }
        return segment.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "._-=+@$".utf8.contains(byte)
            }
        }
    }
}

extension ObjectKey: CustomStringConvertible {
    package var description: String { text }
}

/// An object that is being read.
package struct ObjectDownload: Sendable {
    /// In bytes.
    package let size: Int
    /// As it was given with the object.
    package let contentType: String
    /// Its bytes in parts, in order; fewer than `size` end in an error.
    package let parts: AsyncThrowingStream<[UInt8], any Error>

    package init(
        size: Int, contentType: String, parts: AsyncThrowingStream<[UInt8], any Error>
    ) {
        self.size = size
        self.contentType = contentType
        self.parts = parts
    }

    /// All of it.
    ///
    /// - Throws: `ObjectError`.
    package func bytes() async throws -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(min(size, ObjectLimits.bytes))
        for try await part in parts { bytes += part }
        return bytes
    }
}

package enum ObjectLimits {
    /// Of one object: models and reports are far smaller.
    package static let bytes = 256 << 20
    /// For how long an address is good that lets anybody read.
    package static let linkLifetime = Duration.seconds(3_600)
    /// S3's own limit: a week.
    package static let longestLink = Duration.seconds(604_800)
}

/// Keeps objects whole: models, reports.
///
/// Implementations: `InMemoryObjectStore`, `FolderObjectStore`, `S3ObjectStore`. All pass the same
/// conformance suite.
package protocol ObjectStore: Sendable {
    /// A folder, or a bucket and its host; never a secret.
    var location: String { get }

    /// Writes an object, in place of the one of that name; readers see the old one or the new one.
    ///
    /// - Throws: `ObjectError`, `CancellationError`.
    func put(_ bytes: [UInt8], to key: ObjectKey, contentType: String) async throws

    /// - Throws: `ObjectError`, `.notFound` too; so does the stream.
    func get(_ key: ObjectKey) async throws -> ObjectDownload

    /// What is not there is deleted already.
    ///
    /// - Throws: `ObjectError`.
    func delete(_ key: ObjectKey) async throws

    /// An address under which anybody may read the object for so long, also before there is one.
    ///
    /// - Throws: `ObjectError.Reason.unsupported` where nobody could; `.refused` for a lifetime
    ///   below a second or above `ObjectLimits.longestLink`.
    func link(to key: ObjectKey, for lifetime: Duration) throws -> String

    /// Whether it can be used.
    ///
    /// - Throws: `ObjectError`.
    func ping() async throws
}

/// Why objects could not be had or kept, and what to do. Nothing of it holds a key.
package struct ObjectError: Error, Equatable, Sendable {
    package enum Reason: Equatable, Sendable {
        case notFound(ObjectKey)
        /// The store says no, and will again.
        case refused(String)
        /// It is asked too much, or failing: later it may go better.
        case busy(String)
        /// No answer, or half of one.
        case unreachable(String)
        case tooLarge(limitBytes: Int)
        case unsupported(String)
    }

    package let location: String
    package let reason: Reason

    package init(_ location: String, _ reason: Reason) {
        self.location = location
        self.reason = reason
    }

    /// Whether the same call may succeed soon without anything being changed.
    package var isRetriable: Bool {
        switch reason {
        case .busy, .unreachable: true
        case .notFound, .refused, .tooLarge, .unsupported: false
        }
    }
}

extension ObjectError: CustomStringConvertible {
    package var description: String { "\(location): \(reason)" }
}

extension ObjectError.Reason: CustomStringConvertible {
    package var description: String {
        switch self {
        case .notFound(let key): "there is no object \(key)"
        case .refused(let detail): "refused: \(detail)"
        case .busy(let detail): "it is asked too much, or failing: \(detail); try again later"
        case .unreachable(let problem): "no whole answer: \(problem)"
        case .tooLarge(let limit): "an object has at most \(limit) bytes"
        case .unsupported(let what): what
        }
    }
}
