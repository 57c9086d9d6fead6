import Foundation

/// Files that a flag names, whole; a failure says which flag, which path and why.
enum TextFile {
    static func read(_ path: String, for flag: String) throws -> String {
        do {
            let data = try Data(contentsOf: URL(fileURLWithPath: path))
            guard let text = String(validating: data, as: UTF8.self) else {
                throw CommandFailure(.failed, "\(flag) \(path): is not UTF-8 text")
            }
            return text
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw CommandFailure(.failed, "\(flag) \(path): cannot be read: \(reason(error))")
        }
    }

    /// Replaces the file at once, or leaves it as it is.
    static func write(_ text: String, to path: String, for flag: String) throws {
        do {
            let attributes = try? FileManager.default.attributesOfItem(atPath: path)
            if attributes?[.type] as? FileAttributeType == .typeDirectory {
                throw POSIXError(.EISDIR)
            }
            try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw CommandFailure(.failed, "\(flag) \(path): cannot be written: \(reason(error))")
        }
    }

    /// What the system says, without the wrapping.
    private static func reason(_ error: any Error) -> String {
        let cause = (error as? CocoaError)?.underlying ?? error
        return (cause as NSError).localizedFailureReason ?? error.localizedDescription
    }
}
