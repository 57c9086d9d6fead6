import Market
import Regimes
package import Trading

extension Bloasis_Trading_Fill {
    /// Fields of decimal strings, as `WireJSON.message` takes them.
    package static let decimals: Set<String> = [
        "filledQty", "filled_qty", "filledPrice", "filled_price", "commission",
    ]

    /// The report that was sent. A correction or bust that leaves out what a trade is takes it over
    /// from the report it refers to; a bust its quantity and price as well.
    ///
    /// - Throws: `RPCFault` INVALID_ARGUMENT naming the field.
    package func fill(replacing other: Fill?) throws(RPCFault) -> Fill {
        let kind: FillKind = try named("event_type", eventType, or: .fill)
        let numbers = kind == .bust ? other : nil
        let id: FillID = try identifier("fill_id", fillID)
        let reference = try reference()
        let orderID = try identifier("order_id", orderID, or: other?.orderID)
        let userID = try identifier("user_id", userID, or: other?.userID)
        let symbol = try identifier("symbol", symbol, or: other?.symbol)
        let side = try named("side", side, or: other?.side)
        let quantity = try decimal("filled_qty", filledQty, or: numbers?.quantity)
        let price = try decimal("filled_price", filledPrice, or: numbers?.price)
        let commission = try decimal("commission", commission, or: other?.commission ?? .zero)
        let currency = try readCurrency(or: other?.currency)
        let timestamp = try readTimestamp()
        do {
            return try Fill(
                id: id, kind: kind, reference: reference, orderID: orderID, userID: userID,
                symbol: symbol, side: side, quantity: quantity, price: price,
                commission: commission, currency: currency, timestamp: timestamp)
        } catch {
            throw .invalidArgument("\(error)")
        }
    }

    /// The report that this one says it replaces.
    package func reference() throws(RPCFault) -> FillID? {
        refFillID.isEmpty ? nil : try identifier("ref_fill_id", refFillID)
    }

    private func identifier<Subject>(
        _ field: String, _ text: String, or standard: Identifier<Subject>? = nil
    ) throws(RPCFault) -> Identifier<Subject> {
        try read(field, text, or: standard, { Identifier($0) }, IdentifierRule.problem)
    }

    private func named<Name: RawRepresentable<String> & CaseIterable>(
        _ field: String, _ text: String, or standard: Name?
    ) throws(RPCFault) -> Name {
        try read(
            field, text, or: standard, Name.init(rawValue:),
            "is not one of " + Name.allCases.map(\.rawValue).joined(separator: ", "))
    }

    private func decimal(
        _ field: String, _ text: String, or standard: DecimalNumber?
    ) throws(RPCFault) -> DecimalNumber {
        var problem = DecimalError.malformed
        return try read(
            field, text, or: standard,
            { text in
                do throws(DecimalError) {
                    return try DecimalNumber(parsing: text)
                } catch {
                    problem = error
                    return nil
                }
            }, "\(problem)")
    }

    private func readCurrency(or standard: Currency?) throws(RPCFault) -> Currency {
        try read(
            "currency", currency, or: standard, { Currency($0) },
            "is not an ISO 4217 code such as USD")
    }

    private func readTimestamp() throws(RPCFault) -> Timestamp {
        try read(
            "timestamp", timestamp, or: nil, { Timestamp(rfc3339: $0) },
            "is not an instant: use RFC 3339 with an offset, as in 2018-12-31T21:00:00Z")
    }

    private func read<Value>(
        _ field: String, _ text: String, or standard: Value?, _ read: (String) -> Value?,
        _ problem: @autoclosure () -> String
    ) throws(RPCFault) -> Value {
        if text.isEmpty {
            guard let standard else { throw .invalidArgument("\(field) is missing") }
            return standard
        }
        guard let value = read(text) else {
            throw .invalidArgument("\(field): '\(RequestReading.excerpt(text))' \(problem())")
        }
        return value
    }
}

extension Bloasis_Trading_Fill {
    package init(_ recorded: RecordedFill) {
        self.init()
        let fill = recorded.fill
        fillID = fill.id.text
        orderID = fill.orderID.text
        userID = fill.userID.text
        eventType = fill.kind.rawValue
        symbol = fill.symbol.text
        side = fill.side.rawValue
        filledQty = "\(fill.quantity)"
        filledPrice = "\(fill.price)"
        commission = "\(fill.commission)"
        currency = fill.currency.code
        timestamp = fill.timestamp.rfc3339
        if let reference = fill.reference { refFillID = reference.text }
        if let regime = recorded.regime {
            self.regime = regime.regime.label
            regimeMarket = regime.series.market.text
            regimeTimeframe = regime.series.timeframe.description
            regimeAsOf = regime.asOf.rfc3339
        }
        sequence = recorded.sequence
        eventID = recorded.eventID.text
    }
}

extension Bloasis_Trading_Portfolio {
    /// A portfolio without the instant that it is asked for.
    ///
    /// - Parameter sequence: of the last report that is counted; 0 without any.
    package init(
        _ portfolio: Portfolio, of user: UserID, sequence: Int64
    ) throws(PortfolioError) {
        self.init()
        userID = user.text
        positions = portfolio.positions.map { position in
            var message = Bloasis_Trading_Position()
            message.symbol = position.symbol.text
            message.quantity = "\(position.quantity)"
            message.averagePrice = "\(position.averagePrice)"
            message.cost = "\(position.cost)"
            message.realised = "\(position.realised)"
            message.currency = position.currency.code
            return message
        }
        let sums = try portfolio.realised()
        totals = sums.map { currency, sum in
            var message = Bloasis_Trading_CurrencyTotal()
            message.currency = currency.code
            message.realised = "\(sum)"
            return message
        }
        realised = sums.count > 1 ? "" : "\(sums.first?.sum ?? .zero)"
        currency = sums.count > 1 ? "" : sums.first?.currency.code ?? ""
        self.sequence = sequence
    }
}
