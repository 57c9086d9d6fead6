import Contracts
import Hosting
import Market
package import Ports
import Regimes
import Strategies
import Trading

/// Answers questions for strategies from what is stored: the deterministic engine, and an adviser
/// where there is one.
package struct StrategyEngine: Sendable {
    /// Closes of a question, of all its symbols together: fewer bars of each where there are many.
    static let closesLimit = 4_000_000
    /// Bars of the past that a strategy rests on: at most twenty years of days, at least two.
    static let window = 504...5_040
    /// Heads are asked for one by one up to so many, and else all at once.
    static let headsLimit = 64
    /// Series that are read at the same time.
    static let readersLimit = 4
    /// A close may be a week old, or five bars where these are longer.
    static let ageSeconds: Int64 = 7 * 86_400

    private let reader: any RegimeReader
    private let memory: SeriesMemory
    private let advisor: Advisor?

    /// - Parameter advisor: `nil`: nobody is asked about strategies.
    package init(_ reader: any RegimeReader, advisor: Advisor? = nil) {
        self.reader = reader
        self.advisor = advisor
        memory = SeriesMemory(reader)
    }

    /// Who is asked what it thinks; `nil`: nobody.
    var adviser: String? { advisor?.name }

    /// An answer, and what tells it from what was known before.
    struct Answer: Sendable {
        var response: Bloasis_AiAnalysis_StrategyResponse
        var version: CacheVersion
    }

    /// Where the series of a question stand.
    struct Standing: Sendable {
        var series: SeriesHead
        var symbols: [MarketName: SeriesHead]

        /// Grows whenever one of them is written.
        var version: CacheVersion {
            CacheVersion(
                asOf: series.lastAsOf ?? .earliest,
                revision: symbols.values.reduce(series.writes) { $0 + $1.writes },
                sequence: series.lastSequence)
        }
    }

    /// - Throws: NOT_FOUND for a market that is not stored; `StoreError`.
    func standing(of question: StrategyQuestion) async throws -> Standing {
        let timeframe = question.series.timeframe
        let head = try await reader.requiredHead(of: question.series)
        var symbols: [MarketName: SeriesHead] = [:]
        if question.symbols.count <= StrategyEngine.headsLimit {
            for symbol in question.symbols {
                let series = Series(market: symbol, timeframe: timeframe)
                if let head = try await reader.head(of: series) { symbols[symbol] = head }
            }
        } else {
            let asked = Set(question.symbols)
            for head in try await reader.heads()
            where head.profile.series.timeframe == timeframe
                && asked.contains(head.profile.series.market)
            {
                symbols[head.profile.series.market] = head
            }
        }
        return Standing(series: head, symbols: symbols)
    }

    /// - Throws: NOT_FOUND for a market that is not stored or was not known then; `StoreError`.
    func answer(_ question: StrategyQuestion) async throws -> Answer {
        let standing = try await standing(of: question)
        let market = try await memory.closes(
            of: question.series, writes: standing.series.writes, from: .earliest,
            knownAt: question.knownAt)
        guard let asOf = market.stamps.last else {
            throw RPCFault.notFound(
                "nothing of \(question.series) was known"
                    + (question.knownAt.map { " at \($0)" } ?? "") + ": ask for a later instant")
        }
        let steps = try await memory.labels(
            of: question.series, writes: standing.series.writes, knownAt: question.knownAt)
        let (least, most) = (StrategyEngine.window.lowerBound, StrategyEngine.window.upperBound)
        let wanted = min(
            max(StrategyEngine.closesLimit / max(question.symbols.count, 1), least), most)
        let first = max(market.stamps.count - wanted, 0)
        let columns = try await columns(
            of: question, standing, at: Array(market.stamps[first...]), from: market.stamps[first])
        let strategy = try await compose(
            question, standing, columns,
            labels: Array(steps.labels(at: market.stamps)[first...]), asOf: asOf)
        return Answer(response: strategy, version: standing.version)
    }

    /// The closes of the symbols at some instants; of one that is not stored, none.
    private func columns(
        of question: StrategyQuestion, _ standing: Standing, at instants: [Timestamp],
        from: Timestamp
    ) async throws -> [[Double]] {
        let timeframe = question.series.timeframe
        let age = max(
            StrategyEngine.ageSeconds * Timestamp.nanosecondsPerSecond, 5 * timeframe.nanoseconds)
        let early = from.advanced(byNanoseconds: -age)
        return try await withThrowingTaskGroup(of: (Int, [Double]).self) { group in
            var columns = [[Double]](
                repeating: [], count: question.symbols.count)
            var stored = question.symbols.enumerated().lazy.compactMap { place, symbol in
                standing.symbols[symbol].map { (place, $0) }
            }.makeIterator()
            func start() {
                guard let (place, head) = stored.next() else { return }
                group.addTask {
                    let closes = try await memory.closes(
                        of: head.profile.series, writes: head.writes, from: early,
                        knownAt: question.knownAt)
                    return (
                        place,
                        AlignedCloses.at(
                            instants, stamps: closes.stamps, closes: closes.closes,
                            ageNanoseconds: age)
                    )
                }
            }
            for _ in 0..<StrategyEngine.readersLimit { start() }
            while let (place, column) = try await group.next() {
                columns[place] = column
                start()
            }
            return columns
        }
    }

    private func compose(
        _ question: StrategyQuestion, _ standing: Standing, _ columns: [[Double]],
        labels: [Regime], asOf: Timestamp
    ) async throws -> Bloasis_AiAnalysis_StrategyResponse {
        let barsPerYear = standing.series.profile.barsPerYear
        let composer = StrategyComposer(
            regime: question.regime, profile: question.profile, series: question.series,
            capital: question.capital, lot: question.lot, asOf: asOf, barsPerYear: barsPerYear)
        let subjects = question.symbols.enumerated().map { place, symbol in
            StrategyComposer.Subject(
                symbol: Symbol(market: symbol), price: columns[place].last ?? .nan,
                held: question.holdings[symbol] ?? .zero,
                isKnown: standing.symbols[symbol] != nil)
        }
        let history = LabelledReturns(
            labels: labels, closes: columns, barsPerYear: barsPerYear)
        var allocation = Allocator(question.regime, question.profile)
            .allocation(history, holding: composer.shares(subjects))
        var advice: Bloasis_AiAnalysis_Advice?
        if let advisor, let briefing = StrategyBriefing(composer, allocation, of: subjects) {
            let outcome = try await advisor.advise(
                on: allocation, names: question.symbols.map(\.text), briefing)
            (allocation, advice) = (outcome.allocation, outcome.message)
        }
        var response = Bloasis_AiAnalysis_StrategyResponse(
            composer.strategy(allocation, of: subjects), to: question,
            expectedReturn: allocation.findings?.mean,
            volatility: allocation.findings?.volatility)
        if let advice { response.advice = advice }
        return response
    }
}
