import Market
package import Ports
package import Regimes
package import Trading

/// The message of a recorded report on the topic `order-filled`: one JSON object, snake_case.
///
/// The members' order is fixed and the values come from the record alone, so the same record is the
/// same bytes whenever it is worded. Quantities and money are decimal strings.
package struct OrderFilledEvent: Sendable, Equatable {
    package var recorded: RecordedFill

    package static let source = "trading-service"
    package static let schemaVersion = 1
    /// What `ce-type` says; its version is the schema's.
    package static let cloudEventType = "bloasis.order-filled.v1"

    package init(_ recorded: RecordedFill) {
        self.recorded = recorded
    }

    package var json: String {
        let fill = recorded.fill
        let regime = recorded.regime
        var json = JSONWriter()
        json.object { json in
            json.member("user_id", fill.userID.text)
            json.member("event_id", recorded.eventID.text)
            json.member("event_type", fill.kind.rawValue)
            json.member("order_id", fill.orderID.text)
            json.member("fill_id", fill.id.text)
            json.member("symbol", fill.symbol.text)
            json.member("side", fill.side.rawValue)
            json.member("filled_qty", "\(fill.quantity)")
            json.member("filled_price", "\(fill.price)")
            json.member("commission", "\(fill.commission)")
            json.member("currency", fill.currency.code)
            json.member("timestamp", fill.timestamp.rfc3339)
            json.member("source", OrderFilledEvent.source)
            json.member("schema_version", Int64(OrderFilledEvent.schemaVersion))
            json.member("ref_fill_id", fill.reference?.text)
            json.member("sequence", recorded.sequence)
            json.member("regime", regime?.regime.label)
            json.member("regime_market", regime?.series.market.text)
            json.member("regime_timeframe", regime?.series.timeframe.description)
            json.member("regime_as_of", regime?.asOf.rfc3339)
        }
        return json.text
    }

    /// The message for the bus, keyed by user.
    ///
    /// - Parameter traceparent: the W3C trace context of the cause, when there is one.
    package func message(traceparent: String? = nil) -> EventMessage {
        EventMessage(
            topic: .orderFilled, key: recorded.fill.userID.text, payload: Array(json.utf8),
            headers: CloudEvent.headers(
                id: recorded.eventID, type: OrderFilledEvent.cloudEventType,
                source: OrderFilledEvent.source, time: recorded.fill.timestamp,
                traceparent: traceparent))
    }
}

// MARK: - Reading

extension OrderFilledEvent {
    /// Members of decimal strings.
    private static let decimals: Set<String> = ["filled_qty", "filled_price", "commission"]

    /// Reads a payload; members it does not know are let pass. A decimal may be a JSON number,
    /// which is taken by its text.
    ///
    /// - Throws: `EventDecodingError` naming the member.
    package init(payload: [UInt8]) throws(EventDecodingError) {
        let fields = try EventFields(
            payload, topic: .orderFilled, decimals: OrderFilledEvent.decimals)
        try fields.requireSchema(OrderFilledEvent.schemaVersion)
        let id: FillID = try fields.named("fill_id") { FillID($0) }
        let kind: FillKind = try fields.named("event_type") { FillKind(rawValue: $0) }
        let reference: FillID? = try fields.optionalNamed("ref_fill_id") { FillID($0) }
        let orderID: OrderID = try fields.named("order_id") { OrderID($0) }
        let userID: UserID = try fields.named("user_id") { UserID($0) }
        let symbol: Symbol = try fields.named("symbol") { Symbol($0) }
        let side: Side = try fields.named("side") { Side(rawValue: $0) }
        let quantity = try fields.decimal("filled_qty")
        let price = try fields.decimal("filled_price")
        let commission = try fields.decimal("commission")
        let currency: Currency = try fields.named("currency") { Currency($0) }
        let timestamp = try fields.timestamp("timestamp")
        let fill: Fill
        do {
            fill = try Fill(
                id: id, kind: kind, reference: reference, orderID: orderID, userID: userID,
                symbol: symbol, side: side, quantity: quantity, price: price,
                commission: commission, currency: currency, timestamp: timestamp)
        } catch {
            throw fields.fault(error.field, error.problem)
        }
        var regime: KnownRegime?
        let market: MarketName? = try fields.optionalNamed("regime_market") { MarketName($0) }
        if let market {
            regime = KnownRegime(
                series: Series(
                    market: market,
                    timeframe: try fields.named("regime_timeframe") { Timeframe($0) }),
                regime: try fields.regime("regime"), asOf: try fields.timestamp("regime_as_of"))
        }
        recorded = RecordedFill(
            fill: fill, sequence: try fields.integer("sequence"),
            eventID: EventID(try fields.string("event_id")), regime: regime)
    }
}

// MARK: - Naming

extension FillWording {
    /// Names and words a report as the contract says.
    package static let standard = FillWording(
        eventID: { EventID(naming: $0) },
        message: { OrderFilledEvent($0).message() })
}

extension EventWording {
    package static let standard = EventWording(
        changes: .standard, fills: .standard, notices: .standard)
}

extension EventID {
    /// The first 128 bits, in hexadecimal, of the SHA-256 over the UTF-8 text
    /// `order-filled|fill_id`: an id is used once.
    package init(naming fill: Fill) {
        self.init(hashing: "\(Topic.orderFilled)|\(fill.id)")
    }
}
