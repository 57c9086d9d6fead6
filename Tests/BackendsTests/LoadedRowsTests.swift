import Market
import Ports
import Regimes
import TestSupport
import Testing

@testable import Backends
@testable import Postgres

@Suite("Rows written from columns are those written from values")
struct LoadedRowsTests {
    private static let tables = JournalTables(
        series: Samples.series, recordedAt: Samples.day(9).advanced(byNanoseconds: 1))

    @Test("bars, with values from outside the market and without", arguments: 1...5 as ClosedRange)
    func bars(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        var bars = Samples.bars(count: 40, seed: seed)
        for index in bars.indices {
            bars[index].volume = generator.unit() < 0.3 ? .nan : 1e9 * generator.unit()
            bars[index].availableAt = bars[index].timestamp.advanced(byNanoseconds: 5_000_000)
            guard seed > 1, generator.unit() < 0.5 else { continue }
            bars[index].exogenous = ExogenousValues([
                ("a \"quoted\" name", generator.normal()), ("vix", Self.number(&generator)),
            ])
        }
        let written = BarRows(BarColumns(bars), Self.tables)
        try expectTheSame(bars.count, written.append) { index in
            try Self.tables.row(StoredBar(bar: bars[index], revision: 1, isAdopted: true))
        }
    }

    @Test("assessments, with numbers of every kind", arguments: 1...5 as ClosedRange)
    func assessments(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let kinds = ConfidenceKind.allCases.filter { $0 != .calibrated }
        let batch = JournalBatch(
            series: Samples.series, expecting: .anyHead, bars: Samples.bars(count: 40),
            records: Samples.regimes(count: 40, seed: seed).enumerated().map { index, regime in
                var assessment = Samples.assessment(
                    index, regime, previous: .unknown, trigger: .backfill,
                    confidence: generator.unit())
                assessment.availableAt = Samples.day(index + 1)
                assessment.rawRegime = Regime.allCases[index % Regime.allCases.count]
                assessment.probabilityKind = kinds[index % kinds.count]
                assessment.modelVersion = ModelVersion(index < 9 ? "unfitted" : "model-\(seed)")
                assessment.inputMissing = generator.unit() < 0.3
                assessment.reasoning = index < 3 ? "" : "«\(index)» \\ \"\(generator.unit())\""
                assessment.indicators = ["vix", "log \"return\"", "drawdown\n"].map {
                    IndicatorReading(name: $0, value: Self.number(&generator))
                }
                return JournalRecord(assessment: assessment)
            }, announcing: false)
        let load = SeriesLoad(batch, after: SeriesHead(profile: Samples.profile()))
        let written = AnswerRows(load.answers, Self.tables)
        try expectTheSame(batch.records.count, written.append) { index in
            try Self.tables.row(batch.records[index].assessment)
        }
    }

    @Test("an instant finer than a microsecond is refused, as it is of values")
    func unstorable() {
        var bar = Samples.bar(0)
        bar.availableAt = bar.availableAt.advanced(byNanoseconds: 1)
        let written = BarRows(BarColumns([bar]), Self.tables)
        #expect(throws: UnstorableInstant.self) {
            var rows = CopyRows()
            try written.append(0, to: &rows)
        }
    }

    private func expectTheSame(
        _ count: Int, _ append: (Int, inout CopyRows) throws -> Void,
        _ row: (Int) throws -> [PostgresValue]
    ) throws {
        for index in 0..<count {
            var (mine, theirs) = (CopyRows(), CopyRows())
            try append(index, &mine)
            theirs.append(try row(index))
            #expect(mine.bytes == theirs.bytes)
            #expect(mine.count == 1)
        }
    }

    /// Any, and now and then none or one without bounds.
    private static func number(_ generator: inout SplitMix64) -> Double {
        switch generator.next() % 8 {
        case 0: .nan
        case 1: -.infinity
        case 2: 0
        case 3: Double(bitPattern: generator.next())
        default: 0.01 * generator.normal()
        }
    }
}
