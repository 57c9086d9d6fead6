import Contracts
package import Market
import Metrics
package import Ports
import Regimes
package import Trading

/// Fills the orders of paper portfolios by the bars that came after them.
///
/// What a bar does to an order is a function of both (`PaperExecution`), and a fill is named after
/// its order and the number of the bar: so it does not matter who holds the same bar against the
/// same order, how often, or who was killed in between.
package struct PaperBroker: Sendable {
    private let book: any PaperBook
    private let reader: any RegimeReader
    private let ledger: any FillLedger
    private let recording: FillRecording

    /// - Parameters:
    ///   - reader: has the bars of symbols, and the changes of series.
    ///   - recording: what every fill goes through.
    package init(
        _ book: any PaperBook, reader: any RegimeReader, ledger: any FillLedger,
        recording: FillRecording
    ) {
        self.book = book
        self.reader = reader
        self.ledger = ledger
        self.recording = recording
    }

    /// Holds open orders against the bars that follow what they were held against.
    ///
    /// - Parameters:
    ///   - key: of the portfolio whose orders these are; `nil`: of all.
    ///   - end: no later bar counts; `nil`: as many as there are.
    package func settle(_ key: PaperKey? = nil, through end: Timestamp? = nil) async throws {
        var portfolios: [PaperKey: PaperPortfolio] = [:]
        for order in try await book.openOrders(of: key) {
            if portfolios[order.key] == nil {
                portfolios[order.key] = try await book.portfolio(order.key)
            }
            guard let portfolio = portfolios[order.key] else { continue }
            try await settle(order, of: portfolio, through: end)
        }
    }

    private func settle(
        _ order: PaperOrder, of portfolio: PaperPortfolio, through end: Timestamp?
    ) async throws {
        let series = Series(market: order.symbol, timeframe: portfolio.series.timeframe)
        guard let head = try await reader.head(of: series) else { return }
        // An order stands until the bar of the change that comes after the one it was decided on.
        let next = try await reader.announcements(
            of: portfolio.series, after: order.sequence, limit: 1
        ).first?.asOf
        let last = min(end ?? .latest, next ?? .latest)
        var order = order
        while order.status == .open, order.through < last {
            let first = order.through.advanced(byNanoseconds: 1)
            let past = last == .latest ? last : last.advanced(byNanoseconds: 1)
            let bars = try await reader.bars(
                SeriesQuery(series, range: first..<past, limit: PaperOrder.barsLimit))
            guard !bars.isEmpty else { return }
            for bar in bars.map(\.bar) where order.status == .open {
                let before = order
                try await hold(bar, against: &order, of: portfolio, head.profile.calendar)
                guard try await !book.advance(order, from: before) else { continue }
                // Somebody else did. Whoever asked needs all of it done, so it goes on from there.
                let open = try await book.openOrders(of: order.key)
                guard let current = open.first(where: { $0.id == order.id }) else { return }
                order = current
                break
            }
        }
    }

    /// Fills what the bar fills, once.
    private func hold(
        _ bar: Bar, against order: inout PaperOrder, of portfolio: PaperPortfolio,
        _ calendar: SessionCalendar
    ) async throws {
        let instant = bar.executionTime(calendar, portfolio.series.timeframe)
        order.through = bar.timestamp
        // It began before anybody wanted anything of it.
        guard instant >= order.decidedAt else { return }
        order.bars += 1
        do {
            try await fill(&order, on: bar, at: instant, of: portfolio)
        } catch let fault as FillFault {
            order.status = .expired
            order.reason = "cannot be filled: \(fault)"
        }
        guard order.status == .open, order.bars >= PaperOrder.barsLimit else { return }
        order.status = .expired
        order.reason = "not filled within \(PaperOrder.barsLimit) bars"
    }

    private func fill(
        _ order: inout PaperOrder, on bar: Bar, at instant: Timestamp, of portfolio: PaperPortfolio
    ) async throws {
        guard let id = FillID.paper(order.id, number: order.bars) else { return }
        if let recorded = try await ledger.fill(id) {
            // Killed before the order was written, or the bar was corrected since.
            return order.take(recorded.fill)
        }
        guard
            let execution = PaperExecution(
                of: order, on: bar, number: order.bars, terms: portfolio.terms)
        else { return }
        let fill = try Fill(
            id: id, orderID: order.id, userID: portfolio.key.userID,
            symbol: Symbol(market: order.symbol), side: order.side,
            quantity: execution.quantity, price: execution.price,
            commission: execution.commission, currency: portfolio.currency, timestamp: instant)
        do {
            order.take(try await recording.record(fill).recorded.fill)
            Counter(label: "paper_fills_total").increment()
        } catch FillLedgerError.idTaken {
            if let recorded = try await ledger.fill(id) { order.take(recorded.fill) }
        }
    }
}

extension PaperOrder {
    /// Counts a fill, if it is one of this order.
    fileprivate mutating func take(_ fill: Fill) {
        guard fill.orderID == id, fill.userID == key.userID, fill.side == side else { return }
        filled = (try? filled.adding(fill.quantity)) ?? filled
        if filled >= self.quantity { status = .filled }
    }
}

extension Bar {
    /// When an order is filled at its first price: at the beginning of its session or stretch of
    /// time; at its close where that is the price.
    fileprivate func executionTime(
        _ calendar: SessionCalendar, _ timeframe: Timeframe
    ) -> Timestamp {
        guard hasOpen else { return timestamp }
        if timeframe == .daily,
            let session = calendar.session(on: calendar.date(ofClose: timestamp))
        {
            return min(session.open, timestamp)
        }
        return timestamp.advanced(byNanoseconds: -timeframe.nanoseconds)
    }
}
