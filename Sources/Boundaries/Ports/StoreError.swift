/// Why a store cannot do what it was asked, where, and what to do.
package struct StoreError: Error, Equatable, Sendable {
    package enum Code: String, Sendable {
        /// No space is left on the device.
        case full
        /// The file system or the file cannot be written.
        case readOnly = "read-only"
        /// Written by a newer version of the program.
        case newerSchema = "newer-schema"
        /// The file is not a database, or is damaged.
        case corrupt
        /// Another process held the lock longer than the bounded wait.
        case busy
        /// The store cannot be opened or reached.
        case unavailable
        /// Anything else the library reports.
        case failed
    }

    package let code: Code
    /// A path or host; never a secret.
    package let location: String
    package let detail: String
    package let advice: String

    package init(_ code: Code, location: String, detail: String, advice: String) {
        self.code = code
        self.location = location
        self.detail = detail
        self.advice = advice
    }

    /// Whether the same call may succeed later without anything being changed.
    package var isRetriable: Bool { code == .busy || code == .unavailable }
}

extension StoreError: CustomStringConvertible {
    package var description: String { "\(location): \(detail). \(advice)" }
}
