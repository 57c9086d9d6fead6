package import Contracts
import Hosting
package import Market
import Metrics
package import Ports
import Regimes
package import Trading

/// Rebalances paper portfolios when the regime changes that they follow.
///
/// A portfolio decides once on a change: first its open orders are held against the bars up to that
/// of the change, then ai-analysis is asked what to hold with what is there, and the decision is
/// written with its orders in one transaction, in which an order on an older change than the latest
/// is refused. So what a portfolio does depends on bars and changes alone, not on when it does it.
package struct PaperTrader: EventEffect {
    package static let group = ConsumerGroup("paper-broker")
    package static let topics = [Topic.regimeChange]
    /// What is kept back of what a portfolio is worth: prices move between a decision and its
    /// fills.
    static let reserveShare = 0.02

    private let book: any PaperBook
    private let reader: any RegimeReader
    private let ledger: any FillLedger
    private let analysis: any AIAnalysisAPI
    private let broker: PaperBroker
    private let now: @Sendable () -> Timestamp

    /// - Parameter now: the wall clock: what somebody orders is wanted from then on.
    package init(
        _ book: any PaperBook, reader: any RegimeReader, ledger: any FillLedger,
        analysis: any AIAnalysisAPI, broker: PaperBroker,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.now = now
        self.book = book
        self.reader = reader
        self.ledger = ledger
        self.analysis = analysis
        self.broker = broker
    }

    /// A change to decide on.
    struct Occasion {
        let sequence: Int64
        let eventID: EventID?
        let regime: Regime
        let asOf: Timestamp
        /// Whether somebody's word, and no bar, is why it is decided now.
        let isOrdered: Bool
    }

    package func take(_ event: LoggedEvent) async throws {
        let change: RegimeChangeEvent
        do {
            change = try RegimeChangeEvent(payload: event.message.payload)
        } catch {
            throw UnprocessableEvent(reason: "\(error)")
        }
        let occasion = Occasion(
            sequence: change.sequence, eventID: change.eventID, regime: change.regime,
            asOf: change.asOf, isOrdered: change.trigger == .override)
        for portfolio in try await book.portfolios(following: change.series)
        where change.sequence > max(portfolio.fromSequence, portfolio.decidedSequence) {
            try await decide(on: occasion, for: portfolio)
        }
    }

    package func isRaced(_ error: any Error) -> Bool {
        error is StoreError || error is PaperBookError
    }

    /// Decides for a portfolio that was opened just now on the regime in force, if there is one.
    package func begin(_ portfolio: PaperPortfolio) async throws {
        guard portfolio.decidedSequence < 0, !portfolio.isClosed,
            let head = try await reader.head(of: portfolio.series), let asOf = head.lastAsOf,
            // Else a change came since, and decides.
            head.lastSequence == portfolio.fromSequence
        else { return }
        let regime = head.publishedRegime(at: now())
        guard regime != .unknown else { return }
        try await decide(
            on: Occasion(
                sequence: portfolio.fromSequence, eventID: nil, regime: regime, asOf: asOf,
                isOrdered: true),
            for: portfolio)
    }

    private func decide(on occasion: Occasion, for portfolio: PaperPortfolio) async throws {
        try await broker.settle(portfolio.key, through: occasion.asOf)
        let last = try await reader.head(of: portfolio.series)?.lastSequence ?? 0
        // On an older change nobody is asked: the book refuses what is decided on it.
        let decision =
            last > occasion.sequence
            ? refusal(occasion, portfolio, because: nil)
            : try await decision(on: occasion, for: portfolio)
        let recorded = try await book.record(decision)
        Counter(
            label: "paper_decisions_total",
            dimensions: [("outcome", recorded.refusal == nil ? "decided" : "refused")]
        ).increment()
    }

    private func refusal(
        _ occasion: Occasion, _ portfolio: PaperPortfolio, because reason: String?,
        equity: DecimalNumber? = nil
    ) -> PaperDecision {
        PaperDecision(
            key: portfolio.key, sequence: occasion.sequence, eventID: occasion.eventID,
            regime: occasion.regime, asOf: occasion.asOf, equity: equity, strategy: "",
            rationale: "", refusal: reason)
    }

    private func decision(
        on occasion: Occasion, for portfolio: PaperPortfolio
    ) async throws -> PaperDecision {
        let account: PaperAccount
        do {
            account = try await self.account(of: portfolio)
        } catch let error as DecimalError {
            return refusal(
                occasion, portfolio, because: "what it has cannot be added up: it \(error)")
        }
        let knownAt = try await known(portfolio.series, at: occasion.asOf)
        var prices: [Symbol: DecimalNumber] = [:]
        for (symbol, quantity) in account.holdings where !quantity.isZero {
            prices[symbol] = try await reader.lastClose(
                of: symbol, portfolio.series.timeframe, through: occasion.asOf, knownAt: knownAt)
        }
        guard let equity = try? account.equity(at: { prices[$0] }) else {
            let missing = account.holdings.keys.filter { prices[$0] == nil }.min()
            let name = missing.map { "\($0)" } ?? "a symbol"
            return refusal(
                occasion, portfolio,
                because: "\(name) is held and has no close of the last "
                    + "\(LastClose.days) days: what there is cannot be reckoned")
        }
        guard
            let capital = DecimalNumber(
                rounding: equity.approximation * (1 - PaperTrader.reserveShare), places: 2, .down),
            capital > .zero
        else {
            return refusal(
                occasion, portfolio, because: "nothing is left to invest", equity: equity)
        }
        let request = StrategyQuestion(
            regime: occasion.regime, symbols: portfolio.symbols, profile: portfolio.profile,
            series: portfolio.series, capital: capital, lot: portfolio.terms.lot,
            holdings: portfolio.symbols.reduce(into: [:]) { held, symbol in
                held[symbol] = account.holdings[Symbol(market: symbol)]
            }, knownAt: knownAt
        ).request
        switch try await ask(request) {
        case .failure(let fault):
            return refusal(
                occasion, portfolio, because: "ai-analysis: \(fault.message)", equity: equity)
        case .success(let strategy):
            let decidedAt =
                occasion.isOrdered ? max(knownAt, now().roundedUpToMicrosecond) : knownAt
            let orders = strategy.signals.compactMap { signal in
                PaperOrder(signal, occasion, portfolio.key, at: decidedAt)
            }
            return PaperDecision(
                key: portfolio.key, sequence: occasion.sequence, eventID: occasion.eventID,
                regime: occasion.regime, asOf: occasion.asOf, equity: equity,
                strategy: strategy.strategy, rationale: strategy.rationale,
                orders: orders.sorted { $0.symbol < $1.symbol })
        }
    }

    /// What ai-analysis would hold, or why it does not say.
    private func ask(
        _ request: Bloasis_AiAnalysis_StrategyRequest
    ) async throws -> Result<Bloasis_AiAnalysis_StrategyResponse, RPCFault> {
        do {
            return .success(try await analysis.getStrategy(request))
        } catch let fault as RPCFault {
            // What it says of the question stands; all else may be mended, and is waited for.
            let final: Set<RPCFault.Code> = [
                .invalidArgument, .notFound, .outOfRange, .failedPrecondition,
            ]
            guard final.contains(fault.code) else { throw PassingFault(fault) }
            return .failure(fault)
        }
    }

    /// What a portfolio has, by the fills of its orders.
    func account(of portfolio: PaperPortfolio) async throws -> PaperAccount {
        let prefix = OrderID.paperPrefix(of: portfolio.key)
        let fills = try await ledger.fills(of: portfolio.key.userID)
        return try PaperAccount(
            capital: portfolio.capital,
            reports: fills.lazy.filter { $0.fill.orderID.text.hasPrefix(prefix) })
    }

    /// When the bar of a change was known, which is when the change was.
    private func known(_ series: Series, at asOf: Timestamp) async throws -> Timestamp {
        let bars = try await reader.bars(
            SeriesQuery(series, range: asOf..<asOf.advanced(byNanoseconds: 1), limit: 1))
        return bars.first?.bar.availableAt ?? asOf
    }
}

extension PaperOrder {
    /// `nil` where nothing is to be done.
    fileprivate init?(
        _ signal: Bloasis_AiAnalysis_Signal, _ occasion: PaperTrader.Occasion, _ key: PaperKey,
        at decidedAt: Timestamp
    ) {
        guard let symbol = MarketName(signal.symbol),
            let action = SignalAction(rawValue: signal.action), action != .hold,
            let quantity = try? DecimalNumber(parsing: signal.quantity), quantity > .zero,
            quantity < Fill.amountLimit, quantity.scale <= Fill.placesLimit,
            let id = OrderID.paper(key, sequence: occasion.sequence, symbol: symbol)
        else { return nil }
        self.init(
            id: id, key: key, sequence: occasion.sequence, symbol: symbol,
            side: action == .buy ? .buy : .sell, quantity: quantity, decidedAt: decidedAt,
            through: occasion.asOf)
    }
}
