package import Market
package import Regimes
import Trading

/// A notice in words, for people.
package struct NoticeText: Sendable, Equatable {
    /// One line.
    package let title: String
    /// Lines: how sure, since when, why.
    package let lines: [String]
    /// What more is to be read about.
    package let series: Series?

    /// - Parameters:
    ///   - previous: what the person believes, where that is not the regime before.
    ///   - isLate: whether what happened after it came before it.
    package init(_ notice: Notice, from previous: Regime? = nil, isLate: Bool = false) {
        switch notice.matter {
        case .change(let step):
            var step = step
            step.previous = previous ?? step.previous
            self.init(step, at: notice.timestamp, isLate: isLate)
        case .fill(let fill, let regime): self.init(fill, knowing: regime)
        }
    }

    private init(_ step: RegimeStep, at timestamp: Timestamp, isLate: Bool) {
        let (series, name) = (step.series, step.regime.title)
        let timeframe = series.timeframe == .daily ? "" : " \(series.timeframe)"
        let late = isLate ? "Late, " : ""
        title =
            late
            + (step.isRestatement
                ? "\(series.market)\(timeframe): the past was restated, it is \(name) now"
                : "\(series.market)\(timeframe): \(step.previous.title) → \(name)")
        let sure =
            step.regime == .unknown
            ? "No answer that can be relied on"
            : step.isCalibrated
                ? "Stands for five more bars with \(NoticeText.percent(step.confidence))"
                : "Probability \(NoticeText.percent(step.confidence))"
        lines =
            (isLate ? ["This came late: what came after it was told before"] : [])
            + ["Since the bar of \(NoticeText.time(of: timestamp, series.timeframe))", sure]
            + (step.reasoning.isEmpty ? [] : ["Why: \(NoticeText.named(step.reasoning))"])
        self.series = series
    }

    private init(_ fill: Fill, knowing regime: Regime?) {
        let trade = "\(fill.side) \(fill.quantity) \(fill.symbol) at \(fill.price) \(fill.currency)"
        title =
            switch fill.kind {
            case .fill: "Filled: \(trade)"
            case .correct: "Corrected: \(trade)"
            case .bust: "Busted: \(trade)"
            }
        lines =
            ["Order \(fill.orderID), executed \(NoticeText.clock(fill.timestamp))"]
            + (regime.map { ["In \($0.title) as was known then"] } ?? [])
        series = nil
    }

    /// A bar's close as short as its timeframe allows; a day that closes at midnight is the day
    /// before it.
    private static func time(of close: Timestamp, _ timeframe: Timeframe) -> String {
        timeframe.isIntraday ? clock(close) : SessionCalendar.continuous.date(ofClose: close).iso
    }

    /// `2018-12-31 21:00 UTC`, with seconds where there are any.
    private static func clock(_ instant: Timestamp) -> String {
        let text = instant.rfc3339.dropLast().split(separator: "T").joined(separator: " ")
        return (text.hasSuffix(":00") ? String(text.dropLast(3)) : text) + " UTC"
    }

    /// A reasoning with regimes as people call them; `unknown` may be a word like any other.
    private static func named(_ reasoning: String) -> String {
        var (text, word) = ("", "")
        func take() {
            text += Regime.known.first { $0.label == word }?.title ?? word
            word = ""
        }
        for character in reasoning {
            if character.isLetter || character.isNumber || character == "_" {
                word.append(character)
            } else {
                take()
                text.append(character)
            }
        }
        take()
        return text
    }

    /// One decimal, rounded half away from zero; what is no share is worded as the nearest one.
    private static func percent(_ share: Double) -> String {
        let tenths = Int((1_000 * (share > 0 ? min(share, 1) : 0)).rounded())
        return "\(tenths / 10).\(tenths % 10) %"
    }
}

extension Regime {
    /// What people call it, at the beginning of a sentence.
    package var title: String {
        switch self {
        case .crisis: "Crisis"
        case .normalBear: "Bear"
        case .normalBull: "Bull"
        case .euphoria: "Euphoria"
        case .highVolatility: "High volatility"
        case .lowVolatility: "Low volatility"
        case .unknown: "Unknown"
        }
    }
}
