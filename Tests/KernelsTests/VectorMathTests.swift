import Kernels
import Testing

@Suite("Vector exp and log in ulps")
struct VectorMathTests {
    /// The exact value lies `rest` units in the last place above `nearest`.
    struct ExactValue {
        let function: String
        let argument: Double
        let nearest: Double
        let rest: Double

        func error(of result: Double) -> Double {
            ((result - nearest) / nearest.ulp - rest).magnitude
        }
    }

    static let exactValues = GoldenFile.lines("vector_math.csv").dropFirst().compactMap { line in
        let fields = line.split(separator: ",")
        return Double(fields[1]).flatMap { argument in
            Double(fields[2]).flatMap { nearest in
                Double(fields[3]).map {
                    ExactValue(
                        function: String(fields[0]), argument: argument, nearest: nearest, rest: $0)
                }
            }
        }
    }

    @Test func expAndLogStayBelowOneUnitInTheLastPlace() {
        #expect(Self.exactValues.count > 600)
        var worst = ["exp": 0.0, "log": 0.0]
        for exact in Self.exactValues {
            let result =
                exact.function == "exp"
                ? VectorMath.exp(exact.argument) : VectorMath.log(exact.argument)
            let error = exact.error(of: result)
            #expect(error < 1, "\(exact.function)(\(exact.argument)) is off by \(error) ulp")
            worst[exact.function] = max(worst[exact.function] ?? 0, error)
        }
        // Measured with these points; a worse one is a regression.
        #expect(worst["exp"] ?? 1 < 0.9)
        #expect(worst["log"] ?? 1 < 0.9)
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
    }
}
