import Foundation
import Hosting
import Logging
import MarketFeeds
import MarketRegime
import Ports

/// What a worker is told.
struct BackfillWorkerSettings: ServiceSettings {
    static let keys = [
        ConfigurationKey(
            "BACKFILL_WORKER_JOBS", .count,
            meaning: "Jobs that a backfill-worker does at once. Unset: one per core."),
        ConfigurationKey(
            "BACKFILL_WORKER_FILES", .text,
            meaning: "Folders, with `:` between them, in which the files of a backfill-worker's "
                + "jobs must lie once links are followed; it needs them. Whoever may put jobs may "
                + "have any file in them read."),
    ]

    let jobs: Int?
    let files: FileRoots

    init(_ reader: inout ConfigurationReader) {
        jobs = reader.optional("BACKFILL_WORKER_JOBS", as: "a whole number, 1 or more") { Int($0) }
        let folders = reader.optional("BACKFILL_WORKER_FILES", as: "folders with ':' between") {
            let folders = $0.split(separator: ":").map(String.init)
            return folders.isEmpty ? nil : folders
        }
        files = FileRoots(folders ?? [])
        reader.require(
            folders != nil,
            "backfill-worker reads no file but those in folders that it is told of: set "
                + "BACKFILL_WORKER_FILES to where the histories lie, as in /data")
        let brokers = reader.optional("REDPANDA_BROKERS", as: "host:port,…") { $0 }
        reader.require(
            brokers != nil,
            "backfill-worker takes its jobs from brokers: set REDPANDA_BROKERS as it is set where "
                + "bloasis backfill --distribute runs")
    }
}

/// Does the jobs that `bloasis backfill --distribute` puts.
struct BackfillWorkerHost: BlockingService {
    static let name = "backfill-worker"
    private let assembly: Assembly
    private let context: ServiceContext<BackfillWorkerSettings>

    init(_ context: ServiceContext<BackfillWorkerSettings>) async throws {
        assembly = try await context.process.shared(Shared.assembly)
        self.context = context
    }

    func run() async throws {
        if case .sqlite(let path) = assembly.configuration.store {
            context.logger.warning(
                "The store is a file of this machine: other workers must run here too",
                metadata: ["store": "\(path)"])
        }
        let cores = ProcessInfo.processInfo.activeProcessorCount
        let sources = JobSources(roots: context.settings.files)
        let worker = BackfillWorker(
            bus: assembly.events,
            // Side by side, jobs have the cores already.
            backfill: assembly.backfill(threads: 1),
            name: Assembly.instanceID, concurrency: context.settings.jobs ?? cores,
            open: { try sources.open($0) },
            written: { [currents = assembly.currents] in await currents.written($0) },
            now: { WallClock.now }, logger: context.logger)
        async let topics: Void = assembly.makeTopics()
        try await worker.run()
        await topics
    }
}
