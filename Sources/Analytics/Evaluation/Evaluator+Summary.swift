import Market

extension Evaluator {
    /// Per bar, log scores are small: they are given in thousandths of a nat.
    static let thousandths = 1000.0

    func summary(of samples: EvaluationSamples, _ paths: [LabelPath]) -> PeriodEvaluation {
        var cards = paths.indices.map { card(samples, $0, name: paths[$0].name) }
        let benchmark = paths.firstIndex { $0.name == Candidate.buyAndHold.name }
        let annual = samples.barsPerYear.squareRoot()
        var check: Double?
        if let bootstrap = settings.bootstrap {
            let replicates = bootstrap.moments(of: samples.returns.columns).map { row in
                row.map { $0.ratio * annual }
            }
            addSharpeIntervals(&cards, replicates)
            if let benchmark { check = realityCheck(cards, replicates, benchmark) }
            if let benchmark {
                addScoreIntervals(
                    &cards, bootstrap.moments(of: samples.logScores.columns), benchmark)
            }
        }
        let contenders = cards.indices.filter { $0 != benchmark }
        let best = contenders.max {
            cards[$0].performance.sharpe < cards[$1].performance.sharpe
        }
        return PeriodEvaluation(
            market: samples.market, period: samples.period, from: samples.from,
            through: samples.through, bars: samples.bars, cards: cards, realityCheck: check,
            deflatedSharpe: best.flatMap { deflatedSharpe(samples, of: $0, among: contenders) },
            bestCandidate: best.map { cards[$0].candidate })
    }

    private func card(
        _ samples: EvaluationSamples, _ index: Int, name: String
    ) -> Scorecard {
        let returns = samples.returns.columns[index]
        let rows = Double(max(returns.count, 1))
        let scores = samples.logScores.columns[index]
        return Scorecard(
            candidate: name,
            performance: Performance(returns: returns, barsPerYear: samples.barsPerYear),
            exposure: samples.exposures.columns[index].reduce(0, +) / rows,
            turnover: samples.traded.columns[index].reduce(0, +) / rows * samples.barsPerYear,
            changesPerYear: Double(samples.changes[index]) / Double(samples.bars)
                * samples.barsPerYear,
            falls: samples.falls[index], recoveries: samples.recoveries[index],
            logScore: scores.isEmpty ? nil : scores.reduce(0, +) / Double(scores.count),
            reliability: Reliability(samples.forecasts[index]),
            calibratedReliability: Reliability(samples.calibratedForecasts[index]))
    }

    /// - Parameter replicates: per replicate, the annualised Sharpe ratio of each candidate.
    private func addSharpeIntervals(_ cards: inout [Scorecard], _ replicates: [[Double]]) {
        guard !replicates.isEmpty else { return }
        let sharpes = cards.map(\.performance.sharpe)
        for index in cards.indices {
            cards[index].sharpe = BootstrapInterval(
                estimate: sharpes[index], replicates: replicates.map { $0[index] })
            for other in cards.indices where other != index {
                cards[index].sharpeAdvantages[cards[other].candidate] = BootstrapInterval(
                    estimate: sharpes[index] - sharpes[other],
                    replicates: replicates.map { $0[index] - $0[other] })
            }
        }
    }

    private func addScoreIntervals(
        _ cards: inout [Scorecard], _ replicates: [[ColumnMoments]], _ benchmark: Int
    ) {
        guard !replicates.isEmpty, let base = cards[benchmark].logScore else { return }
        for index in cards.indices where index != benchmark {
            guard let score = cards[index].logScore else { continue }
            cards[index].logScoreGain = BootstrapInterval(
                estimate: (score - base) * Evaluator.thousandths,
                replicates: replicates.map {
                    ($0[index].mean - $0[benchmark].mean) * Evaluator.thousandths
                })
        }
    }

    private func realityCheck(
        _ cards: [Scorecard], _ replicates: [[Double]], _ benchmark: Int
    ) -> Double? {
        let contenders = cards.indices.filter { $0 != benchmark }
        let base = cards[benchmark].performance.sharpe
        return MultipleTesting.realityCheck(
            advantages: contenders.map { cards[$0].performance.sharpe - base },
            replicates: replicates.map { row in contenders.map { row[$0] - row[benchmark] } })
    }

    private func deflatedSharpe(
        _ samples: EvaluationSamples, of best: Int, among contenders: [Int]
    ) -> Double? {
        let moments = samples.returns.columns.map { SampleMoments($0) }
        let ratios = contenders.map { index in
            moments[index].deviation > 0 ? moments[index].mean / moments[index].deviation : 0
        }
        return MultipleTesting.deflatedSharpe(
            moments[best], trialDeviation: SampleMoments(ratios).deviation,
            trials: max(trials, contenders.count))
    }
}
