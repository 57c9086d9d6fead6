import Contracts
import Foundation
import Hosting
import Market
import MarketFeeds
import MarketRegime
import Ports
import RegimeModels
import Regimes
import Synchronization

/// Files as jobs name them: by path, and by what is in them.
///
/// A file is hashed once for as long as it stays as it is.
final class JobSources: Sendable {
    private struct Stamp: Equatable {
        let bytes: Int
        let modified: Date
        let number: Int
    }

    private struct Known {
        let stamp: Stamp
        let sha256: String
    }

    /// Files that are remembered; with more of them all are hashed anew.
    private static let knownLimit = 10_000

    private let known = Mutex<[String: Known]>([:])

    /// What a file is called and holds.
    ///
    /// - Throws: `CommandFailure`, `CSVError`.
    func source(_ path: String) throws -> BackfillJobEvent.Source {
        let stamp = try JobSources.stamp(path)
        if let known = known.withLock({ $0[path] }), known.stamp == stamp {
            return BackfillJobEvent.Source(path: path, sha256: known.sha256, bytes: stamp.bytes)
        }
        var digest = SourceDigest("")
        try digest.add(file: path)
        let sha256 = digest.text
        try JobSources.expect(path, stamp)
        known.withLock { known in
            if known.count >= JobSources.knownLimit { known = [:] }
            known[path] = Known(stamp: stamp, sha256: sha256)
        }
        return BackfillJobEvent.Source(path: path, sha256: sha256, bytes: stamp.bytes)
    }

    private static func stamp(_ path: String) throws -> Stamp {
        let attributes: [FileAttributeKey: Any]
        do {
            attributes = try FileManager.default.attributesOfItem(atPath: path)
        } catch {
            throw CommandFailure(
                .failed, "\(path) cannot be read here: put the file there, under that very path")
        }
        return Stamp(
            bytes: (attributes[.size] as? Int) ?? 0,
            modified: (attributes[.modificationDate] as? Date) ?? .distantPast,
            number: (attributes[.systemFileNumber] as? Int) ?? 0)
    }

    private static func expect(_ path: String, _ stamp: Stamp) throws {
        guard try JobSources.stamp(path) == stamp else {
            throw CommandFailure(
                .failed, "\(path) was changed while it was read: give the same command again")
        }
    }

    // MARK: - For workers

    /// Finds a job's file and makes what it asks for.
    ///
    /// - Throws: what fails the job: a file that is not the one that was meant, words that this
    ///   version does not know, a specification or a model that cannot be read.
    func open(_ job: BackfillJobEvent) throws -> BackfillWorker.Work {
        let source = try source(job.source.path)
        guard source == job.source else {
            throw CommandFailure(
                .failed,
                "\(source.path) is another file here (\(source.bytes) bytes, SHA-256 "
                    + "\(source.sha256.prefix(12))…) than the job is about (\(job.source.bytes) "
                    + "bytes, \(job.source.sha256.prefix(12))…): copy that one here")
        }
        let stamp = try JobSources.stamp(source.path)
        let reader = try CSVBarReader(path: source.path, options: try JobSources.options(job))
        let model = try job.model.map { try ModelManifest(json: $0) }
        let request = BackfillRequest(
            series: job.series, calendar: job.calendar,
            BackfillTerms(
                specification: try RegimeSpecification(canonicalJSON: job.specification),
                broughtAt: WallClock.now, range: job.range, emitting: job.emitting,
                splits: try JobSources.known(
                    "on_split", job.reading.onSplit, SplitPolicy(job.reading.onSplit)),
                fixedModel: model),
            completing: job.id.text)
        let bars = JoinedBars(ExogenousJoin([]))
        let scan = try reader.again()
        return BackfillWorker.Work(
            request: request,
            pull: { limit in
                let chunk = try bars.bars(reader.nextChunk(limit: limit), of: source.path)
                if chunk.isEmpty { try JobSources.expect(source.path, stamp) }
                return chunk
            }, scan: { try scan.nextChunk(limit: $0) })
    }

    private static func known<Word>(_ name: String, _ text: String, _ word: Word?) throws -> Word {
        guard let word else {
            throw CommandFailure(
                .failed, "\(name) '\(text)' is not known to this version: upgrade the worker")
        }
        return word
    }

    private static func options(_ job: BackfillJobEvent) throws -> CSVReadOptions {
        let reading = job.reading
        return CSVReadOptions(
            timeframe: job.series.timeframe, calendar: job.calendar,
            price: try known("price", reading.price, PriceColumn(rawValue: reading.price)),
            stamp: try known("stamp", reading.stamp, BarStamp(rawValue: reading.stamp)),
            timeZone: reading.timeZone,
            onBadRow: try known(
                "on_bad_row", reading.onBadRow, BadRowPolicy(rawValue: reading.onBadRow)),
            market: reading.column)
    }
}
