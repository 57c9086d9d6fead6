import Evaluation
import Market

/// The market's dated turning points and how late each candidate showed them.
struct TurnSection {
    let periods: [PeriodEvaluation]

    var parts: [Markup] {
        let turns = periods.flatMap(\.turns)
        guard let names = periods.first?.cards.map(\.candidate) else { return [] }
        guard !turns.isEmpty else {
            return [
                .element("h3", [:], "Turning points"),
                .element(
                    "p", ["class": "note"],
                    "None of the size asked for begins in these periods, so nothing can be said "
                        + "about how soon they were seen."),
            ]
        }
        let several = Set(turns.map(\.market)).count > 1
        var table = HTMLTable(
            "Bars from each turning point to the first fitting label (risk-off in a fall, "
                + "risk-on in "
                + "a rise); 0: it stood there already; –: never before the next turning point",
            ["From"] + (several ? ["Market"] : []) + ["Until", "Move"] + names)
        for turn in turns {
            let move = NumberText.typeset(NumberText.number(turn.move * 100, 0))
            let lags = turn.lags.map { HTMLTable.Cell($0.map(String.init) ?? "–") }
            table.append(
                (turn.direction == .falling ? "▼ " : "▲ ") + turn.date.iso,
                (several ? [.init(turn.market)] : [])
                    + [
                        .init(turn.through.iso + (turn.hasEnded ? "" : ", not ended then")),
                        .init(move + " %"),
                    ] + lags)
        }
        let heading = Markup.element("h3", [:], "Turning points and how late they were seen")
        guard several else { return [heading, table.markup] }
        return [
            heading,
            .element(
                "details", [:],
                [.element("summary", [:], "\(turns.count) turning points"), table.markup]),
        ]
    }
}
