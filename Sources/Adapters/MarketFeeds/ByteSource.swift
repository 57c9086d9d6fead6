import Glibc

/// Bytes in order, a block at a time.
protocol ByteSource: AnyObject {
    /// Fills the front of a block that is not empty; the number of bytes is 0 only at the end.
    func read(into block: UnsafeMutableRawBufferPointer) throws(CSVError) -> Int
}

/// Where a table's bytes lie; can be opened as often as needed.
enum CSVInput {
    /// Opened anew for each reading.
    case file(path: String)
    /// Held open: every reading is of the same file.
    case open(OpenFile)
    case memory(bytes: [UInt8], name: String)

    /// Longest input taken from a pipe, which cannot be read twice and is therefore held.
    static let pipeBytesLimit = 1 << 30

    /// A path, as something that can be read more than once.
    init(path: String) throws(CSVError) {
        let opened = try OpenFile(path: path)
        guard !opened.isRegular else {
            self = .file(path: path)
            return
        }
        let file = FileSource(opened)
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
        case .open(let file): file.path
        case .memory(_, let name): name
        }
    }

    /// The bytes from the start, inflated when they begin like gzip.
    func open() throws(CSVError) -> any ByteSource {
        switch self {
        case .file(let path): return try CSVInput.source(OpenFile(path: path))
        case .open(let file): return try CSVInput.source(file)
        case .memory(let bytes, let name):
            let memory = MemorySource(bytes)
            return GzipSource.begins(bytes.prefix(2)) ? try GzipSource(memory, name: name) : memory
        }
    }

    private static func source(_ file: OpenFile) throws(CSVError) -> any ByteSource {
        let source = FileSource(file)
        return GzipSource.begins(try source.peek(2))
            ? try GzipSource(source, name: file.path) : source
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

/// A file's bytes; those of a regular one from its start, however often it is read.
final class FileSource: ByteSource {
    private let file: OpenFile
    private var offset = 0

    init(_ file: OpenFile) {
        self.file = file
    }

    /// The first bytes, at most `count`, without moving on.
    func peek(_ count: Int) throws(CSVError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let got = bytes.withUnsafeMutableBytes { pread(file.descriptor, $0.baseAddress, count, 0) }
        guard got >= 0 else {
            throw CSVError(file: file.path, .unreadable(reason: OpenFile.reason(errno)))
        }
        return Array(bytes.prefix(got))
    }

    func read(into block: UnsafeMutableRawBufferPointer) throws(CSVError) -> Int {
        while true {
            let got =
                file.isRegular
                ? pread(file.descriptor, block.baseAddress, block.count, off_t(offset))
                : Glibc.read(file.descriptor, block.baseAddress, block.count)
            guard got < 0 else {
                offset += got
                return got
            }
            guard errno == EINTR else {
                throw CSVError(file: file.path, .unreadable(reason: OpenFile.reason(errno)))
            }
        }
    }
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
