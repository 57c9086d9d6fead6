import TestSupport
import Testing

@testable import MarkovSwitching

@Suite("The score by Fisher's identity")
struct ScoreTests {
    @Test func isTheSlopeOfTheLikelihood() throws {
        for seed in Sweep.seeds(25) {
            let (model, rows) = try History.drawn(seed: seed, bars: 40)
            let layout = ParameterLayout(
                specification: model.specification, varianceFloor: 1e-3)
            var pass = try SmoothingPass(rows, model.specification)
            func height(_ point: [Double]) -> Double {
                let parameters = layout.parameters(from: point)
                pass.filter(MarkovSwitchingModel(checked: model.specification, parameters))
                return pass.logLikelihood
            }
            let point = layout.vector(of: model.parameters)
            let parameters = layout.parameters(from: point)
            let at = MarkovSwitchingModel(checked: model.specification, parameters)
            pass.filter(at)
            pass.smooth(at)
            var scores = ScorePass(at)
            scores.run(pass)
            let gradient = layout.vector(of: scores.score, at: parameters)
            #expect(gradient.count == model.specification.parameterCount)
            for index in point.indices {
                let step = 1e-5
                var (above, below) = (point, point)
                above[index] += step
                below[index] -= step
                let slope = (height(above) - height(below)) / (2 * step)
                #expect(
                    (slope - gradient[index]).magnitude < 1e-5 * max(1, slope.magnitude),
                    "seed \(seed), parameter \(index)")
            }
        }
    }
}
