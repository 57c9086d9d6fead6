import Crypto
import Dispatch
import Foundation
import Market

/// Vendors' answers on disk, so that what cannot change any more is asked for once.
///
/// An entry names what was asked, without the key, and holds its own checksum: one that is damaged,
/// or another's, is no entry. A cache that cannot be read or written costs requests, never answers.
/// Processes may share it: entries appear whole.
final class AnswerCache: Sendable {
    /// Of all entries together; the oldest go first.
    static let standardByteLimit = 512 << 20
    /// How long what may still change is believed.
    static let newestSeconds: Int64 = 900

    enum Lifetime: Sendable, Equatable {
        /// The vendor will not change it.
        case forGood
        case seconds(Int64)
    }

    private let directory: URL
    private let byteLimit: Int
    /// Reads and writes block.
    private let queue = DispatchQueue(label: "bloasis.answer-cache")

    /// - Parameter directory: made when it is not there.
    init(directory: String, byteLimit: Int = standardByteLimit) {
        self.directory = URL(filePath: directory, directoryHint: .isDirectory)
        self.byteLimit = byteLimit
    }

    /// What was kept under a name and is still good; `nil` otherwise.
    func answer(named name: String, at now: Timestamp) async -> [UInt8]? {
        let file = file(of: name)
        return await onQueue {
            guard let content = try? Data(contentsOf: file) else { return nil }
            return AnswerEntry(reading: Array(content))?.body(of: name, at: now)
        }
    }

    /// Keeps an answer, in the place of what was kept under that name before. One that is larger
    /// than a quarter of the cache is not kept.
    func keep(
        _ body: [UInt8], named name: String, for lifetime: Lifetime, at now: Timestamp
    ) async {
        guard body.count <= byteLimit / 4 else { return }
        let entry = AnswerEntry(name: name, body: body, lifetime: lifetime, at: now)
        let file = file(of: name)
        await onQueue { [directory, byteLimit] in
            try? FileManager.default.createDirectory(
                at: directory, withIntermediateDirectories: true)
            // A file beside it, then renamed.
            try? Data(entry.bytes).write(to: file, options: .atomic)
            AnswerCache.dropOldest(in: directory, downTo: byteLimit)
        }
    }

    private func file(of name: String) -> URL {
        directory.appending(path: AnswerEntry.checksum(Array(name.utf8)) + ".answer")
    }

    private static func dropOldest(in directory: URL, downTo limit: Int) {
        let keys: Set<URLResourceKey> = [.fileSizeKey, .contentModificationDateKey]
        let files = try? FileManager.default.contentsOfDirectory(
            at: directory, includingPropertiesForKeys: Array(keys))
        let entries = (files ?? []).compactMap { file -> (file: URL, size: Int, date: Date)? in
            guard let values = try? file.resourceValues(forKeys: keys), let size = values.fileSize,
                let date = values.contentModificationDate
            else { return nil }
            return (file, size, date)
        }
        var total = entries.reduce(0) { $0 + $1.size }
        for entry in entries.sorted(by: { $0.date < $1.date }) where total > limit {
            try? FileManager.default.removeItem(at: entry.file)
            total -= entry.size
        }
    }

    private func onQueue<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: body()) }
        }
    }
}

/// An answer as it lies on disk: a checksum, lines that say what it is, then its bytes.
struct AnswerEntry: Equatable {
    private static let format = "bloasis answer 1"

    private let name: String
    private let body: [UInt8]
    private let keptAt: Int64
    /// `nil`: good for ever.
    private let goodUntil: Int64?

    init(name: String, body: [UInt8], lifetime: AnswerCache.Lifetime, at now: Timestamp) {
        self.name = name
        self.body = body
        keptAt = now.nanoseconds
        switch lifetime {
        case .forGood: goodUntil = nil
        case .seconds(let seconds): goodUntil = now.advanced(bySeconds: seconds).nanoseconds
        }
    }

    var bytes: [UInt8] {
        Array((AnswerEntry.checksum(content) + "\n").utf8) + content
    }

    /// All but the checksum of it.
    private var content: [UInt8] {
        let lines = [
            AnswerEntry.format, name, "\(keptAt)", goodUntil.map { "\($0)" } ?? "-", "",
        ]
        return Array(lines.joined(separator: "\n").utf8) + body
    }

    /// `nil` when the bytes are no whole entry.
    init?(reading bytes: [UInt8]) {
        let parts = bytes.split(
            separator: UInt8(ascii: "\n"), maxSplits: 5, omittingEmptySubsequences: false)
        guard parts.count == 6 else { return nil }
        let lines = parts[..<5].map { String(decoding: $0, as: UTF8.self) }
        let content = Array(bytes[parts[1].startIndex...])
        guard lines[0] == AnswerEntry.checksum(content), lines[1] == AnswerEntry.format,
            let keptAt = Int64(lines[3]), lines[4] == "-" || Int64(lines[4]) != nil
        else { return nil }
        name = lines[2]
        body = Array(parts[5])
        self.keptAt = keptAt
        goodUntil = Int64(lines[4])
    }

    /// The answer, when it is this one's and good. What was kept in the future, by a clock that was
    /// set back since, is believed only if it is good for ever.
    func body(of name: String, at now: Timestamp) -> [UInt8]? {
        guard self.name == name else { return nil }
        guard let goodUntil else { return body }
        return (keptAt..<max(keptAt, goodUntil)).contains(now.nanoseconds) ? body : nil
    }

    /// SHA-256 in hexadecimal.
    static func checksum(_ bytes: [UInt8]) -> String {
        SHA256.hash(data: bytes).map { byte in
            let digits = String(byte, radix: 16)
            return digits.utf8.count == 1 ? "0" + digits : digits
        }.joined()
    }
}
