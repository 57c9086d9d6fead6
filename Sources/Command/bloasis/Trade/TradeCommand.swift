import ArgumentParser
import Backends
import Contracts
import Foundation
import Hosting
import Logging
import Market
import Ports
import Trading
import TradingService

struct TradeCommand: ConfiguredVerb {
    static let configuration = CommandConfiguration(
        commandName: "trade",
        abstract: "Trades a market's regimes on paper, over history.",
        discussion: """
            paper replays stored bars through the whole pipeline: each is classified as if
            it came live, changes are announced, ai-analysis says what to hold, a paper
            broker fills the orders, and people are told; then it says what that came to,
            by regime. All of it is written to a store of its own, in paper/ of the home,
            so that nobody else hears of it; the same again goes on where it was, or tells
            the same. serve and portfolio look at it when --home names it.

            Orders are filled at the first price of the next bar, or at its close where
            it has no other, with slippage, commission and parts, the same for the same
            seed. Cash earns nothing, and nothing is paid for what is held short.

            EXAMPLES
              bloasis trade paper --market SPX --from 2007-01-01 --to 2013-01-01
              bloasis trade paper --market SPX --symbols AAPL,KO,XOM --risk-profile aggressive
              bloasis trade paper --market SPX --from 2007-01-01 --to 2013-01-01 --json
            """)

    enum Kind: String, CaseIterable, ExpressibleByArgument {
        case paper
    }

    @OptionGroup var common: CommonOptions

    @Argument(help: "How: without money.")
    var kind: Kind

    @OptionGroup var seriesOptions: SeriesOptions
    @OptionGroup var rangeOptions: RangeOptions
    @OptionGroup var terms: PaperOptions

    @Flag(help: "Print JSON, an object.")
    var json = false

    func run() async throws {
        let configuration = try common.configuration()
        let series = try seriesOptions.series(configuration)
        let portfolio = try terms.portfolio(following: series)
        let outcome = try await Assembly.with(configuration) { assembly in
            let profile = try await profile(of: series, in: assembly)
            let range = rangeOptions.range ?? RangeOptions.whole
            let folder = PaperFolder(home: configuration.home, series: series)
            let failPoints = try configuration.failPoint.map { try FailPoints($0) }
            let sandbox = try folder.open(
                for: PaperTermsText.text(
                    of: portfolio, over: range, writes: try await writes(of: portfolio, assembly)),
                wording: failPoints?.wording(.standard) ?? .standard)
            let outcome: Result<PaperOutcome, any Error>
            do {
                outcome = .success(
                    try await replay(
                        portfolio, over: range, profile.profile, in: assembly, into: sandbox,
                        failPoints))
            } catch {
                outcome = .failure(error)
            }
            try? sandbox.close()
            let text = PaperText(outcome: try outcome.get(), folder: folder.path)
            StandardOutput.write(json ? text.json + "\n" : text.text)
            return try outcome.get()
        }
        guard outcome.agrees, outcome.counts.lost == 0, outcome.counts.doubled == 0 else {
            throw CommandFailure(
                .verificationFailed,
                "what the replay left does not add up: see the counts above")
        }
    }

    private func profile(of series: Series, in assembly: Assembly) async throws -> SeriesHead {
        guard let head = try await assembly.store.head(of: series) else {
            let heads = try await assembly.store.heads()
            throw CommandFailure(.nothingFound, UnknownSeries.message(series, known: heads))
        }
        return head
    }

    /// How often the series of a portfolio were written: other bars are another replay.
    private func writes(
        of portfolio: PaperPortfolio, _ assembly: Assembly
    ) async throws -> [String] {
        var writes: [String] = []
        for market in [portfolio.series.market] + portfolio.symbols {
            let series = Series(market: market, timeframe: portfolio.series.timeframe)
            let head = try await assembly.store.head(of: series)
            if head == nil {
                StandardError.note("no bars of \(series) are stored: it is not traded")
            }
            writes.append("\(series) \(head?.writes ?? 0)")
        }
        return writes
    }

    /// What a replay finds is printed: its log tells only what went wrong.
    private func quietLogger(_ configuration: BloasisConfiguration) -> Logger {
        var logger = configuration.makeLogger("replay")
        logger.logLevel = max(logger.logLevel, .warning)
        return logger
    }

    private func replay(
        _ portfolio: PaperPortfolio, over range: Range<Timestamp>, _ profile: SeriesProfile,
        in assembly: Assembly, into sandbox: EmbeddedStore, _ failPoints: FailPoints?
    ) async throws -> PaperOutcome {
        let replay = PaperReplay(
            portfolio, over: range, of: profile, from: assembly.store, into: sandbox,
            failPoints: failPoints,
            logger: quietLogger(assembly.configuration))
        var progress = ProgressBar("\(portfolio.series)")
        defer { progress.finish() }
        let bars = try await replay.run { done, total in
            progress.update(done, fraction: total > 0 ? Double(done) / Double(total) : nil)
        }
        guard bars.count > 1 else {
            throw CommandFailure(
                .nothingFound, "no bars of \(portfolio.series) to trade on in that range",
                hint: "bloasis history --market \(portfolio.series.market) shows what is stored")
        }
        return try await replay.outcome(bars)
    }
}

/// What a paper portfolio is like.
struct PaperOptions: ParsableArguments {
    @Option(help: "What may be held: names of stored markets; the market itself when left out.")
    var symbols: String?

    @Option(help: "conservative, moderate or aggressive.", completion: Offered.riskProfiles)
    var riskProfile = StrategyQuestion.standardProfile.rawValue

    @Option(help: "What there is to begin with, a decimal number.")
    var capital = "100000"

    @Option(help: "ISO 4217.")
    var currency = "USD"

    @Option(help: "Slippage against the trader, about, in hundredths of a percent of the price.")
    var slippageBps = PaperTerms.standard.slippageBasisPoints

    @Option(help: "Commission, in hundredths of a percent of what is traded.")
    var commissionBps = PaperTerms.standard.commissionBasisPoints

    @Option(help: "The share of a bar's volume that an order may have at the most.")
    var participation = PaperTerms.standard.participation

    @Option(help: "The least that is traded of a symbol, a decimal number.")
    var lot = "1"

    @Option(help: "What chance is drawn from.")
    var seed = PaperTerms.standard.seed

    @Option(help: "Whose portfolio it is.")
    var user = "paper"

    /// What sets the fields that the service speaks of.
    private static let flags = [
        "risk_profile": "--risk-profile", "capital": "--capital", "currency": "--currency",
        "terms.slippage_bps": "--slippage-bps", "terms.commission_bps": "--commission-bps",
        "terms.participation": "--participation", "terms.lot": "--lot", "user_id": "--user",
    ]

    /// - Throws: `ValidationError` naming the flag.
    func portfolio(following series: Series) throws -> PaperPortfolio {
        var message = Bloasis_Trading_PaperPortfolio()
        message.portfolioID = "replay"
        message.market = series.market.text
        message.timeframe = series.timeframe.description
        message.symbols = symbols?.split(separator: ",").map(String.init) ?? []
        message.riskProfile = riskProfile
        message.capital = capital
        message.currency = currency
        message.terms.slippageBps = slippageBps
        message.terms.commissionBps = commissionBps
        message.terms.participation = participation
        message.terms.lot = lot
        message.terms.seed = seed
        guard let owner = UserID(user) else {
            throw ValidationError("--user \(user) \(IdentifierRule.problem)")
        }
        do {
            return try message.portfolio(of: owner, defaultMarket: series.market)
        } catch {
            throw ValidationError(PaperOptions.inFlags(error.message))
        }
    }

    /// `capital: 'x' is …` as `--capital: 'x' is …`.
    private static func inFlags(_ message: String) -> String {
        let field = String(message.prefix { $0 != ":" })
        if field.hasPrefix("symbols") { return "--" + message }
        if message.hasPrefix("Invalid risk_profile") { return "--risk-profile: " + message }
        return flags[field].map { $0 + message.dropFirst(field.count) } ?? message
    }
}

/// Where a replay of a series keeps what it writes.
struct PaperFolder {
    let path: String

    private static let terms = "terms.txt"

    init(home: String, series: Series) {
        path = "\(home)/paper/\(series.market)-\(series.timeframe)"
    }

    /// Opens the store of a replay: the one that is there where the terms are the same, and else a
    /// new one in its place.
    func open(for terms: String, wording: EventWording) throws -> EmbeddedStore {
        let files = FileManager.default
        let note = path + "/" + PaperFolder.terms
        let store = path + "/bloasis.sqlite"
        do {
            try files.createDirectory(atPath: path, withIntermediateDirectories: true)
            if (try? String(contentsOfFile: note, encoding: .utf8)) != terms {
                for name in ["", "-wal", "-shm"] where files.fileExists(atPath: store + name) {
                    try files.removeItem(atPath: store + name)
                }
                try terms.write(toFile: note, atomically: true, encoding: .utf8)
            }
        } catch {
            throw CommandFailure(
                .failed, "\(path): cannot be made new: \(error.localizedDescription)",
                hint: "allow it to be written, or name another --home")
        }
        // Whoever goes on after one that was killed waits for its leases.
        return try EmbeddedStore(
            path: store, wording: wording, timing: EventLogTiming(leaseSeconds: 5),
            now: { WallClock.now })
    }
}

/// What makes two replays the same, in words.
enum PaperTermsText {
    /// - Parameter writes: of each series, how often it was written when it was read.
    static func text(
        of portfolio: PaperPortfolio, over range: Range<Timestamp>, writes: [String]
    ) -> String {
        let terms = portfolio.terms
        let lines = [
            "version \(Version.text)", "series \(portfolio.series)",
            "written " + writes.joined(separator: ", "),
            "from \(range.lowerBound) to \(range.upperBound)",
            "user \(portfolio.key.userID)",
            "symbols " + portfolio.symbols.map(\.text).joined(separator: ","),
            "profile \(portfolio.profile.rawValue)",
            "capital \(portfolio.capital) \(portfolio.currency)",
            "slippage \(terms.slippageBasisPoints) commission \(terms.commissionBasisPoints)",
            "participation \(terms.participation) lot \(terms.lot) seed \(terms.seed)",
        ]
        return lines.joined(separator: "\n") + "\n"
    }
}
