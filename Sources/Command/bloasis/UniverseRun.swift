import Contracts
import Foundation
import Hosting
import Market
import MarketFeeds
import MarketRegime
import Ports
import RegimeModels

/// Writes the histories of a universe's markets, and tells how it goes.
struct UniverseRun {
    private let command: BackfillCommand
    private let universe: Universe
    private let fixedModel: ModelManifest?
    private let assembly: Assembly

    init(
        _ command: BackfillCommand, _ pattern: String, _ fixedModel: ModelManifest?,
        in assembly: Assembly
    ) throws {
        self.command = command
        universe = try Universe(pattern)
        self.fixedModel = fixedModel
        self.assembly = assembly
    }

    func run() async throws {
        let members = universe.members.count
        for problem in universe.problems { StandardError.error("\(problem)") }
        let specification = command.specification(fixedModel, in: assembly)
        command.exogenousOptions.warn(
            reads: specification.exogenousInputs, specification.model)
        let known = KnownSeries(try await assembly.store.heads())
        let sources = UniverseSources(universe, try reading(specification, known))
        let display = UniverseDisplay(markets: members)
        let clock = ContinuousClock()
        let start = clock.now
        var summary = UniverseSummary(
            pattern: command.universe ?? "", timeframe: command.seriesOptions.timeframe,
            markets: members, isDryRun: command.dryRun)
        try await UniverseBackfill(
            command.dryRun ? assembly.rehearsal : assembly.backfill(threads: 1),
            concurrency: command.threads ?? ProcessInfo.processInfo.activeProcessorCount,
            written: { [currents = assembly.currents] in await currents.written($0) }
        ).run(
            command.terms(
                specification, fixedModel,
                bringingExogenous: !command.exogenousOptions.exogenous.isEmpty),
            knowing: known, next: sources.next, progress: display.add(bars:)
        ) {
            display.end(of: $0)
            summary.take($0)
        }
        display.finish()
        try await assembly.publishAnnounced(command.emit)
        StandardOutput.write(command.json ? summary.json + "\n" : summary.text)
        let seconds = max((clock.now - start) / .seconds(1), 1e-3)
        let rate = Format.count(Int(Double(summary.tally.work.bars) / seconds))
        StandardError.note("\(rate) bars a second")
        let failed = summary.tally.failures.count + universe.problems.count
        if failed > 0 {
            throw CommandFailure(
                .failed,
                "\(Format.count(failed)) of \(Format.count(members + universe.problems.count)) "
                    + "markets could not be written; the others are, and the same command goes on "
                    + "with those that are not")
        }
    }

    private func reading(
        _ specification: RegimeSpecification, _ known: KnownSeries
    ) throws -> UniverseSources.Reading {
        let timeframe = command.seriesOptions.timeframe
        let format = command.format
        let options: @Sendable (Universe.Member) -> CSVReadOptions = { member in
            let series = Series(market: member.market, timeframe: timeframe)
            var options = format.options(
                timeframe: timeframe, market: nil,
                registered: member.calendar ?? known.calendar(of: series))
            if let calendar = member.calendar { options.calendar = calendar }
            return options
        }
        // A date is known at its session's end: each calendar that is in use has its own.
        var joins: [SessionCalendar: ExogenousJoin] = [:]
        for calendar in Set(universe.members.map { options($0).calendar }) {
            joins[calendar] = try command.exogenousOptions.join(
                format, timeframe: timeframe, calendar: calendar)
        }
        return UniverseSources.Reading(
            timeframe: timeframe, options: options,
            exogenous: { [joins] in joins[$0] ?? ExogenousJoin([]) },
            description: try description(specification))
    }

    /// Everything besides the bars that decides about what is written.
    private func description(_ specification: RegimeSpecification) throws -> String {
        let format = command.format
        var files = SourceDigest("")
        for file in command.exogenousOptions.exogenous { try files.add(file: file.path) }
        let range = command.rangeOptions.range.map { "\($0.lowerBound)…\($0.upperBound)" }
        let parts: [String] =
            [
                specification.canonicalJSON, "\(command.seriesOptions.timeframe)",
                format.calendar?.rawValue ?? "", format.price.rawValue, format.stamp.rawValue,
                format.timezone ?? "", format.onBadRow.rawValue, range ?? "", files.text,
            ] + command.exogenousOptions.exogenous.map { "\($0.name):\($0.column ?? "")" }
            + command.exogenousOptions.exogenousDelay.map { "\($0.name)=\($0.timeframe)" }
            + command.exogenousOptions.exogenousKept.map { "\($0.name)<\($0.timeframe)" }
        return parts.joined(separator: "\n")
    }
}
