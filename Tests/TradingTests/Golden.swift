import Foundation
import Market
import Regimes
import TestSupport
import Trading

/// What `Benchmarks/peers/trading.py` wrote.
struct Golden: Decodable {
    struct Arithmetic: Decodable {
        let a, b, sum, difference, product, quotient: String
        let places: Int
        let less: Bool
    }

    struct Report: Decodable {
        let id, kind, symbol, currency, side, quantity, price, commission: String
        let reference: String?
        let time: Int64

        func recorded(sequence: Int64) throws -> RecordedFill {
            let fill = try Fill(
                id: Golden.required(FillID(id)), kind: Golden.required(FillKind(rawValue: kind)),
                reference: reference.flatMap { FillID($0) },
                orderID: Golden.required(OrderID("o-1")), userID: Golden.required(UserID("ann")),
                symbol: Golden.required(Symbol(symbol)),
                side: Golden.required(Side(rawValue: side)),
                quantity: DecimalNumber(parsing: quantity), price: DecimalNumber(parsing: price),
                commission: DecimalNumber(parsing: commission),
                currency: Golden.required(Currency(currency)), timestamp: Golden.instant(time))
            return Samples.recorded(fill, sequence: sequence)
        }
    }

    struct Position: Decodable, Equatable {
        let symbol, currency, quantity, cost, averagePrice, realised: String
    }

    struct Holding: Decodable {
        let asOf: Int64
        let positions: [Position]
    }

    let arithmetic: [Arithmetic]
    let reports: [Report]
    let portfolios: [Holding]

    static func load() throws -> Golden {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
        let file = folder.appending(path: "../../Fixtures/golden/trading.json").standardizedFileURL
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(Golden.self, from: Data(contentsOf: file))
    }

    static func instant(_ seconds: Int64) -> Timestamp {
        Samples.day(0).advanced(bySeconds: seconds)
    }

    private struct Missing: Error {}

    private static func required<Value>(_ value: Value?) throws -> Value {
        guard let value else { throw Missing() }
        return value
    }
}
