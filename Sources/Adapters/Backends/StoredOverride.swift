import Market
import Regimes

/// An override as both stores keep it: a number, a text or an instant per column.
enum StoredOverride {
    /// The columns that are read, in order.
    static let columns: StaticString = """
        sequence, override_id, regime, previous_regime, user_id, reason, as_of, made_at, \
        expires_at, ended_at, end_reason
        """

    /// What a row holds.
    ///
    /// - Parameters:
    ///   - text: gives the text of a column, counted from the first of `columns`.
    ///   - instant: gives its instant, `nil` where there is none.
    static func override(
        of series: Series, sequence: Int64, text: (Int) throws -> String,
        instant: (Int) throws -> Timestamp?
    ) throws -> RegimeOverride {
        func required(_ column: Int, _ name: String) throws -> Timestamp {
            guard let found = try instant(column) else {
                throw UnreadableRow(column: name, value: "nothing")
            }
            return found
        }
        do {
            let order = try OverrideOrder(
                series: series, regime: StoredText.label(text(2), column: "regime"),
                userID: text(4), reason: text(5), madeAt: required(7, "made_at"),
                expiresAt: required(8, "expires_at"))
            return RegimeOverride(
                id: EventID(try text(1)), order: order, sequence: sequence,
                asOf: try required(6, "as_of"),
                previousRegime: try StoredText.label(text(3), column: "previous_regime"),
                end: try instant(9).map { ended in
                    OverrideEnd(try StoredText.label(text(10), column: "end_reason"), at: ended)
                })
        } catch let fault as OverrideFault {
            throw UnreadableRow(column: fault.field, value: fault.problem)
        }
    }
}
