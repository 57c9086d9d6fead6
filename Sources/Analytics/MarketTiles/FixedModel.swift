import Kernels
package import RegimeModels

/// One fitted model for thousands of markets, and how its answers become published labels.
package struct FixedModel: Sendable {
    package let manifest: ModelManifest
    package let hysteresis: HysteresisParameters
    /// Annualises volatilities.
    package let barsPerYear: Double
    /// Observations before the adoption that the filter is warmed up with; `nil`: all there are.
    package let windowBars: Int?
    /// How lanes compute it; `nil` where they cannot.
    let plan: LanePlan?

    /// - Parameters:
    ///   - windowBars: of the training that the model came from; 0 or more.
    ///   - usesLanes: `false` computes bar by bar, with the same bits: for comparing.
    package init(
        manifest: ModelManifest, hysteresis: HysteresisParameters, barsPerYear: Double,
        windowBars: Int?, usesLanes: Bool = true
    ) {
        self.manifest = manifest
        self.hysteresis = hysteresis
        self.barsPerYear = barsPerYear
        self.windowBars = windowBars
        plan = usesLanes ? LanePlan(manifest.classifier, barsPerYear: barsPerYear) : nil
    }

    /// Whether several markets are computed side by side: hidden Markov models over features of
    /// closes are; others bar by bar, behind the same interface.
    package var runsInLanes: Bool { plan != nil }

    /// The bar that the filter of a market's model begins at.
    func firstFilteredBar(adoption: Int) -> Int {
        windowBars.map { max(adoption - $0, 0) } ?? 0
    }
}
