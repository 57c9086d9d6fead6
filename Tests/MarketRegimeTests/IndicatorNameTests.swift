import Indicators
import Market
import MarketRegime
import Ports
import RegimeModels
import Regimes
import TestSupport
import Testing

@Suite("Indicators of an answer")
struct IndicatorNameTests {
    static let models: [ModelKind] = [.hmm, .rules]

    @Test("each has the value of what it is called", arguments: models)
    func valuesAreOfTheirNames(model: ModelKind) throws {
        var specification = World.specification
        specification.model = model
        let bars = World.bars(count: 700, seed: 11)
        let series = World.series
        let profile = SeriesProfile(
            series: series, calendar: .continuous, anchor: bars[0].timestamp,
            specification: specification.canonicalJSON)
        var state = MarketRegimeState(
            profile: profile, timeline: SpecificationTimeline(specification), knownModels: [:],
            trigger: .bar)
        let effects = bars.map { state.process($0) }
        var told: [String: Double] = [:]
        for case .record(let record) in try #require(effects.last) {
            for reading in record.assessment.indicators { told[reading.name] = reading.value }
        }
        let names = told.keys.sorted()
        #expect(Set(names).isSuperset(of: MarketContext.featureNames))
        let features = try names.map { try Feature(name: $0) }
        let columns = IndicatorEngine.columns(
            of: BarColumns(bars), features: features, barsPerYear: profile.barsPerYear)
        for (name, column) in zip(names, columns) {
            let value = try #require(told[name])
            #expect(value.isFinite && value == column.last, "\(name)")
        }
    }
}
