import Contracts
import Ports
import WebCalls

/// Whose answer is read, and how what is wrong with it is told.
struct AnswerReading: Sendable {
    let vendor: Vendor
    let symbol: FeedSymbol
    private let mask: KeyMask

    init(_ vendor: Vendor, _ symbol: FeedSymbol) {
        self.vendor = vendor
        self.symbol = symbol
        mask = KeyMask(vendor.key)
    }

    func error(_ reason: FeedError.Reason) -> FeedError { vendor.error(symbol, reason) }

    func unreadable(row: Int? = nil, field: String? = nil, _ problem: String) -> FeedError {
        error(.unreadable(row: row, field: field.map(mask.masked), problem: mask.masked(problem)))
    }

    /// What the vendor says, fit to be shown.
    func words(_ text: String) -> String { mask.masked(text) }

    func words(of answer: VendorAnswer) -> String { mask.masked(answer.body) }

    /// - Throws: what a status other than 200 means to every vendor.
    func requireSuccess(_ answer: VendorAnswer) throws(FeedError) {
        switch answer.status {
        case 200: return
        case 300...399:
            throw unreadable(
                "status \(answer.status): redirects are not followed; check the feed's URL")
        case 401, 402, 403:
            throw error(.refused(detail: "status \(answer.status): check the key and its plan"))
        case 404: throw error(.noData)
        case 429: throw error(.rateLimited(retryAfterSeconds: answer.retryAfterSeconds))
        case 408, 500...599: throw error(.unreachable("status \(answer.status)"))
        default: throw error(.vendorMessage("status \(answer.status): \(words(of: answer))"))
        }
    }

    func json(of answer: VendorAnswer) throws(FeedError) -> JSONValue {
        do throws(JSONProblem) {
            return try JSONValue(parsing: answer.body)
        } catch {
            throw unreadable("not JSON: \(error)")
        }
    }

    /// A number that is written as a JSON number or in a string; `nil` for null and what is
    /// missing.
    func number(_ value: JSONValue?, row: Int, field: String) throws(FeedError) -> Double? {
        switch value {
        case .none, .null: return nil
        case .number(let text), .string(let text):
            guard let number = VendorNumber.value(text) else {
                throw unreadable(row: row, field: field, "'\(text)' is no finite number")
            }
            return number
        default: throw unreadable(row: row, field: field, "a number is expected")
        }
    }
}

/// Decimal numbers as vendors write them.
enum VendorNumber {
    static let lengthLimit = 64
    private static let alphabet = Set("0123456789.+-eE".utf8)

    /// `nil` for what is no decimal number, `NaN` and `Infinity` among it, or too large.
    static func value(_ text: String) -> Double? {
        guard (1...lengthLimit).contains(text.utf8.count),
            text.utf8.allSatisfy(alphabet.contains), let value = Double(text), value.isFinite
        else { return nil }
        return value
    }

    /// A price other than the close: vendors write 0 where they have none.
    static func price(_ value: Double?) -> Double {
        guard let value, value != 0 else { return .nan }
        return value
    }
}
