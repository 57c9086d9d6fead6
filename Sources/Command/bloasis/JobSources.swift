import Contracts
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
/// A worker takes them from the folders that it was told of, opens each once and reads what it
/// opened. A file is hashed once for as long as it stays as it is, and a table is read by shares.
final class JobSources: Sendable {
    private struct Known {
        let stamp: OpenFile.Stamp
        let sha256: String
    }

    /// Files that are remembered; with more of them all are hashed anew.
    private static let knownLimit = 10_000

    private let roots: FileRoots
    private let known = Mutex<[String: Known]>([:])
    private let tables = TableShares()

    /// - Parameter roots: in which the files of jobs must lie.
    init(roots: FileRoots) {
        self.roots = roots
    }

    /// What a file is called and holds, for whoever puts jobs.
    ///
    /// - Throws: `CommandFailure`, `CSVError`.
    static func source(_ path: String) throws -> BackfillJobEvent.Source {
        let file = try OpenFile(path: path, onlyRegular: true)
        let stamp = try file.stamp()
        return BackfillJobEvent.Source(
            path: path, sha256: try sha256(file, stamp), bytes: stamp.bytes)
    }

    private static func sha256(_ file: OpenFile, _ stamp: OpenFile.Stamp) throws -> String {
        var digest = SourceDigest("")
        try digest.add(file)
        let sha256 = digest.text
        try expect(file, stamp)
        return sha256
    }

    private static func expect(_ file: OpenFile, _ stamp: OpenFile.Stamp) throws {
        guard try file.stamp() == stamp else {
            throw CommandFailure(
                .failed, "\(file.path) was changed while it was read: give the same command again")
        }
    }

    // MARK: - For workers

    /// Finds a job's file and makes what it asks for.
    ///
    /// - Throws: what fails the job, and is told to whoever hears of jobs: a file that is not the
    ///   one that was meant, words that this version does not know, a specification or a model
    ///   that cannot be read. Nothing is said of what another file holds.
    func open(_ job: BackfillJobEvent) throws -> BackfillWorker.Work {
        let file = try file(of: job.source)
        let stamp = try file.stamp()
        guard stamp.bytes == job.source.bytes, try sha256(file, stamp) == job.source.sha256 else {
            throw CommandFailure(
                .failed,
                "\(file.path) is another file here than the job is about: copy that one here")
        }
        let (pull, scan) = try bars(of: job, in: file)
        let model = try job.model.map { try ModelManifest(json: $0) }
        let request = BackfillRequest(
            series: job.series, calendar: job.calendar,
            BackfillTerms(
                specification: try RegimeSpecification(canonicalJSON: job.specification),
                now: { WallClock.now }, range: job.range, emitting: job.emitting,
                splits: try JobSources.known(
                    "on_split", job.reading.onSplit, SplitPolicy(job.reading.onSplit)),
                fixedModel: model),
            completing: job.id.text)
        let bars = JoinedBars(ExogenousJoin([]))
        return BackfillWorker.Work(
            request: request,
            pull: { limit in
                let chunk = try bars.bars(pull(limit), of: file.path)
                if chunk.isEmpty { try JobSources.expect(file, stamp) }
                return chunk
            }, scan: scan)
    }

    private func file(of source: BackfillJobEvent.Source) throws -> OpenFile {
        guard let file = roots.open(source.path) else {
            throw CommandFailure(
                .failed,
                "\(source.path) is no file that jobs may name here: put it there, under that very "
                    + "path, and its folder into the worker's BACKFILL_WORKER_FILES")
        }
        return file
    }

    private func sha256(_ file: OpenFile, _ stamp: OpenFile.Stamp) throws -> String {
        if let known = known.withLock({ $0[file.path] }), known.stamp == stamp {
            return known.sha256
        }
        let sha256 = try JobSources.sha256(file, stamp)
        known.withLock { known in
            if known.count >= JobSources.knownLimit { known = [:] }
            known[file.path] = Known(stamp: stamp, sha256: sha256)
        }
        return sha256
    }

    /// The bars, and the same once more.
    private func bars(
        of job: BackfillJobEvent, in file: OpenFile
    ) throws -> (pull: Backfill.Source, scan: Backfill.Source) {
        let options = try JobSources.options(job)
        if let column = job.reading.column,
            let bars = try tables.bars(of: column, in: file, options: options)
        {
            return (Backfill.source(of: bars), Backfill.source(of: bars))
        }
        let reader = try CSVBarReader(file, options: options)
        let scan = try reader.again()
        return ({ try reader.nextChunk(limit: $0) }, { try scan.nextChunk(limit: $0) })
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
