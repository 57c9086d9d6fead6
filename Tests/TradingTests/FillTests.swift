import TestSupport
import Testing
import Trading

@Suite("Reports of executions")
struct FillTests {
    /// The largest quantity, price and commission.
    private static let largest = DecimalNumber(999_999_999_999_999_999_999_999, scale: 10)
    /// Its square is the largest trade, with as many digits after the point as there can be.
    private static let root = DecimalNumber(99_999_999_999_999_999, scale: 10)

    @Test("what makes no sense is refused, naming the field")
    func faults() {
        #expect(fault { try Samples.fill("f-1", quantity: .zero) } == "filled_qty")
        #expect(fault { try Samples.fill("f-1", price: DecimalNumber(-1)) } == "filled_price")
        #expect(fault { try Samples.fill("f-1", kind: .bust) } == "ref_fill_id")
        #expect(fault { try Samples.fill("f-1", reference: "f-0") } == "ref_fill_id")
        #expect(
            fault { try Samples.fill("f-1", kind: .correct, reference: "f-1") } == "ref_fill_id")
    }

    @Test("what is finer or larger than what adds up is refused, naming the field")
    func bounds() throws {
        let finer = DecimalNumber(1, scale: Fill.placesLimit + 1)
        let limit = Fill.amountLimit
        #expect(fault { try Samples.fill("f-1", quantity: finer) } == "filled_qty")
        #expect(fault { try Samples.fill("f-1", price: finer) } == "filled_price")
        #expect(fault { try Samples.fill("f-1", commission: finer) } == "commission")
        #expect(fault { try Samples.fill("f-1", quantity: limit, price: .zero) } == "filled_qty")
        #expect(fault { try Samples.fill("f-1", price: limit) } == "filled_price")
        #expect(fault { try Samples.fill("f-1", commission: limit) } == "commission")
        let rebate = try limit.negated()
        #expect(fault { try Samples.fill("f-1", commission: rebate) } == "commission")
        let seven = DecimalNumber(10_000_000)
        #expect(fault { try Samples.fill("f-1", quantity: seven, price: seven) } == "filled_qty")
        let huge = DecimalNumber(.max)
        #expect(fault { try Samples.fill("f-1", quantity: huge, price: huge) } == "filled_qty")
        let unit = DecimalNumber(1)
        let largest = FillTests.largest
        _ = try Samples.fill("f-1", quantity: largest, price: unit, commission: largest)
        _ = try Samples.fill(
            "f-1", quantity: unit, price: largest, commission: largest.negated())
    }

    @Test("accepted reports at the extremes always add up", arguments: Sweep.seeds(20))
    func extremes(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        var cash = DecimalNumber.zero
        var reports: [RecordedFill] = []
        while reports.count < 300 {
            let number = reports.count + 1
            let quantity = extreme(&generator)
            // The price that makes the trade as large as it may be, or any other.
            let price =
                generator.unit() < 0.5
                ? try DecimalNumber(99_999_999_999_999).divided(by: quantity, places: 10)
                : extreme(&generator)
            let charge = extreme(&generator)
            let commission = generator.unit() < 0.5 ? try charge.negated() : charge
            guard
                let fill = try? Samples.fill(
                    "f-\(number)", side: generator.unit() < 0.5 ? .buy : .sell,
                    quantity: quantity, price: price, commission: commission)
            else { continue }
            let paid = try fill.quantity.multiplied(by: fill.price)
            cash = try cash.adding(fill.side == .buy ? paid.negated() : paid)
                .subtracting(fill.commission)
            reports.append(Samples.recorded(fill, sequence: Int64(number)))
        }
        let portfolio = try Portfolio(of: reports)
        let position = try #require(portfolio.positions.first)
        #expect(try position.realised.subtracting(position.cost) == cash)
        #expect(try portfolio.realised().map(\.sum) == [position.realised])
    }

    @Test("8,500 reports of the largest size, with the largest commissions, add up")
    func many() throws {
        let commission = FillTests.largest
        var reports = try (1..<8_500).map { number in
            let fill = try Samples.fill(
                "f-\(number)", quantity: FillTests.root, price: FillTests.root,
                commission: commission)
            return Samples.recorded(fill, sequence: Int64(number))
        }
        let quantity = try FillTests.root.multiplied(by: DecimalNumber(8_499))
        let sale = try Samples.fill(
            "f-8500", side: .sell, quantity: quantity, price: .zero, commission: commission,
            second: 1)
        reports.append(Samples.recorded(sale, sequence: 8_500))
        let position = try #require(try Portfolio(of: reports).positions.first)
        let lost = try FillTests.root.multiplied(by: FillTests.root)
            .multiplied(by: DecimalNumber(8_499))
        let paid = try commission.multiplied(by: DecimalNumber(8_500))
        #expect(try position.realised == lost.adding(paid).negated())
        #expect(position.quantity.isZero)
    }

    @Test("a sum that does not fit names its instrument and currency")
    func overflow() throws {
        let reports = try (1...17_100).map { number in
            let fill = try Samples.fill(
                "f-\(number)", quantity: FillTests.root, price: FillTests.root)
            return Samples.recorded(fill, sequence: Int64(number))
        }
        let error = #expect(throws: PortfolioError.self) { try Portfolio(of: reports) }
        #expect(error?.symbol?.text == "SPX")
        #expect(error.map { "\($0)" } == "SPX in USD is too large: 38 digits are kept")
    }

    /// A number above zero of any size that is accepted.
    private func extreme(_ generator: inout SplitMix64) -> DecimalNumber {
        let digits = Int.random(in: 1...24, using: &generator)
        let limit = (0..<digits).reduce(Int128(1)) { power, _ in power * 10 }
        return DecimalNumber(
            Int128.random(in: (limit / 10)...(limit - 1), using: &generator),
            scale: Fill.placesLimit)
    }

    private func fault(_ make: () throws -> Fill) -> String? {
        do {
            _ = try make()
            return nil
        } catch {
            return (error as? FillFault)?.field
        }
    }
}
