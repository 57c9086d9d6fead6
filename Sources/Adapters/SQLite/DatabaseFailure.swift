import Foundation
import GRDB

/// Why the embedded database cannot do what it was asked, where, and what to do.
package struct DatabaseFailure: Error, Equatable, Sendable {
    package enum Code: String, Sendable, CaseIterable {
        case full
        case readOnly = "read-only"
        case newerSchema = "newer-schema"
        case corrupt
        case busy
        case unavailable
        case failed
    }

    package let code: Code
    package let path: String
    package let detail: String
    package let advice: String

    package init(_ code: Code, path: String, detail: String, advice: String) {
        self.code = code
        self.path = path
        self.detail = detail
        self.advice = advice
    }
}

extension DatabaseFailure: CustomStringConvertible {
    package var description: String { "\(path): \(detail). \(advice)" }
}

// MARK: - From SQLite's codes

extension DatabaseFailure {
    /// Translates what SQLite reported about the database at a path.
    init(_ error: DatabaseError, path: String) {
        let code = DatabaseFailure.code(of: error, path: path)
        let message = error.message ?? "no message"
        let detail: String
        switch code {
        case .full: detail = "no space is left on the device (\(message))"
        case .readOnly: detail = "it cannot be written (\(message))"
        case .corrupt: detail = "it is not a database, or is damaged (\(message))"
        case .busy: detail = "another process kept it locked (\(message))"
        case .unavailable: detail = "it cannot be opened or read (\(message))"
        case .newerSchema, .failed:
            detail = "SQLite reports \(error.extendedResultCode): \(message)"
        }
        self.init(code, path: path, detail: detail, advice: DatabaseFailure.advice(for: code))
    }

    private static func code(of error: DatabaseError, path: String) -> Code {
        switch error.resultCode {
        case .SQLITE_FULL: return .full
        case .SQLITE_READONLY, .SQLITE_PERM: return .readOnly
        case .SQLITE_NOTADB, .SQLITE_CORRUPT: return .corrupt
        case .SQLITE_BUSY, .SQLITE_LOCKED: return .busy
        case .SQLITE_MISUSE: return .unavailable
        case .SQLITE_CANTOPEN:
            return Place(of: path).isWritable ? .unavailable : .readOnly
        case .SQLITE_IOERR:
            // The shared-memory file and fsync report a full device as an I/O error.
            let place = Place(of: path)
            if place.isFull { return .full }
            return place.isWritable ? .unavailable : .readOnly
        default: return .failed
        }
    }

    private static func advice(for code: Code) -> String {
        switch code {
        case .full: "Free some space and run the same command again: it resumes"
        case .readOnly: "Make the directory and its files writable, or choose another directory"
        case .newerSchema: "Update the program"
        case .corrupt: "Restore the file from a backup, or move it away to begin anew"
        case .busy: "Let the other process finish, then try again"
        case .unavailable: "Check that the directory exists and the disk is healthy"
        case .failed: "Report it with this message"
        }
    }
}

/// What the file system says about where a database lies.
struct Place {
    private let directory: String
    private let path: String

    /// Fewer free bytes than this and SQLite cannot extend its files.
    private static let leastFreeBytes: UInt64 = 64 * 1024

    init(of path: String) {
        self.path = path
        directory = EmbeddedDatabase.directory(of: path)
    }

    var isWritable: Bool {
        [directory, path].allSatisfy { (place: String) in
            access(place, W_OK) == 0 || (errno != EROFS && errno != EACCES && errno != EPERM)
        }
    }

    var isFull: Bool {
        var status = statvfs()
        guard statvfs(directory, &status) == 0 else { return false }
        return UInt64(status.f_bavail) * UInt64(status.f_frsize) < Place.leastFreeBytes
    }
}
