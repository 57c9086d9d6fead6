import Crypto
import Dispatch
import Foundation
import Market
import Ports
import Synchronization

/// Vendors' answers on disk, so that what cannot change any more is asked for once.
///
/// An entry names what was asked, without the key, and holds its own checksum: one that is damaged,
/// or another's, is no entry. A cache that cannot be read or written costs requests, never answers.
/// Processes may share it: entries appear whole. Files of other names in its directory are left
/// alone.
final class AnswerCache: Sendable {
    /// Of all entries together; the oldest go first. Each process looks when it begins to write and
    /// whenever it has written more, so several may keep a little more together.
    static let standardByteLimit = 512 << 20
    /// How long what may still change is believed, at most.
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
    /// Of the entries, as far as this process knows; `nil` before it has looked.
    private let bytes = Mutex<Int?>(nil)

    /// - Parameter directory: made when it is not there.
    init(directory: String, byteLimit: Int = standardByteLimit) {
        self.directory = URL(filePath: directory, directoryHint: .isDirectory)
        self.byteLimit = byteLimit
    }

    /// What was kept under a name and is still good; `nil` otherwise.
    func answer(named name: String, at now: Timestamp) async -> KeptAnswer? {
        let file = file(of: name)
        return await onQueue {
            guard let content = try? Data(contentsOf: file) else { return nil }
            return AnswerEntry(reading: Array(content))?.answer(to: name, at: now)
        }
    }

    /// Keeps an answer, in the place of what was kept under that name before. One that is larger
    /// than a quarter of the cache is not kept.
    func keep(
        _ body: [UInt8], named name: String, for lifetime: Lifetime, at now: Timestamp
    ) async {
        guard body.count <= byteLimit / 4 else { return }
        let entry = AnswerEntry(name: name, body: body, lifetime: lifetime, at: now).bytes
        let file = file(of: name)
        await onQueue {
            try? FileManager.default.createDirectory(
                at: self.directory, withIntermediateDirectories: true)
            // A file beside it, then renamed.
            try? Data(entry).write(to: file, options: .atomic)
            self.bytes.withLock { bytes in
                // What it replaces is counted until the directory is looked at again.
                let known = bytes.map { $0 + entry.count }
                bytes = known.flatMap { $0 <= self.byteLimit ? $0 : nil } ?? self.dropOldest()
            }
        }
    }

    private func file(of name: String) -> URL {
        directory.appending(path: AnswerEntry.checksum(Array(name.utf8)) + AnswerCache.suffix)
    }

    private static let suffix = ".answer"

    private static func isEntry(_ name: String) -> Bool {
        let checksum = name.utf8.dropLast(suffix.utf8.count)
        return name.hasSuffix(suffix) && checksum.count == AnswerEntry.checksumLength
            && checksum.allSatisfy("0123456789abcdef".utf8.contains)
    }

    /// Makes room where there is too much, some to spare, so that it need not look again soon.
    ///
    /// - Returns: how many bytes are left.
    private func dropOldest() -> Int {
        let keys: Set<URLResourceKey> = [
            .fileSizeKey, .contentModificationDateKey, .isRegularFileKey,
        ]
        let files = try? FileManager.default.contentsOfDirectory(
            at: directory, includingPropertiesForKeys: Array(keys))
        let entries = (files ?? []).compactMap { file -> (file: URL, size: Int, date: Date)? in
            guard AnswerCache.isEntry(file.lastPathComponent),
                let values = try? file.resourceValues(forKeys: keys),
                values.isRegularFile == true, let size = values.fileSize,
                let date = values.contentModificationDate
            else { return nil }
            return (file, size, date)
        }
        var total = entries.reduce(0) { $0 + $1.size }
        guard total > byteLimit else { return total }
        let room = byteLimit - byteLimit / 8
        for entry in entries.sorted(by: { $0.date < $1.date }) where total > room {
            try? FileManager.default.removeItem(at: entry.file)
            total -= entry.size
        }
        return total
    }

    private func onQueue<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: body()) }
        }
    }
}

extension AnswerCache.Lifetime {
    /// That of an answer that may still change, or that bars may follow: until the next day becomes
    /// final, or for as long as a shorter bar lasts.
    static func newest(
        of request: FeedRequest, _ offer: FeedOffer, at now: Timestamp
    ) -> AnswerCache.Lifetime {
        let timeframe = request.series.timeframe
        var rest = timeframe.nanoseconds
        if !timeframe.isIntraday {
            let final = now.advanced(bySeconds: -offer.settlingSeconds)
            let close = request.calendar.close(on: request.calendar.date(ofClose: final))
            if final < close { rest = min(rest, close.nanoseconds - final.nanoseconds) }
        }
        return .seconds(min(AnswerCache.newestSeconds, rest / Timestamp.nanosecondsPerSecond))
    }
}

/// What was kept.
struct KeptAnswer: Sendable, Equatable {
    let body: [UInt8]
    let keptAt: Timestamp
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
    func answer(to name: String, at now: Timestamp) -> KeptAnswer? {
        guard self.name == name else { return nil }
        let isGood = goodUntil.map { goodUntil in
            (keptAt..<max(keptAt, goodUntil)).contains(now.nanoseconds)
        }
        guard isGood ?? true else { return nil }
        return KeptAnswer(body: body, keptAt: Timestamp(nanoseconds: keptAt))
    }

    static let checksumLength = 64

    /// SHA-256 in hexadecimal.
    static func checksum(_ bytes: [UInt8]) -> String {
        Hexadecimal.text(SHA256.hash(data: bytes))
    }
}
