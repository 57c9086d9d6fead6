package import Market

/// What a cached value is kept under; the same text in every cache.
package struct CacheKey: Hashable, Sendable {
    package let name: String

    /// - Parameter name: holds nothing that a user supplied unchecked.
    package init(_ name: String) {
        self.name = name
    }
}

extension CacheKey: CustomStringConvertible {
    package var description: String { name }
}

/// Which of two values of one key is the later one: by the bar's close, then by revision, then by
/// the number of the last announced change.
package struct CacheVersion: Hashable, Sendable {
    package var asOf: Timestamp
    package var revision: Int64
    package var sequence: Int64

    package init(asOf: Timestamp, revision: Int64, sequence: Int64) {
        self.asOf = asOf
        self.revision = revision
        self.sequence = sequence
    }

    /// Of what is no value of the store: absences and fallbacks. Every value replaces them.
    package static let none = CacheVersion(asOf: .earliest, revision: .min, sequence: .min)
}

extension CacheVersion: Comparable {
    package static func < (lhs: CacheVersion, rhs: CacheVersion) -> Bool {
        (lhs.asOf.nanoseconds, lhs.revision, lhs.sequence)
            < (rhs.asOf.nanoseconds, rhs.revision, rhs.sequence)
    }
}

package struct CacheEntry: Sendable, Equatable {
    /// Canonical JSON, as every reader of the cache sees it.
    package var value: [UInt8]
    package var version: CacheVersion

    package init(value: [UInt8], version: CacheVersion) {
        self.value = value
        self.version = version
    }
}

package enum CacheInvalidation: Sendable, Equatable {
    /// Another instance wrote a newer value, or removed it.
    case key(CacheKey)
    /// From here on invalidations are heard; those before may have been missed. The first of all.
    case interrupted
}

/// A cache that several instances of the program share. It may forget anything at any time.
///
/// Every call ends within the implementation's own limit, whatever becomes of the server; errors
/// are to be counted and otherwise treated as a miss.
package protocol SharedCache: Sendable {
    /// `nil` for what is not there, has outlived its lifetime, or was not written by a cache of
    /// this kind.
    func get(_ key: CacheKey) async throws -> CacheEntry?

    /// Writes whatever is there already.
    ///
    /// - Parameter lifetime: at least a millisecond.
    func set(_ key: CacheKey, _ entry: CacheEntry, lifetime: Duration) async throws

    /// Writes unless a newer version was written before, in one step; so a late fill never
    /// resurrects an older value. The same version is written again, and is news to nobody.
    ///
    /// - Returns: whether it was written.
    @discardableResult
    func setIfNewer(
        _ key: CacheKey, _ entry: CacheEntry, lifetime: Duration
    ) async throws -> Bool

    /// Forgets the value and its version.
    func remove(_ key: CacheKey) async throws

    /// What other instances do from the first `interrupted` on, until the iterating task is
    /// cancelled. Each stream buffers a bounded number of keys; one that overflows is interrupted.
    func invalidations() -> AsyncStream<CacheInvalidation>
}
