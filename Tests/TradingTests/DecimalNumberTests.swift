import Foundation
import TestSupport
import Testing
import Trading

@Suite("Decimal numbers")
struct DecimalNumberTests {
    @Test("sums, products and quotients are Python's")
    func golden() throws {
        let rows = try Golden.load().arithmetic
        #expect(rows.count > 150)
        for row in rows {
            let (a, b) = (try number(row.a), try number(row.b))
            #expect("\(try a.adding(b))" == row.sum)
            #expect("\(try a.subtracting(b))" == row.difference)
            #expect("\(try a.multiplied(by: b))" == row.product)
            #expect("\(try a.divided(by: b, places: row.places))" == row.quotient)
            #expect((a < b) == row.less)
        }
    }

    @Test("every text of a number is the same value")
    func canonical() throws {
        for text in ["1.5", "1.50", "+1.5", "15e-1", "0.15E1", "001.500"] {
            #expect(try number(text) == number("1.5"), "\(text)")
        }
        #expect("\(try number("1e-18"))" == "0.000000000000000001")
        #expect("\(try number("-0.0"))" == "0")
        #expect("\(try number("1200"))" == "1200")
        #expect(try number("0e99999") == .zero)
    }

    @Test(
        "what is no number, too large or too fine is refused",
        arguments: [
            ("", DecimalError.malformed), ("-", .malformed), (".5", .malformed), ("5.", .malformed),
            ("1e", .malformed), ("1e+", .malformed), ("0x10", .malformed), ("1,5", .malformed),
            ("NaN", .malformed), ("1.2.3", .malformed), (" 1", .malformed),
            ("1e-19", .tooFine), ("0.1234567890123456789", .tooFine), ("1e40", .tooLarge),
            ("170141183460469231731687303715884105728", .tooLarge),
        ])
    func refused(text: String, error: DecimalError) {
        #expect(throws: error) { try DecimalNumber(parsing: text) }
    }

    @Test("overflow is an error, in every operation")
    func overflow() throws {
        let largest = DecimalNumber(.max)
        #expect(throws: DecimalError.tooLarge) { try largest.adding(DecimalNumber(1)) }
        #expect(throws: DecimalError.tooLarge) { try largest.adding(number("0.1")) }
        #expect(throws: DecimalError.tooLarge) { try largest.multiplied(by: DecimalNumber(2)) }
        #expect(throws: DecimalError.tooLarge) { try DecimalNumber(.min).negated() }
        #expect(throws: DecimalError.tooLarge) {
            try largest.divided(by: number("0.000000000000000001"), places: 18)
        }
        #expect(throws: DecimalError.divisionByZero) {
            try largest.divided(by: .zero, places: 2)
        }
        let finest = DecimalNumber(1, scale: DecimalNumber.scaleLimit)
        #expect(throws: DecimalError.tooFine) { try finest.multiplied(by: finest) }
    }

    @Test(
        "addition commutes and is undone, order follows the difference", arguments: Sweep.seeds(5))
    func laws(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        for _ in 0..<500 {
            let a = random(&generator)
            let b = random(&generator)
            #expect(try a.adding(b) == b.adding(a))
            #expect(try a.adding(b).subtracting(b) == a)
            #expect(try DecimalNumber(parsing: "\(a)") == a)
            #expect(try (a < b) == (.zero < b.subtracting(a)))
        }
    }

    private func random(_ generator: inout SplitMix64) -> DecimalNumber {
        let coefficient = Int64.random(
            in: -1_000_000_000_000...1_000_000_000_000, using: &generator)
        return DecimalNumber(
            Int128(coefficient), scale: Int.random(in: 0...18, using: &generator))
    }

    private func number(_ text: String) throws -> DecimalNumber {
        try DecimalNumber(parsing: text)
    }
}
