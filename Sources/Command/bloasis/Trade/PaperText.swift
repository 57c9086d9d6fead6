import Contracts
import Market
import Regimes
import Strategies
import Terminal
import Trading

/// What a replay came to, for people and for programs.
struct PaperText {
    let outcome: PaperOutcome
    /// Where it was written.
    let folder: String

    private var portfolio: PaperPortfolio { outcome.portfolio }

    // MARK: - For people

    var text: String {
        let head = """
            \(portfolio.series)  \(portfolio.profile.rawValue) with \(portfolio.capital) \
            \(portfolio.currency) in \(portfolio.symbols.map(\.text).joined(separator: ", "))

            """
        return head + "\n" + outcome.steps.map(step).joined() + "\n" + table + "\n" + closing
    }

    private func step(_ step: PaperOutcome.Step) -> String {
        let decision = step.decision
        let name =
            step.previous.map { "change \(decision.sequence)  \($0) → \(decision.regime)" }
            ?? "begins in \(decision.regime)"
        var lines = ["\(decision.asOf)  \(name)"]
        if let refusal = decision.refusal {
            lines.append("  refused: \(refusal)")
        } else {
            let worth = decision.equity.map { "  (worth \(money($0)))" } ?? ""
            lines.append("  strategy  \(decision.strategy)\(worth)")
        }
        for order in decision.orders {
            let end = order.reason.map { ", \($0)" } ?? ""
            lines.append(
                "  order     \(order.side.rawValue) \(order.quantity) \(order.symbol): "
                    + "\(order.status.rawValue)\(end)")
            for fill in (step.fills[order.id] ?? []).map(\.fill) {
                lines.append(
                    "  fill      \(fill.timestamp)  \(fill.side.rawValue) \(fill.quantity) "
                        + "\(fill.symbol) at \(fill.price), commission \(fill.commission)")
            }
        }
        if let first = step.notices.first, let last = step.notices.last {
            let span = first == last ? "notice \(first)" : "notices \(first)–\(last)"
            lines.append("  told      \(portfolio.key.userID): \(span)")
        }
        return lines.map { $0 + "\n" }.joined()
    }

    private var table: String {
        var table = TextTable([
            ("regime", .left), ("bars", .right), ("profit", .right), ("drawdown", .right),
            ("turnover", .right), ("fills", .right), ("commission", .right),
        ])
        for line in outcome.report.lines {
            table.append([
                line.regime.map { StyledText.regime(label: $0.label) } ?? StyledText("all"),
                StyledText(Format.count(line.bars)), StyledText(money(line.profit)),
                StyledText(percent(line.drawdown)),
                StyledText(Format.decimals(line.turnover * 100, 0) + " %"),
                StyledText(Format.count(line.fills)), StyledText(money(line.commission)),
            ])
        }
        return table.text(Display.output)
    }

    private var closing: String {
        let counts = outcome.counts
        let held = outcome.account.holdings.filter { !$0.value.isZero }.sorted { $0.key < $1.key }
            .map { "\($0.value) \($0.key)" }
        let worth = held.isEmpty ? "" : " and " + held.joined(separator: ", ")
        let verdict =
            outcome.agrees
            ? "agrees with the fills: cash \(outcome.account.cash) both ways"
            : "does not agree with the fills: cash "
                + "\(outcome.endpointCash.map { "\($0)" } ?? "unknown") and \(outcome.account.cash)"
        return """
            worth      \(money(outcome.equity)) \(portfolio.currency): cash \
            \(money(outcome.account.cash))\(worth)
            market     \(percent(outcome.market.gain)), drawdown \
            \(percent(outcome.market.drawdown)); the portfolio \(percent(gain)), drawdown \
            \(percent(outcome.report.lines.last?.drawdown ?? 0))
            counted    \(counts.changes) changes, \(counts.decisions) decided on \
            (\(counts.refused) refused); \(counts.orders) orders, \(counts.fills) fills; \
            \(counts.told) of \(counts.due) events told: lost \(counts.lost), \
            doubled \(counts.doubled)
            portfolio  GET /v1/users/\(portfolio.key.userID)/portfolio \(verdict)
            store      \(folder)

            """
    }

    /// Of the portfolio, as a share of what it began with.
    private var gain: Double {
        outcome.equity.approximation / portfolio.capital.approximation - 1
    }

    private func percent(_ share: Double) -> String {
        Format.decimals(share * 100, 1) + " %"
    }

    /// Two digits behind the point where there are more.
    private func money(_ amount: DecimalNumber) -> String {
        let one = DecimalNumber(1)
        let cents = (try? amount.divided(by: one, places: 2)) ?? amount
        let text = "\(cents)"
        guard let point = text.firstIndex(of: ".") else { return text + ".00" }
        let digits = text.distance(from: point, to: text.endIndex) - 1
        return text + String(repeating: "0", count: max(2 - digits, 0))
    }

    // MARK: - For programs

    /// One object; what the API has, as the API has it.
    var json: String {
        var json = JSONWriter()
        json.object { json in
            json.member("portfolio") { json in
                json.raw(
                    try? WireJSON.text(
                        Bloasis_Trading_PaperPortfolio(portfolio, account: outcome.account)))
            }
            json.member("steps") { json in
                json.array(outcome.steps) { json, step in append(step, to: &json) }
            }
            json.member("regimes") { json in
                json.array(outcome.report.lines) { json, line in append(line, to: &json) }
            }
            json.member("equity", "\(outcome.equity)")
            json.member("marketGain", outcome.market.gain)
            json.member("marketDrawdown", outcome.market.drawdown)
            json.member("counts") { json in append(outcome.counts, to: &json) }
            json.member("endpoint") { json in json.raw(try? WireJSON.text(outcome.endpoint)) }
            json.member("agrees", outcome.agrees)
        }
        return json.text
    }

    private func append(_ step: PaperOutcome.Step, to json: inout JSONWriter) {
        json.object { json in
            json.member("decision") { json in
                json.raw(try? WireJSON.text(Bloasis_Trading_PaperDecision(step.decision)))
            }
            json.member("previousRegime", step.previous?.label)
            json.member("fills") { json in
                let fills = step.decision.orders.flatMap { step.fills[$0.id] ?? [] }
                json.array(fills) { json, fill in
                    json.raw(try? WireJSON.text(Bloasis_Trading_Fill(fill)))
                }
            }
            json.member("notifications") { json in
                json.array(step.notices) { json, position in json.string("\(position)") }
            }
        }
    }

    private func append(_ line: PaperReport.Line, to json: inout JSONWriter) {
        json.object { json in
            json.member("regime", line.regime?.label)
            json.member("bars", Int64(line.bars))
            json.member("profit", "\(line.profit)")
            json.member("drawdown", line.drawdown)
            json.member("turnover", line.turnover)
            json.member("traded", "\(line.traded)")
            json.member("fills", Int64(line.fills))
            json.member("commission", "\(line.commission)")
        }
    }

    private func append(_ counts: PaperOutcome.Counts, to json: inout JSONWriter) {
        json.object { json in
            let members = [
                ("changes", counts.changes), ("decisions", counts.decisions),
                ("refused", counts.refused), ("orders", counts.orders), ("fills", counts.fills),
                ("eventsDue", counts.due), ("eventsTold", counts.told), ("lost", counts.lost),
                ("doubled", counts.doubled),
            ]
            for (name, count) in members { json.member(name, Int64(count)) }
        }
    }
}
