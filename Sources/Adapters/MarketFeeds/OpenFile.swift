import Glibc

/// Owns a file descriptor from `open` to `close`.
///
/// Whatever becomes of the path, what is asked of it and read from it is of the file that was
/// opened.
package final class OpenFile: Sendable {
    package let path: String
    let descriptor: Int32
    /// Whether it can be read again from the start.
    let isRegular: Bool

    /// Which file it is, and whether it was written since.
    package struct Stamp: Hashable, Sendable {
        package let bytes: Int
        private let device: UInt64
        private let number: UInt64
        /// When its bytes were written last, and when anything about it: that cannot be set.
        private let times: [Int]

        fileprivate init(_ status: stat) {
            bytes = Int(status.st_size)
            device = UInt64(status.st_dev)
            number = UInt64(status.st_ino)
            times = [
                status.st_mtim.tv_sec, status.st_mtim.tv_nsec,
                status.st_ctim.tv_sec, status.st_ctim.tv_nsec,
            ]
        }
    }

    /// - Parameters:
    ///   - named: what errors call it; its path when left out.
    ///   - onlyRegular: refuses what may not end or never begin, as a pipe or a device.
    package init(
        path: String, named name: String? = nil, onlyRegular: Bool = false
    ) throws(CSVError) {
        let name = name ?? path
        // Opening a pipe waits for its writer, unless told not to.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | (onlyRegular ? O_NONBLOCK : 0))
        guard descriptor >= 0 else {
            let code = errno
            throw CSVError(
                file: name,
                code == ENOENT ? .missing : .unreadable(reason: OpenFile.reason(code)))
        }
        self.descriptor = descriptor
        self.path = name
        var status = stat()
        let code = fstat(descriptor, &status) == 0 ? 0 : errno
        isRegular = status.st_mode & S_IFMT == S_IFREG
        guard code == 0 else {
            throw CSVError(file: name, .unreadable(reason: OpenFile.reason(code)))
        }
        guard status.st_mode & S_IFMT != S_IFDIR else { throw CSVError(file: name, .directory) }
        guard isRegular || !onlyRegular else { throw CSVError(file: name, .notRegular) }
    }

    deinit {
        close(descriptor)
    }

    package func stamp() throws(CSVError) -> Stamp {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw CSVError(file: path, .unreadable(reason: OpenFile.reason(errno)))
        }
        return Stamp(status)
    }

    static func reason(_ code: Int32) -> String { String(cString: strerror(code)) }
}

/// Folders in which files may be named by somebody else.
package struct FileRoots: Sendable {
    private let folders: [String]

    /// - Parameter folders: paths; those that are not there hold nothing.
    package init(_ folders: [String]) {
        self.folders = folders
    }

    /// Opens a regular file that lies in one of the folders once all links are followed; `nil` for
    /// whatever else is the matter, so that nobody learns what lies elsewhere.
    package func open(_ path: String) -> OpenFile? {
        // Looked at first, since opening some things has effects, and once it is open, since the
        // path may lead elsewhere by then.
        guard let resolved = FileRoots.resolved(path), holds(resolved),
            let file = try? OpenFile(path: resolved, named: path, onlyRegular: true),
            let opened = FileRoots.resolved("/proc/self/fd/\(file.descriptor)"), holds(opened)
        else { return nil }
        return file
    }

    private func holds(_ resolved: String) -> Bool {
        folders.contains { folder in
            guard var root = FileRoots.resolved(folder) else { return false }
            if !root.hasSuffix("/") { root += "/" }
            return resolved.utf8.starts(with: root.utf8)
        }
    }

    /// Without links, `.` and `..`; `nil` where nothing is.
    private static func resolved(_ path: String) -> String? {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        guard realpath(path, &buffer) != nil else { return nil }
        return String(
            validating: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
