import FoundationEssentials
import Market
package import Ports
import Regimes
import Trading

/// A payload that is not the event it should be: which member, and what is wrong with it.
package struct EventDecodingError: Error, Equatable, Sendable {
    package let topic: Topic
    /// `nil` when the payload is not a JSON object at all.
    package let field: String?
    package let problem: String
}

extension EventDecodingError: CustomStringConvertible {
    package var description: String {
        guard let field else { return "\(topic) event: \(problem)" }
        return "\(topic) event: field '\(field)' \(problem)"
    }
}

/// The members of one JSON object, read by name and type.
struct EventFields {
    private let topic: Topic
    private let members: [String: Value]

    /// - Parameter decimals: members for which a JSON number is taken by its text, as a string.
    init(
        _ payload: [UInt8], topic: Topic, decimals: Set<String> = []
    ) throws(EventDecodingError) {
        self.topic = topic
        do {
            let json =
                decimals.isEmpty ? payload : NumberQuoting(fields: decimals).quoting(payload)
            members = try JSONDecoder().decode([String: Value].self, from: Data(json))
        } catch {
            throw EventDecodingError(
                topic: topic, field: nil,
                problem: "the payload (\(payload.count) bytes) is not a JSON object")
        }
    }

    func fault(_ field: String, _ problem: String) -> EventDecodingError {
        EventDecodingError(topic: topic, field: field, problem: problem)
    }

    func has(_ field: String) -> Bool { members[field] != nil }

    func string(_ field: String) throws(EventDecodingError) -> String {
        guard let text = try optionalString(field) else { throw fault(field, "is missing") }
        return text
    }

    /// `nil` when the member is absent or null.
    func optionalString(_ field: String) throws(EventDecodingError) -> String? {
        switch members[field] {
        case nil, .null: return nil
        case .string(let text): return text
        default: throw fault(field, "is not a string")
        }
    }

    func integer(_ field: String) throws(EventDecodingError) -> Int64 {
        switch members[field] {
        case nil, .null: throw fault(field, "is missing")
        case .integer(let value): return value
        default: throw fault(field, "is not a whole number of 64 bits")
        }
    }

    func boolean(_ field: String) throws(EventDecodingError) -> Bool {
        switch members[field] {
        case nil, .null: throw fault(field, "is missing")
        case .boolean(let isTrue): return isTrue
        default: throw fault(field, "is neither true nor false")
        }
    }

    func number(_ field: String) throws(EventDecodingError) -> Double {
        guard let value = try optionalNumber(field) else { throw fault(field, "is missing") }
        return value
    }

    /// `nil` when the member is absent or null.
    func optionalNumber(_ field: String) throws(EventDecodingError) -> Double? {
        switch members[field] {
        case nil, .null: return nil
        case .integer(let value): return Double(value)
        case .number(let value) where value.isFinite: return value
        default: throw fault(field, "is not a finite number")
        }
    }

    /// An object of numbers by name, names sorted; empty when the member is absent or null.
    func numbers(_ field: String) throws(EventDecodingError) -> [(String, Double)] {
        switch members[field] {
        case nil, .null: return []
        case .numbers(let values): return values.sorted { $0.key < $1.key }.map { ($0, $1) }
        default: throw fault(field, "is not an object of numbers")
        }
    }

    func probability(_ field: String) throws(EventDecodingError) -> Double {
        try probability(number(field), of: field)
    }

    /// An object of probabilities by name, names sorted; empty when the member is absent or null.
    func probabilities(_ field: String) throws(EventDecodingError) -> [(String, Double)] {
        var found: [(String, Double)] = []
        for (name, value) in try numbers(field) {
            found.append((name, try probability(value, of: field)))
        }
        return found
    }

    /// By so much a sum of probabilities may round to more than 1, and is 1.
    static let probabilitySlack = 1e-9

    private func probability(
        _ value: Double, of field: String
    ) throws(EventDecodingError) -> Double {
        guard (0...1 + EventFields.probabilitySlack).contains(value) else {
            throw fault(field, "is no probability: \(value) is not between 0 and 1")
        }
        return min(value, 1)
    }

    func timestamp(_ field: String) throws(EventDecodingError) -> Timestamp {
        let text = try string(field)
        guard let instant = Timestamp(rfc3339: text) else {
            throw fault(field, "'\(text)' is not RFC 3339 with an offset")
        }
        return instant
    }

    func regime(_ field: String) throws(EventDecodingError) -> Regime {
        do throws(InvalidRegimeLabel) {
            return try Regime(label: string(orEmpty: field))
        } catch {
            throw fault(field, has(field) ? error.description : "is missing")
        }
    }

    /// A string that names something.
    func named<Name>(
        _ field: String, _ read: (String) -> Name?
    ) throws(EventDecodingError) -> Name {
        guard let name = try optionalNamed(field, read) else { throw fault(field, "is missing") }
        return name
    }

    /// `nil` when the member is absent or null.
    func optionalNamed<Name>(
        _ field: String, _ read: (String) -> Name?
    ) throws(EventDecodingError) -> Name? {
        guard let text = try optionalString(field) else { return nil }
        guard let name = read(text) else {
            throw fault(field, "'\(RequestReading.excerpt(text))' is not what belongs there")
        }
        return name
    }

    /// A decimal string, or a number that was quoted when the payload was read.
    func decimal(_ field: String) throws(EventDecodingError) -> DecimalNumber {
        let text = try string(field)
        do {
            return try DecimalNumber(parsing: text)
        } catch {
            throw fault(field, "'\(RequestReading.excerpt(text))' \(error)")
        }
    }

    /// - Throws: when the member `schema_version` is another one.
    func requireSchema(_ supported: Int) throws(EventDecodingError) {
        let version = try integer("schema_version")
        guard version == supported else {
            throw fault(
                "schema_version",
                "is \(version), and this program reads \(supported): upgrade the consumer")
        }
    }

    /// `nil` when the member is absent or null.
    func optionalTimestamp(_ field: String) throws(EventDecodingError) -> Timestamp? {
        try optionalString(field) == nil ? nil : try timestamp(field)
    }

    /// A whole number that counts something.
    func count(_ field: String) throws(EventDecodingError) -> Int {
        let value = try integer(field)
        guard value >= 0, let count = Int(exactly: value) else {
            throw fault(field, "is below 0")
        }
        return count
    }

    /// The members `market` and `timeframe`; the latter is `1d` when absent.
    func series() throws(EventDecodingError) -> Series {
        let name = try string("market")
        guard let market = MarketName(name) else {
            throw fault("market", "'\(name)' is not a market name")
        }
        guard let text = try optionalString("timeframe") else { return Series(market: market) }
        guard let timeframe = Timeframe(text) else {
            throw fault("timeframe", "'\(text)' is not a timeframe such as 1d or 4h")
        }
        return Series(market: market, timeframe: timeframe)
    }

    private func string(orEmpty field: String) -> String {
        if case .string(let text) = members[field] { text } else { "" }
    }

    /// As much of JSON as events use; anything else is kept as `other`, for additions are let pass.
    private enum Value: Decodable {
        case null
        case boolean(Bool)
        case string(String)
        case integer(Int64)
        case number(Double)
        case numbers([String: Double])
        case other

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if container.decodeNil() {
                self = .null
            } else if let text = try? container.decode(String.self) {
                self = .string(text)
            } else if let isTrue = try? container.decode(Bool.self) {
                self = .boolean(isTrue)
            } else if let value = try? container.decode(Int64.self) {
                self = .integer(value)
            } else if let value = try? container.decode(Double.self) {
                self = .number(value)
            } else if let values = try? container.decode([String: Double].self) {
                self = .numbers(values)
            } else {
                self = .other
            }
        }
    }
}
