import Market

extension Evaluator {
    /// Per bar, log scores are small: they are given in thousandths of a nat.
    package static let thousandths = 1000.0

    /// - Parameters:
    ///   - names: of the candidates.
    ///   - others: candidates that each is compared with; all of them when left out.
    func summary(
        of samples: EvaluationSamples, names: [String], comparedWith others: [Int]? = nil
    ) -> PeriodEvaluation {
        var cards = names.indices.map { card(samples, $0, name: names[$0]) }
        let reference = names.firstIndex(of: settings.reference)
        var check: Double?
        if let bootstrap = settings.bootstrap {
            let figures = ResampledFigures(samples, bootstrap)
            addIntervals(&cards, figures, comparedWith: others ?? Array(cards.indices))
            if let reference { check = realityCheck(cards, figures, reference) }
        }
        let contenders = cards.indices.filter { $0 != reference }
        let best = contenders.max {
            cards[$0].performance.sharpe < cards[$1].performance.sharpe
        }
        return PeriodEvaluation(
            market: samples.market, period: samples.period, from: samples.from,
            through: samples.through, bars: samples.bars, markets: samples.markets, cards: cards,
            turns: samples.turns,
            curves: PeriodCurves(
                days: samples.returns.instants.map(\.utcDate), returns: samples.returns.columns,
                labels: samples.labels),
            realityCheck: check, reference: reference.map { names[$0] },
            deflatedSharpe: best.flatMap { deflatedSharpe(samples, of: $0, among: contenders) },
            bestCandidate: best.map { cards[$0].candidate })
    }

    private func card(
        _ samples: EvaluationSamples, _ index: Int, name: String
    ) -> Scorecard {
        Scorecard(
            candidate: name,
            performance: Performance(
                returns: samples.returns.columns[index], barsPerYear: samples.barsPerYear),
            exposure: samples.exposures.mean(of: index) ?? 0,
            turnover: (samples.traded.mean(of: index) ?? 0) * samples.barsPerYear,
            changesPerYear: (samples.changed.mean(of: index) ?? 0) * samples.barsPerYear,
            falls: samples.falls[index], recoveries: samples.recoveries[index],
            logScore: samples.logScores.mean(of: index),
            posterior: PosteriorScore(samples.forecasts[index].posterior),
            reliability: Reliability(samples.forecasts[index].persistence),
            calibratedReliability: Reliability(samples.forecasts[index].calibrated))
    }

    private func addIntervals(
        _ cards: inout [Scorecard], _ figures: ResampledFigures, comparedWith others: [Int]
    ) {
        for (index, forecasts) in figures.forecasts.enumerated() {
            guard let forecasts else { continue }
            cards[index].reliability?.addIntervals(forecasts.bins)
            cards[index].calibratedReliability?.addIntervals(forecasts.calibratedBins)
        }
        for metric in Metric.allCases {
            for index in cards.indices {
                guard let value = cards[index].value(metric),
                    let mine = figures.replicates(metric, of: index), !mine.isEmpty
                else { continue }
                cards[index].intervals[metric] = BootstrapInterval(
                    estimate: value, replicates: mine)
                for other in others where other != index {
                    guard let base = cards[other].value(metric),
                        let theirs = figures.replicates(metric, of: other), !theirs.isEmpty
                    else { continue }
                    cards[index].differences[cards[other].candidate, default: [:]][metric] =
                        BootstrapInterval(
                            estimate: value - base, replicates: zip(mine, theirs).map { $0 - $1 })
                }
            }
        }
    }

    private func realityCheck(
        _ cards: [Scorecard], _ figures: ResampledFigures, _ reference: Int
    ) -> Double? {
        let contenders = cards.indices.filter { $0 != reference }
        let base = cards[reference].performance.sharpe
        let columns = cards.indices.compactMap { figures.replicates(.sharpe, of: $0) }
        guard columns.count == cards.count, let count = columns.first?.count else { return nil }
        return MultipleTesting.realityCheck(
            advantages: contenders.map { cards[$0].performance.sharpe - base },
            replicates: (0..<count).map { row in
                contenders.map { columns[$0][row] - columns[reference][row] }
            })
    }

    private func deflatedSharpe(
        _ samples: EvaluationSamples, of best: Int, among contenders: [Int]
    ) -> Double? {
        let moments = samples.returns.columns.map { SampleMoments($0) }
        // One ratio has no spread that says what the best of many trials would reach.
        guard trials == 1 || contenders.count > 1 else { return nil }
        let ratios = contenders.map { index in
            moments[index].deviation > 0 ? moments[index].mean / moments[index].deviation : 0
        }
        return MultipleTesting.deflatedSharpe(
            moments[best], trialDeviation: SampleMoments(ratios).deviation,
            trials: max(trials, contenders.count))
    }
}
