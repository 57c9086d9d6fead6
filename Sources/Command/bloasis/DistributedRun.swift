import Contracts
import Foundation
import Hosting
import Market
import MarketFeeds
import MarketRegime
import Ports
import RegimeModels

/// Puts a backfill's markets as jobs for workers, and tells how they go.
struct DistributedRun {
    private let command: BackfillCommand
    private let model: ModelManifest?
    private let assembly: Assembly

    init(_ command: BackfillCommand, _ model: ModelManifest?, in assembly: Assembly) {
        self.command = command
        self.model = model
        self.assembly = assembly
    }

    /// One market to be written.
    private struct Entry {
        let market: MarketName
        let path: String
        let calendar: SessionCalendar?
        /// Of a file of many markets.
        let column: String?
    }

    func run() async throws {
        guard assembly.configuration.brokers != nil else {
            throw CommandFailure(
                .wrongUsage,
                "--distribute needs brokers: set REDPANDA_BROKERS, here and for the workers")
        }
        if case .sqlite(let path) = assembly.configuration.store {
            StandardError.warning(
                "the store is a file of this machine (\(path)): workers elsewhere write "
                    + "into their own; with several machines set DATABASE_URL to postgresql://…")
        }
        let jobs = try await jobs()
        let board = try await follow(jobs)
        let summary = DistributedSummary(
            name: name, timeframe: command.seriesOptions.timeframe,
            tally: board.tally(at: WallClock.now), failures: board.failures)
        StandardOutput.write(command.json ? summary.json + "\n" : summary.text)
        guard board.failures.isEmpty else {
            throw CommandFailure(
                .failed,
                "\(Format.count(board.failures.count)) of \(Format.count(jobs.count)) markets "
                    + "could not be written; the others are")
        }
    }

    private func follow(_ jobs: [BackfillJobEvent]) async throws -> JobBoard {
        let coordinator = BackfillCoordinator(
            bus: assembly.events,
            silenceLimit: command.distribution.silence, now: { WallClock.now })
        var rest = jobs[...]
        var bar = ProgressBar("\(Format.count(jobs.count)) markets")
        var stalled = 0
        defer { bar.finish() }
        return try await coordinator.run {
            defer { rest = [] }
            return Array(rest)
        } show: { board in
            let tally = board.tally(at: WallClock.now)
            let over = tally.done + tally.failed
            bar.label =
                "\(Format.count(over))/\(Format.count(tally.jobs)) markets, "
                + "\(Format.count(tally.running)) running"
            bar.update(
                tally.work.bars, fraction: Double(over) / Double(max(tally.jobs, 1)))
            if tally.stalled > stalled {
                bar.interrupt()
                StandardError.note(
                    "nothing is heard of \(Format.count(tally.stalled)) jobs that were begun: "
                        + "another worker will take them over")
            }
            stalled = tally.stalled
        }
    }

    // MARK: - What to put

    private var name: String { command.universe ?? command.csv ?? "" }

    private func entries() throws -> [Entry] {
        if let pattern = command.universe {
            let universe = try Universe(pattern)
            if let problem = universe.problems.first { throw problem }
            return universe.files.flatMap { file in
                file.members.map { member in
                    Entry(
                        market: member.market, path: member.path, calendar: member.calendar,
                        column: file.holding == .single ? nil : member.market.text)
                }
            }
        }
        let series = try command.seriesOptions.series(assembly.configuration)
        return [
            Entry(
                market: series.market, path: command.csv ?? "", calendar: nil,
                column: command.seriesOptions.market)
        ]
    }

    private func jobs() async throws -> [BackfillJobEvent] {
        let timeframe = command.seriesOptions.timeframe
        let known = KnownSeries(try await assembly.store.heads())
        let specification = command.specification(model, in: assembly).canonicalJSON
        let format = command.format
        // A table of many markets is looked at once.
        var sources: [String: BackfillJobEvent.Source] = [:]
        return try entries().map { entry in
            let series = Series(market: entry.market, timeframe: timeframe)
            let path = URL(fileURLWithPath: entry.path).path
            let source = try sources[path] ?? JobSources.source(path)
            sources[path] = source
            return BackfillJobEvent(
                universe: name, series: series,
                calendar: entry.calendar ?? format.calendar ?? known.calendar(of: series)
                    ?? .nyse,
                source: source,
                reading: BackfillJobEvent.Reading(
                    price: format.price.rawValue, stamp: format.stamp.rawValue,
                    timeZone: format.timezone, onBadRow: format.onBadRow.rawValue,
                    onSplit: command.splitOptions.policy.of(entry.market).description,
                    column: entry.column),
                range: command.rangeOptions.range, emitting: command.emit,
                specification: specification, model: model?.json)
        }
    }
}
