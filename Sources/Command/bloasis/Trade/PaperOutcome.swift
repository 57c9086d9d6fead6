import Backends
import Contracts
import Market
import Notices
import Ports
import Regimes
import Strategies
import Trading

/// What a replay left in its store, put side by side: each change with what was decided on it, the
/// orders and fills that came of that, and what its user was told; and the sums that must agree.
struct PaperOutcome: Sendable {
    /// A change, or the regime that it began in, and what came of it.
    struct Step: Sendable {
        let decision: PaperDecision
        let previous: Regime?
        /// By order.
        let fills: [OrderID: [RecordedFill]]
        /// Positions of the notices of the change and of those fills.
        let notices: [Int64]
    }

    let portfolio: PaperPortfolio
    let steps: [Step]
    let report: PaperReport
    let account: PaperAccount
    let endpoint: Bloasis_Trading_Portfolio
    let counts: Counts
    /// The market over the same bars, held all along.
    let market: (gain: Double, drawdown: Double)

    /// What was due, and what there is of it.
    struct Counts: Equatable, Sendable {
        var changes = 0
        var decisions = 0
        var refused = 0
        var orders = 0
        var fills = 0
        /// Of changes and fills.
        var due = 0
        /// Events that its user was told of, each once.
        var told = 0
        /// Notices of an event that there was one of already.
        var doubled = 0

        /// Events that nobody was told of, and changes on which nothing was decided.
        var lost: Int { due - told + changes - decisions }
    }

    /// - Parameters:
    ///   - bars: those that were traded on, the last one before them first.
    ///   - closes: gives a symbol's last close at a bar.
    init(
        of portfolio: PaperPortfolio, in store: EmbeddedStore, bars: [Bar],
        endpoint: Bloasis_Trading_Portfolio,
        closes: (Symbol, Timestamp) async throws -> DecimalNumber?
    ) async throws {
        self.portfolio = portfolio
        self.endpoint = endpoint
        let key = portfolio.key
        let fills = try await store.fills.fills(of: key.userID)
        account = try PaperAccount(capital: portfolio.capital, reports: fills)
        let changes = try await PaperOutcome.changes(of: portfolio.series, in: store)
        let notices = try await PaperOutcome.notices(to: key.userID, in: store)
        let decisions = try await PaperOutcome.decisions(of: key, in: store)
        let byOrder = Dictionary(grouping: fills, by: \.fill.orderID)
        let positions = Dictionary(grouping: notices, by: \.notice.eventID)
            .mapValues { $0.map(\.position) }
        let previous = Dictionary(
            changes.map { ($0.announcement?.sequence ?? 0, $0.previousRegime) },
            uniquingKeysWith: { first, _ in first })
        steps = decisions.map { decision in
            let own = decision.orders.map { ($0.id, byOrder[$0.id] ?? []) }
            let events = [decision.eventID].compactMap(\.self) + own.flatMap { $0.1.map(\.eventID) }
            return Step(
                decision: decision,
                previous: decision.eventID == nil ? nil : previous[decision.sequence],
                fills: Dictionary(own, uniquingKeysWith: { first, _ in first }),
                notices: events.flatMap { positions[$0] ?? [] }.sorted())
        }
        var counts = Counts()
        counts.changes = changes.count
        counts.decisions = decisions.count { $0.eventID != nil }
        counts.refused = decisions.count { $0.refusal != nil }
        counts.orders = decisions.reduce(0) { $0 + $1.orders.count }
        counts.fills = fills.count
        let due = Set(changes.map(\.eventID) + fills.map(\.eventID))
        counts.due = due.count
        counts.told = due.count { positions[$0] != nil }
        counts.doubled = notices.count - positions.count
        self.counts = counts
        market = PaperOutcome.holding(bars.map(\.close))
        report = try await PaperOutcome.report(
            portfolio, bars: bars, fills: fills,
            labels: store.regimes.changes(SeriesQuery(portfolio.series)), closes: closes)
    }

    /// What there is at the last bar.
    var equity: DecimalNumber { report.marks.last?.equity ?? portfolio.capital }

    /// Cash by the portfolio as the API tells it: what it began with, and what was realised, less
    /// what is in open positions.
    var endpointCash: DecimalNumber? {
        var cash = portfolio.capital
        for position in endpoint.positions {
            guard let realised = try? DecimalNumber(parsing: position.realised),
                let cost = try? DecimalNumber(parsing: position.cost),
                let next = try? cash.adding(realised).subtracting(cost)
            else { return nil }
            cash = next
        }
        return cash
    }

    /// Whether the portfolio of the API is what the fills add up to, exactly.
    var agrees: Bool {
        let held = Dictionary(
            endpoint.positions.map { ($0.symbol, $0.quantity) }, uniquingKeysWith: { $1 })
        let quantities = account.holdings.map { ($0.key.text, "\($0.value)") }
        return endpointCash == account.cash && quantities.allSatisfy { held[$0.0] == $0.1 }
            && held.count == quantities.count
    }

    /// What a price gained, and its deepest fall from a peak, as shares.
    private static func holding(_ closes: [Double]) -> (gain: Double, drawdown: Double) {
        let closes = closes.filter { $0 > 0 }
        guard let first = closes.first, let last = closes.last else { return (0, 0) }
        var (peak, drawdown) = (first, 0.0)
        for close in closes {
            peak = max(peak, close)
            drawdown = max(drawdown, 1 - close / peak)
        }
        return (last / first - 1, drawdown)
    }

    private static func changes(
        of series: Series, in store: EmbeddedStore
    ) async throws -> [RegimeChange] {
        var changes: [RegimeChange] = []
        while true {
            let page = try await store.regimes.announcements(
                of: series, after: changes.last?.announcement?.sequence ?? 0,
                limit: SeriesQuery.limitMaximum)
            if page.isEmpty { return changes }
            changes += page
        }
    }

    private static func decisions(
        of key: PaperKey, in store: EmbeddedStore
    ) async throws -> [PaperDecision] {
        var decisions: [PaperDecision] = []
        while true {
            let page = try await store.paper.decisions(
                of: key, after: decisions.last?.sequence ?? -1, limit: PaperPage.limitMaximum)
            if page.isEmpty { return decisions }
            decisions += page
        }
    }

    private static func notices(
        to user: UserID, in store: EmbeddedStore
    ) async throws -> [ToldNotice] {
        var notices: [ToldNotice] = []
        while true {
            let page = try await store.notices.told(
                to: .user(user), after: notices.last?.position ?? 0,
                limit: NoticePage.limitMaximum)
            if page.isEmpty { return notices }
            notices += page
        }
    }

    private static func report(
        _ portfolio: PaperPortfolio, bars: [Bar], fills: [RecordedFill], labels: [RegimeChange],
        closes: (Symbol, Timestamp) async throws -> DecimalNumber?
    ) async throws -> PaperReport {
        let own = Symbol(market: portfolio.series.market)
        let fills = fills.sorted {
            ($0.fill.timestamp, $0.sequence) < ($1.fill.timestamp, $1.sequence)
        }
        var marks: [PaperReport.Mark] = []
        var (next, label, taken) = (0, Regime.unknown, 0)
        var account = try PaperAccount(capital: portfolio.capital, reports: [RecordedFill]())
        for bar in bars {
            while next < labels.count, labels[next].asOf <= bar.timestamp {
                label = labels[next].regime
                next += 1
            }
            while taken < fills.count, fills[taken].fill.timestamp <= bar.timestamp {
                try account.take(fills[taken].fill)
                taken += 1
            }
            var prices: [Symbol: DecimalNumber] = [own: DecimalNumber(approximating: bar.close)]
                .compactMapValues(\.self)
            for (symbol, quantity) in account.holdings where !quantity.isZero && symbol != own {
                prices[symbol] = try await closes(symbol, bar.timestamp)
            }
            guard let equity = try account.equity(at: { prices[$0] }) ?? marks.last?.equity
            else { continue }
            marks.append(PaperReport.Mark(asOf: bar.timestamp, regime: label, equity: equity))
        }
        return try PaperReport(marks, fills: fills.map(\.fill))
    }
}
