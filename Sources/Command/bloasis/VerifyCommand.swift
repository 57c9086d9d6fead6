import ArgumentParser
import Contracts
import Foundation
import Hosting
import Market
import MarketRegime
import Ports

struct VerifyCommand: ConfiguredVerb {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Recomputes what is stored, through the live path, and compares bit for bit.",
        discussion: """
            Bars are run from the beginning and models are fitted anew. Exit code 5 when
            something differs; each difference names the market, the bar and the first
            part that differs.

            EXAMPLES
              bloasis verify
              bloasis verify --market SPX --from 2008-01-01 --to 2009-01-01
              bloasis verify --market SPX --known-at 2010-01-01
            """)

    @OptionGroup var common: CommonOptions

    @Option(help: "Only this market; all when left out.", completion: Offered.markets)
    var market: String?

    @Option(help: "Only this timeframe; all when left out.")
    var timeframe: Timeframe?

    @OptionGroup var rangeOptions: RangeOptions
    @OptionGroup var knownAtOptions: KnownAtOptions

    @Flag(help: "Print JSON, one object a series.")
    var json = false

    func run() async throws {
        let configuration = try common.configuration()
        let wanted = try market.map { try MarketName(argument: $0) }
        let knownAt = try knownAtOptions.instant(now: WallClock.now)
        let reports = try await Assembly.with(configuration) { assembly in
            let known = try await assembly.store.heads()
            let heads = known.filter { head in
                let series = head.profile.series
                return (wanted ?? series.market) == series.market
                    && (timeframe ?? series.timeframe) == series.timeframe
            }
            guard !heads.isEmpty else {
                let names = Set(known.map(\.profile.series.market.text)).sorted()
                throw CommandFailure(
                    .nothingFound,
                    "nothing to verify: the store has "
                        + (names.isEmpty
                            ? "no market: backfill one first"
                            : "only \(names.joined(separator: ", "))"
                                + Suggestion.text(for: market, among: names)))
            }
            return try await verify(heads, knownAt: knownAt, in: assembly)
        }
        StandardOutput.write(
            json ? VerifyCommand.json(reports) : VerifyCommand.text(reports, knownAt: knownAt))
        StandardOutput.flush()
        if reports.contains(where: { $0.differenceCount > 0 }) {
            throw ExitCode(ExitStatus.verificationFailed.rawValue)
        }
        guard reports.contains(where: { $0.answers > 0 }) else {
            throw CommandFailure(
                .nothingFound,
                "no answer is stored in the range asked for"
                    + (knownAt.map { ", or none was known at \($0)" } ?? ""))
        }
    }

    private func verify(
        _ heads: [SeriesHead], knownAt: Timestamp?, in assembly: Assembly
    ) async throws -> [VerificationReport] {
        let verification = Verification(
            reader: assembly.store, threads: ProcessInfo.processInfo.activeProcessorCount)
        var reports: [VerificationReport] = []
        for head in heads {
            let series = head.profile.series
            var progress = ProgressBar("\(series)")
            defer { progress.finish() }
            reports.append(
                try await verification.run(
                    series, range: rangeOptions.range, knownAt: knownAt
                ) { done in progress.update(done.bars, fraction: done.share(of: head)) })
        }
        return reports
    }

    private static func text(
        _ reports: [VerificationReport], knownAt: Timestamp?
    ) -> String {
        var lines: [String] = []
        for report in reports {
            lines += report.differences.map(\.description)
            let more = report.differenceCount - report.differences.count
            if more > 0 { lines.append("… and \(Format.count(more)) more") }
            let verdict =
                switch report.differenceCount {
                case 0: "the same, bit for bit"
                case 1: "compared, 1 difference"
                case let count: "compared, \(Format.count(count)) differences"
                }
            var line =
                "\(report.series): \(Format.count(report.bars)) bars recomputed, "
                + "\(Format.count(report.answers)) answers and \(Format.count(report.changes)) "
                + "changes \(verdict)" + (knownAt.map { ", as known at \($0)" } ?? "")
            if report.unanswered > 0 {
                line += "; \(Format.count(report.unanswered)) bars have no stored answer"
            }
            lines.append(line)
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func json(_ reports: [VerificationReport]) -> String {
        var json = JSONWriter()
        json.array(reports) { json, report in
            json.object { json in
                json.member("market", report.series.market.text)
                json.member("timeframe", report.series.timeframe.description)
                json.member("bars", Int64(report.bars))
                json.member("answers", Int64(report.answers))
                json.member("changes", Int64(report.changes))
                json.member("unanswered", Int64(report.unanswered))
                json.member("differenceCount", Int64(report.differenceCount))
                json.member("differences") { json in
                    json.array(report.differences) { json, difference in
                        json.object { json in
                            json.member("asOf", difference.asOf.rfc3339)
                            json.member("part", difference.part)
                            json.member("stored", difference.stored)
                            json.member("recomputed", difference.recomputed)
                        }
                    }
                }
            }
        }
        return json.text + "\n"
    }
}

extension BackfillProgress {
    /// The share of a series' time that lies behind; `nil` while it is not known.
    fileprivate func share(of head: SeriesHead) -> Double? {
        guard let lastAsOf, let end = head.lastAsOf else { return nil }
        let begin = Double(head.profile.anchor.nanoseconds)
        let whole = Double(end.nanoseconds) - begin
        return whole > 0 ? (Double(lastAsOf.nanoseconds) - begin) / whole : nil
    }
}
