import Contracts
import Market
package import Ports
import Regimes
package import Trading

extension Samples {
    /// A report of ann's order o-1, so many seconds after day 0.
    package static func fill(
        _ id: String, side: Side = .buy, kind: FillKind = .fill, reference: String? = nil,
        user: String = "ann", symbol: String = "SPX", quantity: DecimalNumber = DecimalNumber(10),
        price: DecimalNumber = DecimalNumber(15_025, scale: 2),
        commission: DecimalNumber = .zero, second: Int64 = 0
    ) throws -> Fill {
        guard let id = FillID(id), let order = OrderID("o-1"), let user = UserID(user),
            let symbol = Symbol(symbol), let dollars = Currency("USD")
        else { preconditionFailure("not names: \(id), \(user), \(symbol)") }
        return try Fill(
            id: id, kind: kind, reference: reference.flatMap { FillID($0) }, orderID: order,
            userID: user, symbol: symbol, side: side, quantity: quantity, price: price,
            commission: commission, currency: dollars, timestamp: day(0).advanced(bySeconds: second)
        )
    }

    package static func recorded(
        _ fill: Fill, sequence: Int64, regime: KnownRegime? = nil
    ) -> RecordedFill {
        RecordedFill(
            fill: fill, sequence: sequence, eventID: fillWording.eventID(fill), regime: regime)
    }

    /// Readable names instead of hashes, and payloads a person can read.
    package static let fillWording = FillWording(
        eventID: { EventID("filled:\($0.id)") },
        message: { recorded in
            let text = #"{"event_id":"\#(recorded.eventID)","sequence":\#(recorded.sequence)}"#
            return EventMessage(
                topic: .orderFilled, key: recorded.fill.userID.text, payload: Array(text.utf8),
                headers: ["ce-id": recorded.eventID.text])
        })

    package static let eventWording = EventWording(
        changes: wording, fills: fillWording, notices: .standard)
}
