import Kernels
import Testing

@Suite("Vector functions in ulps")
struct VectorMathTests {
    /// The exact value lies `rest` units in the last place above `nearest`.
    struct ExactValue {
        let function: String
        let argument: Double
        /// 1 where there is no other argument.
        let divisor: Double
        let nearest: Double
        let rest: Double

        func error(of result: Double) -> Double {
            ((result - nearest) / nearest.ulp - rest).magnitude
        }
    }

    static let exactValues = GoldenFile.lines("vector_math.csv").dropFirst().compactMap { line in
        let fields = line.split(separator: ",")
        let numbers = fields.dropFirst().compactMap { Double($0) }
        return numbers.count == 4
            ? ExactValue(
                function: String(fields[0]), argument: numbers[0], divisor: numbers[1],
                nearest: numbers[2], rest: numbers[3]) : nil
    }

    static let functions: [String: @Sendable (ExactValue) -> Double] = [
        "exp": { VectorMath.exp($0.argument) },
        "log": { VectorMath.log($0.argument) },
        "rsqrt": { VectorMath.reciprocalSquareRoot($0.argument) },
        "log_ratio": { VectorMath.logRatio($0.argument, over: $0.divisor) },
    ]

    /// The bounds that are documented, and what was measured with these points: worse is a
    /// regression.
    @Test(arguments: [
        ("exp", 1, 0.9), ("log", 1, 0.9), ("rsqrt", 1.01, 1), ("log_ratio", 2, 1.5),
    ])
    func errorsStayBelowTheirBounds(name: String, bound: Double, measured: Double) throws {
        let function = try #require(Self.functions[name])
        let points = Self.exactValues.filter { $0.function == name }
        #expect(points.count > 300)
        var worst = 0.0
        for exact in points {
            let error = exact.error(of: function(exact))
            let place = exact.divisor == 1 ? "" : ", \(exact.divisor)"
            #expect(error < bound, "\(name)(\(exact.argument)\(place)) is off by \(error) ulp")
            worst = max(worst, error)
        }
        #expect(worst < measured)
    }

    @Test func specialValuesAreAsDocumented() {
        #expect(VectorMath.exp(-.infinity) == 0)
        #expect(VectorMath.exp(-708.1) == 0)
        #expect(VectorMath.exp(-1e300) == 0)
        #expect(VectorMath.exp(0) == 1)
        #expect(VectorMath.exp(709.78).isFinite)
        #expect(VectorMath.exp(709.79) == .infinity)
        #expect(VectorMath.exp(1e300) == .infinity)
        #expect(VectorMath.exp(.infinity) == .infinity)
        #expect(VectorMath.exp(.nan).isNaN)
        #expect(VectorMath.exp(-.nan).isNaN)
        #expect(VectorMath.log(0) == -.infinity)
        #expect(VectorMath.log(-0.0) == -.infinity)
        #expect(VectorMath.log(1) == 0)
        #expect(VectorMath.log(.infinity) == .infinity)
        #expect(VectorMath.log(-1).isNaN)
        #expect(VectorMath.log(-.infinity).isNaN)
        #expect(VectorMath.log(.nan).isNaN)
        #expect(VectorMath.log(.leastNonzeroMagnitude).isFinite)
        for none in [0, -0.0, -1, .infinity, -.infinity, .nan, Double.leastNonzeroMagnitude] {
            #expect(VectorMath.logRatio(none, over: 1).isNaN)
            #expect(VectorMath.logRatio(1, over: none).isNaN)
        }
    }
}
