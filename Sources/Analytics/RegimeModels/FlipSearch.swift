import Regimes

/// Looks on one side of a value for the nearest printable one that fulfils a condition.
///
/// A scan whose steps grow with the distance finds a pair of values between which the condition
/// begins to hold, a bisection the place. A stretch of values narrower than the scan's steps there
/// (the distance already gone, or `1 / scanSteps` of the whole way, if that is less) can be stepped
/// over.
struct FlipSearch {
    /// The longest step of the scan is this share of the way.
    static let scanSteps = 12
    /// When the nearest value is fewer steps away than this, more decimals are tried …
    static let fewSteps = 3
    /// … this many at the most.
    static let extraDecimals = 3

    private let scale: PrintedScale
    private let origin: Double
    private let direction: Counterfactual.Direction
    private let range: ClosedRange<Double>

    init(
        _ scale: PrintedScale, from origin: Double, _ direction: Counterfactual.Direction,
        within range: ClosedRange<Double>
    ) {
        self.scale = scale
        self.origin = origin
        self.direction = direction
        self.range = range
    }

    /// - Parameter rawLabel: `nil` where the condition does not hold, as at the origin.
    func nearest(where rawLabel: (Double) -> Regime?) -> Counterfactual.Flip? {
        let isFulfilled = { rawLabel($0) != nil }
        var decimals = scale.decimals
        guard var way = Way(self, decimals), var steps = firstStep(way, way.count, isFulfilled)
        else { return nil }
        while steps < FlipSearch.fewSteps, decimals < scale.decimals + FlipSearch.extraDecimals,
            let finer = Way(self, decimals + 1),
            let found = firstStep(finer, finer.count(to: way.value(at: steps)), isFulfilled)
        {
            decimals += 1
            (way, steps) = (finer, found)
        }
        let value = way.value(at: steps)
        guard let rawRegime = rawLabel(value) else { return nil }
        let width = range.upperBound - range.lowerBound
        return Counterfactual.Flip(
            value: value, lastWithout: steps > 1 ? way.value(at: steps - 1) : origin,
            decimals: decimals, rawRegime: rawRegime,
            effort: (value - origin).magnitude / width)
    }

    /// The number of the first printable value at which the condition begins to hold, from 1.
    private func firstStep(
        _ way: Way, _ count: Int, _ isFulfilled: (Double) -> Bool
    ) -> Int? {
        var without = 0
        let longest = max(count / FlipSearch.scanSteps, 1)
        while without < count {
            var candidate = min(without + min(max(without, 1), longest), count)
            guard isFulfilled(way.value(at: candidate)) else {
                without = candidate
                continue
            }
            while candidate - without > 1 {
                let middle = without + (candidate - without) / 2
                if isFulfilled(way.value(at: middle)) {
                    candidate = middle
                } else {
                    without = middle
                }
            }
            return candidate
        }
        return nil
    }

    /// The printable values of one precision from the origin, not included, to the range's end.
    private struct Way {
        let scale: PrintedScale
        let decimals: Int
        let sign: Int
        /// The last step that is not beyond the origin.
        let start: Int
        let count: Int

        init?(_ search: FlipSearch, _ decimals: Int) {
            scale = search.scale
            self.decimals = decimals
            sign = search.direction == .up ? 1 : -1
            let end =
                search.direction == .up ? search.range.upperBound : search.range.lowerBound
            guard let from = scale.position(of: search.origin, decimals: decimals),
                let to = scale.position(of: end, decimals: decimals)
            else { return nil }
            // Nothing but 0 has no logarithm among what was shown.
            let least = scale.unit == .percentOfLogarithm ? 1 : -PrintedScale.stepLimit
            let towardsOrigin: FloatingPointRoundingRule =
                search.direction == .up ? .down : .up
            start = Int(from.rounded(towardsOrigin))
            count = (Int(max(to.rounded(towardsOrigin), least)) - start) * sign
        }

        func value(at step: Int) -> Double {
            scale.value(at: start + sign * step, decimals: decimals)
        }

        /// Steps to a value of a coarser precision.
        func count(to value: Double) -> Int {
            guard let position = scale.position(of: value, decimals: decimals) else { return 0 }
            let step = Int(position.rounded(.toNearestOrAwayFromZero))
            return min((step - start) * sign, count)
        }
    }
}
