package import Market

/// What a user's reports add up to: positions by instrument and currency, and what was realised.
///
/// What is sold closes the oldest lots first (FIFO), so that every number but the average price is
/// exact. Commissions count against what is realised, at once.
package struct Portfolio: Equatable, Sendable {
    package struct Position: Equatable, Sendable {
        package let symbol: Symbol
        package let currency: Currency
        /// A short position is negative; zero once it is closed.
        package let quantity: DecimalNumber
        /// Of the open lots, rounded to `averagePricePlaces`; zero without any.
        package let averagePrice: DecimalNumber
        /// Quantity times price of the open lots; negative when short.
        package let cost: DecimalNumber
        /// Profit less loss of what was closed, less commissions.
        package let realised: DecimalNumber
    }

    /// Everything ever traded, by symbol, then currency.
    package let positions: [Position]

    package static let averagePricePlaces = 10

    private struct Key: Hashable {
        let symbol: Symbol
        let currency: Currency
    }

    private struct Execution {
        let executedAt: Timestamp
        let sequence: Int64
        var inForce: Fill?
    }

    /// What was realised, by currency.
    package func realised() throws(PortfolioError) -> [(currency: Currency, sum: DecimalNumber)] {
        var sums: [Currency: DecimalNumber] = [:]
        for position in positions {
            let currency = position.currency
            do throws(DecimalError) {
                sums[currency] = try sums[currency, default: .zero].adding(position.realised)
            } catch {
                throw PortfolioError(symbol: nil, currency: currency, cause: error)
            }
        }
        return sums.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// - Parameters:
    ///   - reports: all of one user's, in the order of their sequence.
    ///   - asOf: leaves out what was reported later; `nil`: nothing.
    /// - Throws: `PortfolioError` when a number cannot be had exactly.
    package init(
        of reports: some Sequence<RecordedFill>, asOf: Timestamp? = nil
    ) throws(PortfolioError) {
        var books: [Key: LotBook] = [:]
        for execution in Portfolio.executions(reports, asOf: asOf) {
            let key = Key(symbol: execution.symbol, currency: execution.currency)
            do throws(DecimalError) {
                try books[key, default: LotBook()].take(execution)
            } catch {
                throw PortfolioError(symbol: key.symbol, currency: key.currency, cause: error)
            }
        }
        var positions: [Position] = []
        for (key, book) in books {
            do throws(DecimalError) {
                positions.append(try book.position(symbol: key.symbol, currency: key.currency))
            } catch {
                throw PortfolioError(symbol: key.symbol, currency: key.currency, cause: error)
            }
        }
        self.positions = positions.sorted {
            ($0.symbol, $0.currency) < ($1.symbol, $1.currency)
        }
    }

    /// The executions that are in force, in the order in which they happened. A correction takes
    /// the place of what it corrects; what was busted is gone.
    static func executions(
        _ reports: some Sequence<RecordedFill>, asOf: Timestamp?
    ) -> [Fill] {
        var executions: [Execution] = []
        /// Of every report, which execution it speaks of.
        var indices: [FillID: Int] = [:]
        for report in reports where asOf.map({ report.fill.timestamp <= $0 }) ?? true {
            let fill = report.fill
            if let index = fill.reference.flatMap({ indices[$0] }) {
                executions[index].inForce = fill.kind == .bust ? nil : fill
                indices[fill.id] = index
            } else if fill.kind == .fill {
                indices[fill.id] = executions.count
                executions.append(
                    Execution(
                        executedAt: fill.timestamp, sequence: report.sequence, inForce: fill))
            }
        }
        executions.sort { ($0.executedAt, $0.sequence) < ($1.executedAt, $1.sequence) }
        return executions.compactMap(\.inForce)
    }
}

/// A sum of a portfolio that 128 bits do not hold.
package struct PortfolioError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What it is the sum of; `nil`: everything in the currency.
    package let symbol: Symbol?
    package let currency: Currency
    package let cause: DecimalError

    package var description: String {
        symbol.map { "\($0) in \(currency) \(cause)" }
            ?? "what was realised in \(currency) \(cause)"
    }
}

/// The open lots of one instrument, all on one side, oldest first.
private struct LotBook {
    private struct Lot {
        /// Above zero.
        var quantity: DecimalNumber
        let price: DecimalNumber
    }

    private var side = Side.buy
    private var lots: [Lot] = []
    /// Lots before it are closed.
    private var first = 0
    private var realised = DecimalNumber.zero

    mutating func take(_ execution: Fill) throws(DecimalError) {
        realised = try realised.subtracting(execution.commission)
        var open = execution.quantity
        if execution.side != side {
            while !open.isZero, first < lots.count {
                open = try close(open, at: execution.price)
            }
        }
        guard !open.isZero else { return }
        if first == lots.count {
            lots.removeAll()
            first = 0
            side = execution.side
        }
        lots.append(Lot(quantity: open, price: execution.price))
    }

    /// Closes as much as the oldest lot has; gives what is left.
    private mutating func close(
        _ quantity: DecimalNumber, at price: DecimalNumber
    ) throws(DecimalError) -> DecimalNumber {
        let lot = lots[first]
        let closed = min(quantity, lot.quantity)
        let gain =
            side == .buy ? try price.subtracting(lot.price) : try lot.price.subtracting(price)
        realised = try realised.adding(gain.multiplied(by: closed))
        lots[first].quantity = try lot.quantity.subtracting(closed)
        if lots[first].quantity.isZero { first += 1 }
        return try quantity.subtracting(closed)
    }

    func position(
        symbol: Symbol, currency: Currency
    ) throws(DecimalError) -> Portfolio.Position {
        var quantity = DecimalNumber.zero
        var cost = DecimalNumber.zero
        for lot in lots[first...] {
            quantity = try quantity.adding(lot.quantity)
            cost = try cost.adding(lot.quantity.multiplied(by: lot.price))
        }
        let average =
            quantity.isZero
            ? .zero : try cost.divided(by: quantity, places: Portfolio.averagePricePlaces)
        let isShort = side == .sell
        return Portfolio.Position(
            symbol: symbol, currency: currency,
            quantity: isShort ? try quantity.negated() : quantity, averagePrice: average,
            cost: isShort ? try cost.negated() : cost, realised: realised)
    }
}
