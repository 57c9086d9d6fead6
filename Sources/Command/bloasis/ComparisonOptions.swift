import ArgumentParser
import Evaluation
import Market
import RegimeModels

/// Whom an evaluation is about, whom it is compared with, and how its hysteresis is varied.
struct ComparisonOptions: ParsableArguments {
    @Option(help: "The candidate that all are compared with. Default: buy-and-hold.")
    var against: String?

    @Option(help: "The candidate that the report is about. Default: default, else the last model.")
    var focus: String?

    @Flag(help: "Show what each setting of a grid of hysteresis costs --focus.")
    var hysteresis = false

    @Option(help: "Minimum dwells on the grid, in bars, comma-separated.")
    var dwells = HysteresisGrid().dwells.map(String.init).joined(separator: ",")

    @Option(help: "Confirmations on the grid, in bars, comma-separated.")
    var confirmations = HysteresisGrid().confirmations.map(String.init).joined(separator: ",")

    @Option(help: "A change that is taken back within so many bars was a false flip.")
    var flipBars = HysteresisGrid().flipBars

    /// Replicates that the ends of an interval need to mean anything.
    static let reportReplicates = 100
    private static let barLimit = 10_000

    struct Names {
        let focus: Candidate?
        let against: Candidate?
    }

    func validate() throws {
        let grid = try grid()
        guard grid.dwells.count * grid.confirmations.count <= HysteresisGrid.settingLimit else {
            throw ValidationError(
                "--dwells and --confirmations make more than \(HysteresisGrid.settingLimit) "
                    + "settings")
        }
        guard (1...ComparisonOptions.barLimit).contains(flipBars) else {
            throw ValidationError("--flip-bars must be 1 … \(ComparisonOptions.barLimit) bars")
        }
    }

    func names(among candidates: [Candidate]) throws -> Names {
        func named(_ name: String?, _ flag: String, or usual: Candidate?) throws -> Candidate? {
            guard let name else { return usual }
            guard let candidate = candidates.first(where: { $0.name == name }) else {
                throw ValidationError(
                    "--\(flag) \(name): is none of --models: "
                        + candidates.map(\.name).joined(separator: ", "))
            }
            return candidate
        }
        return Names(
            focus: try named(
                focus, "focus",
                or: candidates.first { $0.name == "default" }
                    ?? candidates.last { !$0.specifications.isEmpty }),
            against: try named(
                against, "against",
                or: candidates.first { $0.name == Candidate.buyAndHold.name }))
    }

    private func grid() throws -> HysteresisGrid {
        var grid = HysteresisGrid()
        grid.dwells = try bars(dwells, "dwells", from: 0)
        grid.confirmations = try bars(confirmations, "confirmations", from: 1)
        grid.flipBars = flipBars
        return grid
    }

    private func bars(_ text: String, _ flag: String, from least: Int) throws -> [Int] {
        let numbers = text.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
        let allowed = least...ComparisonOptions.barLimit
        let known = numbers.compactMap { $0 }.filter(allowed.contains)
        guard known.count == numbers.count, Set(known).count == known.count else {
            throw ValidationError(
                "--\(flag) \(text): must be different numbers of bars, \(least) … "
                    + "\(ComparisonOptions.barLimit), separated by commas")
        }
        return known.sorted()
    }

    /// Adds to each period what hysteresis costs a candidate in it; nothing to one without models.
    func addHysteresis(
        of candidate: Candidate, to periods: inout [PeriodEvaluation],
        _ markets: [EvaluationRun.Market], _ evaluator: Evaluator
    ) {
        guard let grid = try? grid() else { return }
        let raw = markets.compactMap { market in
            candidate.rawLabels(walks: market.walks).map {
                (
                    labels: RawLabels(
                        history: market.history, probabilities: $0.probabilities,
                        paths: market.paths), inForce: $0.hysteresis
                )
            }
        }
        guard let inForce = raw.first?.inForce else { return }
        func costs(_ labels: [RawLabels]) -> [EvaluationPeriod: HysteresisCost] {
            let all = evaluator.hysteresisCosts(
                of: candidate.name, inForce: inForce, over: labels, grid: grid)
            return Dictionary(uniqueKeysWithValues: all.map { ($0.period, $0.cost) })
        }
        let own = Dictionary(
            uniqueKeysWithValues: raw.map { ($0.labels.history.name, costs([$0.labels])) })
        let together = raw.count > 1 ? costs(raw.map(\.labels)) : [:]
        for index in periods.indices {
            let period = periods[index].period
            periods[index].hysteresis = (own[periods[index].market] ?? together)[period]
        }
    }
}
