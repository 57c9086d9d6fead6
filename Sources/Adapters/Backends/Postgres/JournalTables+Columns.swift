import Market
import Ports
import Postgres
import Regimes

/// Bars of a load as rows of `JournalTables.bars`: what `row(_:)` gives of each as its first
/// revision that answers rest on, written straight from the columns.
struct BarRows: Sendable {
    private let bars: BarColumns
    private let key: CopyFields
    private let revision = CopyFields(.integer(1))
    private let adopted: CopyFields

    init(_ bars: BarColumns, _ tables: JournalTables) {
        self.bars = bars
        key = tables.copiedKey
        adopted = CopyFields(tables.recorded, tables.recorded)
    }

    func append(_ index: Int, to rows: inout CopyRows) throws {
        rows.beginRow(of: JournalTables.bars.columns.count)
        rows.append(key)
        rows.append(try bars.timestamps[index].stored())
        rows.append(revision)
        rows.append(.number(bars.open[index]))
        rows.append(.number(bars.high[index]))
        rows.append(.number(bars.low[index]))
        rows.append(.number(bars.close[index]))
        rows.append(.number(bars.volume[index]))
        rows.append(try bars.availableAt[index].stored())
        rows.append(adopted)
        let exogenous = bars.hasExogenous ? bars[index].exogenous : ExogenousValues()
        if exogenous.isEmpty {
            rows.append(.null)
        } else {
            rows.appendText { StoredText.append(exogenous, to: &$0) }
        }
    }
}

/// Answers of a load as rows of `JournalTables.assessments`: what `row(_:)` gives of each, written
/// straight from the columns.
struct AnswerRows: Sendable {
    private let answers: AnswerColumns
    private let key: CopyFields
    private let revision = CopyFields(.integer(1))
    private let uncalibrated: CopyFields
    private let recorded: CopyFields
    private let names: FlatJSONNames

    init(_ answers: AnswerColumns, _ tables: JournalTables) {
        self.answers = answers
        key = tables.copiedKey
        uncalibrated = CopyFields(.null, .text(answers.trigger.rawValue))
        recorded = CopyFields(tables.recorded)
        names = FlatJSONNames(answers.indicatorNames)
    }

    func append(_ index: Int, to rows: inout CopyRows) throws {
        rows.beginRow(of: JournalTables.assessments.columns.count)
        rows.append(key)
        rows.append(try answers.asOf[index].stored())
        rows.append(revision)
        rows.append(.text(answers.modelVersion[index].text))
        rows.append(try answers.availableAt[index].stored())
        rows.append(.text(answers.regime[index].label))
        rows.append(.text(answers.rawRegime[index].label))
        rows.append(.text(answers.previousRegime[index].label))
        rows.append(try answers.since[index].stored())
        rows.appendText { StoredText.append(answers.probabilities[index], to: &$0) }
        rows.append(.text(answers.probabilityKind[index].rawValue))
        rows.append(uncalibrated)
        rows.appendText {
            names.append(answers.indicators[answers.indicatorRange(index)], to: &$0)
        }
        rows.appendText {
            $0.append(contentsOf: answers.reasoning[answers.reasoningRange(index)])
        }
        rows.append(.bool(answers.inputMissing[index]))
        rows.append(recorded)
    }
}

extension JournalTables {
    fileprivate var copiedKey: CopyFields {
        CopyFields(.text(series.market.text), .text(series.timeframe.description))
    }
}
