import Glibc

/// Bytes in order, a block at a time.
protocol ByteSource: AnyObject {
    /// Fills the front of a block that is not empty; the number of bytes is 0 only at the end.
    func read(into block: UnsafeMutableRawBufferPointer) throws(CSVError) -> Int
}

/// Where a table's bytes lie; can be opened as often as needed.
enum CSVInput {
    case file(path: String)
    case memory(bytes: [UInt8], name: String)

    /// Longest input taken from a pipe, which cannot be read twice and is therefore held.
    static let pipeBytesLimit = 1 << 30

    /// A path, as something that can be read more than once.
    init(path: String) throws(CSVError) {
        let file = try FileSource(path: path)
        guard !file.isRegular else {
            self = .file(path: path)
            return
        }
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: RecordReader.blockBytes)
        while true {
            let count = try CSVInput.fill(&block, from: file)
            guard count > 0 else { break }
            bytes += block[..<count]
            guard bytes.count <= CSVInput.pipeBytesLimit else {
                throw CSVError(file: path, .pipeTooLong(limit: CSVInput.pipeBytesLimit))
            }
        }
        self = .memory(bytes: bytes, name: path)
    }

    var name: String {
        switch self {
        case .file(let path): path
        case .memory(_, let name): name
        }
    }

    /// The bytes from the start, inflated when they begin like gzip.
    func open() throws(CSVError) -> any ByteSource {
        switch self {
        case .file(let path):
            let file = try FileSource(path: path)
            return GzipSource.begins(try file.peek(2)) ? try GzipSource(file, name: path) : file
        case .memory(let bytes, let name):
            let memory = MemorySource(bytes)
            return GzipSource.begins(bytes.prefix(2)) ? try GzipSource(memory, name: name) : memory
        }
    }

    /// Fills the front of a block; the number of bytes is 0 only at the end.
    static func fill(
        _ block: inout [UInt8], from source: FileSource
    ) throws(CSVError)
        -> Int
    {
        // A closure would lose the typed error.
        var outcome: Result<Int, CSVError> = .success(0)
        block.withUnsafeMutableBytes { bytes in
            do throws(CSVError) {
                outcome = .success(try source.read(into: bytes))
            } catch {
                outcome = .failure(error)
            }
        }
        return try outcome.get()
    }
}

/// Owns a file descriptor from `open` to `close`.
final class FileSource: ByteSource {
    private let descriptor: Int32
    private let path: String
    /// Whether it can be read again from the start.
    let isRegular: Bool

    /// - Parameter onlyRegular: refuses what may not end or never begin, as a pipe or a device.
    init(path: String, onlyRegular: Bool = false) throws(CSVError) {
        // Opening a pipe waits for its writer, unless told not to.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | (onlyRegular ? O_NONBLOCK : 0))
        guard descriptor >= 0 else {
            let code = errno
            throw CSVError(
                file: path,
                code == ENOENT ? .missing : .unreadable(reason: FileSource.reason(code)))
        }
        self.descriptor = descriptor
        self.path = path
        var status = stat()
        let code = fstat(descriptor, &status) == 0 ? 0 : errno
        isRegular = status.st_mode & S_IFMT == S_IFREG
        guard code == 0 else {
            throw CSVError(file: path, .unreadable(reason: FileSource.reason(code)))
        }
        guard status.st_mode & S_IFMT != S_IFDIR else { throw CSVError(file: path, .directory) }
        guard isRegular || !onlyRegular else { throw CSVError(file: path, .notRegular) }
    }

    deinit {
        close(descriptor)
    }

    /// The first bytes, at most `count`, without moving on.
    func peek(_ count: Int) throws(CSVError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let got = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, count, 0) }
        guard got >= 0 else {
            throw CSVError(file: path, .unreadable(reason: FileSource.reason(errno)))
        }
        return Array(bytes.prefix(got))
    }

    func read(into block: UnsafeMutableRawBufferPointer) throws(CSVError) -> Int {
        while true {
            let got = Glibc.read(descriptor, block.baseAddress, block.count)
            if got >= 0 { return got }
            guard errno == EINTR else {
                throw CSVError(file: path, .unreadable(reason: FileSource.reason(errno)))
            }
        }
    }

    private static func reason(_ code: Int32) -> String { String(cString: strerror(code)) }
}

/// Bytes that are in memory already.
final class MemorySource: ByteSource {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    func read(into block: UnsafeMutableRawBufferPointer) throws(CSVError) -> Int {
        let count = min(block.count, bytes.count - position)
        block.copyBytes(from: bytes[position..<(position + count)])
        position += count
        return count
    }
}
