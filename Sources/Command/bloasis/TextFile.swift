import Foundation

/// Files that a flag names, whole; a failure says which flag, which path and why.
enum TextFile {
    static func read(_ path: String, for flag: String) throws -> String {
        do {
            // Not `Data(contentsOf:)`: a pipe has no size to ask for.
            let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            let data = try file.readToEnd() ?? Data()
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

    /// Replaces a regular file at once, or leaves it as it is: where a link leads, with the mode
    /// it had. What is no regular file, as a pipe, is written to.
    static func write(_ text: String, to path: String, for flag: String) throws {
        try write(Data(text.utf8), to: path, for: flag)
    }

    /// The same of bytes that are no text.
    static func write(_ data: Data, to path: String, for flag: String) throws {
        do {
            let target = URL(fileURLWithPath: path).resolvingSymlinksInPath()
            let attributes = try? FileManager.default.attributesOfItem(atPath: target.path)
            switch attributes?[.type] as? FileAttributeType {
            case nil: try data.write(to: target, options: .atomic)
            case .typeRegular:
                try data.write(to: target, options: .atomic)
                if let mode = attributes?[.posixPermissions] {
                    try FileManager.default.setAttributes(
                        [.posixPermissions: mode], ofItemAtPath: target.path)
                }
            case .typeDirectory: throw POSIXError(.EISDIR)
            default:
                try FileHandle(forWritingTo: target).write(contentsOf: data)
            }
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
