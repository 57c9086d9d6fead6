import Market
import Regimes
import Trading

/// A recorded report as both stores keep it: a text or an instant per column.
struct StoredFill {
    /// The columns in the order of `values`; `recorded_at` follows.
    static let columns = [
        "user_id", "sequence", "fill_id", "event_id", "event_type", "ref_fill_id", "order_id",
        "symbol", "side", "filled_qty", "filled_price", "commission", "currency", "timestamp",
        "regime", "regime_market", "regime_timeframe", "regime_as_of",
    ]

    static func values(_ recorded: RecordedFill) -> [StoredValue] {
        let fill = recorded.fill
        let regime = recorded.regime
        return [
            .text(fill.userID.text), .number(recorded.sequence), .text(fill.id.text),
            .text(recorded.eventID.text), .text(fill.kind.rawValue),
            fill.reference.map { .text($0.text) } ?? .missing, .text(fill.orderID.text),
            .text(fill.symbol.text), .text(fill.side.rawValue), .text("\(fill.quantity)"),
            .text("\(fill.price)"), .text("\(fill.commission)"), .text(fill.currency.code),
            .instant(fill.timestamp),
            regime.map { .text($0.regime.label) } ?? .missing,
            regime.map { .text($0.series.market.text) } ?? .missing,
            regime.map { .text($0.series.timeframe.description) } ?? .missing,
            regime.map { .instant($0.asOf) } ?? .missing,
        ]
    }

    /// What a row holds.
    static func recorded(_ row: some StoredRow) throws -> RecordedFill {
        let row = StoredColumns(names: columns, row: row)
        let timestamp = try row.instant(13)
        var regime: KnownRegime?
        if let asOf = try row.row.optionalInstant(17) {
            regime = KnownRegime(
                series: try StoredText.series(
                    market: row.read(15) { $0 }, timeframe: row.read(16) { $0 }),
                regime: try row.read(14) { Regime(rawValue: $0) }, asOf: asOf)
        }
        do {
            let fill = try Fill(
                id: row.read(2) { FillID($0) }, kind: row.read(4) { FillKind(rawValue: $0) },
                reference: row.row.optionalText(5).flatMap { FillID($0) },
                orderID: row.read(6) { OrderID($0) },
                userID: row.read(0) { UserID($0) }, symbol: row.read(7) { Symbol($0) },
                side: row.read(8) { Side(rawValue: $0) },
                quantity: row.read(9) { try DecimalNumber(parsing: $0) },
                price: row.read(10) { try DecimalNumber(parsing: $0) },
                commission: row.read(11) { try DecimalNumber(parsing: $0) },
                currency: row.read(12) { Currency($0) }, timestamp: timestamp)
            return RecordedFill(
                fill: fill, sequence: try row.row.number(1),
                eventID: EventID(try row.read(3) { $0 }),
                regime: regime)
        } catch let fault as FillFault {
            throw UnreadableRow(column: fault.field, value: fault.problem)
        }
    }
}
