import LaneTasks
import TestSupport
import Testing

@testable import Kernels

@Suite("Sets of lane kernels")
struct KernelSetTests {
    @Test func everySetAndEveryLaneWidthGiveTheSameBits() {
        #expect(!KernelSet.available.isEmpty)
        var generator = SplitMix64(seed: 11)
        let special = [
            0, -0.0, 1, .infinity, -.infinity, .nan, .leastNonzeroMagnitude, -708, 709.79,
        ]
        // An odd number, so that every width has a tail.
        let values =
            special
            + (0..<4_002).map { index in
                index % 2 == 0
                    ? Double(bitPattern: generator.next()) : generator.unit() * 1500 - 750
            }
        let exponentials = values.map { KernelSet.available[0].table.exponential($0).bitPattern }
        let logarithms = values.map { KernelSet.available[0].table.logarithm($0).bitPattern }
        for set in KernelSet.available {
            #expect(values.map { set.table.exponential($0).bitPattern } == exponentials)
            #expect(values.map { set.table.logarithm($0).bitPattern } == logarithms)
            for (value, next) in zip(values, values.dropFirst()) {
                let plain = KernelSet.available[0].table
                #expect(
                    set.table.logarithmOfRatio(next, value).bitPattern
                        == plain.logarithmOfRatio(next, value).bitPattern)
                #expect(
                    set.table.reciprocalOfSquareRoot(value).bitPattern
                        == plain.reciprocalOfSquareRoot(value).bitPattern)
            }
            for width in [0, 2, 4, 8] {
                let exp = mapped(values, width, set.table.exponentials)
                let log = mapped(values, width, set.table.logarithms)
                #expect(exp == exponentials, "\(set.name), \(width) lanes")
                #expect(log == logarithms, "\(set.name), \(width) lanes")
            }
        }
    }

    private func mapped(
        _ values: [Double], _ width: Int, _ entry: (ElementwiseTask) -> Void
    ) -> [UInt64] {
        var results = [Double](repeating: 0, count: values.count)
        values.withUnsafeBufferPointer { input in
            results.withUnsafeMutableBufferPointer { output in
                guard let from = input.baseAddress, let to = output.baseAddress else { return }
                entry(
                    ElementwiseTask(input: from, output: to, count: values.count, width: width))
            }
        }
        return results.map(\.bitPattern)
    }

    @Test func theBestSetIsInUse() throws {
        let best = try #require(KernelSet.available.last)
        #expect(KernelSet.current.name == best.name)
        for set in KernelSet.available {
            #expect([2, 4, 8].contains(set.table.nativeWidth))
        }
    }

    @Test func columnsAreMappedLikeSingleValues() {
        let values = (0..<19).map { Double($0) * 0.37 }
        #expect(VectorMath.exp(values) == values.map { VectorMath.exp($0) })
        #expect(VectorMath.log(values) == values.map { VectorMath.log($0) })
        #expect(VectorMath.exp([]).isEmpty)
    }
}
