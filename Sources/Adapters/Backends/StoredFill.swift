import Market
import Regimes
import Trading

/// A recorded report as both stores keep it: a text or an instant per column.
struct StoredFill {
    enum Value: Equatable {
        case text(String)
        case number(Int64)
        case instant(Timestamp)
        case missing
    }

    /// The columns in the order of `values`; `recorded_at` follows.
    static let columns = [
        "user_id", "sequence", "fill_id", "event_id", "event_type", "ref_fill_id", "order_id",
        "symbol", "side", "filled_qty", "filled_price", "commission", "currency", "timestamp",
        "regime", "regime_market", "regime_timeframe", "regime_as_of",
    ]

    static func values(_ recorded: RecordedFill) -> [Value] {
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
    ///
    /// - Parameters:
    ///   - text: gives a column's text, `nil` where there is none.
    ///   - instant: gives a column's instant.
    static func recorded(
        sequence: Int64, text: (Int) throws -> String?, instant: (Int) throws -> Timestamp?
    ) throws -> RecordedFill {
        func value<Value>(_ column: Int, _ read: (String) throws -> Value?) throws -> Value {
            let found = try text(column)
            guard let found, let value = try? read(found) else {
                throw UnreadableRow(column: columns[column], value: found ?? "nothing")
            }
            return value
        }
        guard let timestamp = try instant(13) else {
            throw UnreadableRow(column: columns[13], value: "nothing")
        }
        var regime: KnownRegime?
        if let asOf = try instant(17) {
            regime = KnownRegime(
                series: try StoredText.series(
                    market: value(15) { $0 }, timeframe: value(16) { $0 }),
                regime: try value(14) { Regime(rawValue: $0) }, asOf: asOf)
        }
        do {
            let fill = try Fill(
                id: value(2) { FillID($0) }, kind: value(4) { FillKind(rawValue: $0) },
                reference: text(5).flatMap { FillID($0) }, orderID: value(6) { OrderID($0) },
                userID: value(0) { UserID($0) }, symbol: value(7) { Symbol($0) },
                side: value(8) { Side(rawValue: $0) },
                quantity: value(9) { try DecimalNumber(parsing: $0) },
                price: value(10) { try DecimalNumber(parsing: $0) },
                commission: value(11) { try DecimalNumber(parsing: $0) },
                currency: value(12) { Currency($0) }, timestamp: timestamp)
            return RecordedFill(
                fill: fill, sequence: sequence, eventID: EventID(try value(3) { $0 }),
                regime: regime)
        } catch let fault as FillFault {
            throw UnreadableRow(column: fault.field, value: fault.problem)
        }
    }
}
