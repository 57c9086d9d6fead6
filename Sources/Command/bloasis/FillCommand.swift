import ArgumentParser
import Contracts
import Hosting
import Market
import Ports
import Trading
import TradingService

struct FillCommand: ConfiguredVerb {
    static let configuration = CommandConfiguration(
        commandName: "fill",
        abstract: "Records that an order was filled.",
        discussion: """
            The event order-filled follows through the outbox of the store: a service
            that runs publishes it. The same fill again changes nothing. A correction or
            a bust is a report of its own, with an id of its own, that names the one it
            takes the place of.

            EXAMPLES
              bloasis fill --user ann --order o-1 --fill-id f-1 --symbol SPX --side buy \\
                --quantity 10 --price 2506.85 --commission 1.25 \\
                --timestamp 2018-12-31T20:59:58Z
              bloasis fill --fill-id f-2 --correct f-1 --quantity 8 --price 2506.85
              bloasis fill --fill-id f-3 --bust f-2
            """)

    @OptionGroup var common: CommonOptions

    @Option(help: "Names this report; used once.")
    var fillId: String

    @Option(help: "The user whose order it is.")
    var user: String?

    @Option(help: "The organisation whose user it is.")
    var organisation: String?

    @Option(help: "The order that was filled, wholly or in part.")
    var order: String?

    @Option(help: "What was bought or sold.")
    var symbol: String?

    @Option(help: "buy or sell.", completion: Offered.sides)
    var side: String?

    @Option(help: "How much, a decimal number.")
    var quantity: String?

    @Option(help: "The price of one, a decimal number.")
    var price: String?

    // Whatever follows is its value: a negative number looks like a flag.
    @Option(parsing: .unconditional, help: "A decimal number; negative for a rebate.")
    var commission: String?

    @Option(help: "ISO 4217; USD when left out of a fill.")
    var currency: String?

    @Option(
        help: "When, in RFC 3339; when left out, now, or what this id was recorded with before.")
    var timestamp: String?

    @Option(help: "The report that was in truth this one.")
    var correct: String?

    @Option(help: "The report that is void.")
    var bust: String?

    @Flag(help: "Print the API's JSON.")
    var json = false

    func validate() throws {
        if correct != nil, bust != nil {
            throw ValidationError("--correct and --bust are both given: give one")
        }
        guard correct == nil, bust == nil else { return }
        let needed = [
            ("--user", user), ("--order", order), ("--symbol", symbol), ("--side", side),
            ("--quantity", quantity), ("--price", price),
        ]
        let missing = needed.filter { $0.1 == nil }.map(\.0)
        guard missing.isEmpty else {
            throw ValidationError(
                "a fill needs \(missing.joined(separator: ", ")); only with --correct or --bust "
                    + "may they be left out")
        }
    }

    func run() async throws {
        try await Assembly.with(try common.configuration()) { assembly in
            var request = Bloasis_Trading_RecordFillRequest()
            request.fill = message
            let answer: Bloasis_Trading_RecordFillResponse
            do {
                answer = try await assembly.atDesk(of: organisation) { desk in
                    if timestamp == nil {
                        request.fill.timestamp = try await instant(in: desk.storage.fills).rfc3339
                    }
                    return try await desk.trading.recordFill(request)
                }
            } catch let fault as RPCFault where fault.code == .invalidArgument {
                throw RPCFault(fault.code, inFlags(fault.message))
            }
            StandardOutput.write(json ? try WireJSON.text(answer) + "\n" : text(of: answer))
        }
    }

    /// What sets the fields that the service speaks of.
    private var flags: [String: String] {
        [
            "fill_id": "--fill-id", "user_id": "--user", "order_id": "--order",
            "symbol": "--symbol", "side": "--side", "filled_qty": "--quantity",
            "filled_price": "--price", "commission": "--commission", "currency": "--currency",
            "timestamp": "--timestamp", "ref_fill_id": correct == nil ? "--bust" : "--correct",
        ]
    }

    /// `filled_qty: 'x' is …` as `--quantity: 'x' is …`.
    private func inFlags(_ message: String) -> String {
        let field = String(message.prefix { $0 != ":" })
        return flags[field].map { $0 + message.dropFirst(field.count) } ?? message
    }

    private var message: Bloasis_Trading_Fill {
        var fill = Bloasis_Trading_Fill()
        let reference = correct ?? bust
        fill.fillID = fillId
        fill.eventType = bust != nil ? "bust" : correct != nil ? "correct" : "fill"
        if let reference { fill.refFillID = reference }
        fill.userID = user ?? ""
        fill.orderID = order ?? ""
        fill.symbol = symbol ?? ""
        fill.side = side ?? ""
        fill.filledQty = quantity ?? ""
        fill.filledPrice = price ?? ""
        fill.commission = commission ?? ""
        fill.currency = currency ?? (reference == nil ? "USD" : "")
        fill.timestamp = timestamp ?? ""
        return fill
    }

    /// The time of a report that is given none. The same command again is the same report, so the
    /// clock is asked only for an id that is new.
    private func instant(in ledger: any FillLedger) async throws -> Timestamp {
        if let id = FillID(fillId), let recorded = try await ledger.fill(id) {
            return recorded.fill.timestamp
        }
        return WallClock.now.roundedUpToMicrosecond
    }

    private func text(of answer: Bloasis_Trading_RecordFillResponse) -> String {
        let fill = answer.fill
        let regime =
            fill.hasRegime
            ? "\(fill.regimeMarket) was \(fill.regime) as of \(fill.regimeAsOf)"
            : "no regime was known"
        let verb = answer.duplicate ? "recorded before" : "recorded"
        return """
            \(fill.eventType) \(fill.fillID)  \(verb) as number \(fill.sequence) of \(fill.userID)
              \(fill.side) \(fill.filledQty) \(fill.symbol) at \(fill.filledPrice) \
            \(fill.currency), commission \(fill.commission)
              \(fill.timestamp), \(regime)

            """
    }
}
