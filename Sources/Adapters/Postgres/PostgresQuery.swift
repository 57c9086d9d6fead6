/// A statement with places for values, which can only be bound: «select \(market)» is
/// `select $1` and a value.
package struct PostgresQuery: Sendable, Equatable {
    package private(set) var text: String
    package private(set) var values: [PostgresValue]
    private(set) var isPlannedAnew = false

    package init(text: String, values: [PostgresValue] = []) {
        self.text = text
        self.values = values
    }

    /// The same statement, never kept prepared. The server makes a plan for whatever values of one
    /// that is, and locks every part of a table that is divided by them; planned for its values, a
    /// statement locks the parts that they lie in.
    package func plannedAnew() -> PostgresQuery {
        var query = self
        query.isPlannedAnew = true
        return query
    }
}

extension PostgresQuery: ExpressibleByStringInterpolation {
    package init(stringLiteral value: String) {
        self.init(text: value)
    }

    package init(stringInterpolation: Interpolation) {
        self.init(text: stringInterpolation.text, values: stringInterpolation.values)
    }

    package struct Interpolation: StringInterpolationProtocol {
        fileprivate var text = ""
        fileprivate var values: [PostgresValue] = []

        package init(literalCapacity: Int, interpolationCount: Int) {
            text.reserveCapacity(literalCapacity + 3 * interpolationCount)
            values.reserveCapacity(interpolationCount)
        }

        package mutating func appendLiteral(_ literal: String) { text += literal }

        package mutating func appendInterpolation(_ value: PostgresValue) {
            values.append(value)
            text += "$\(values.count)"
        }

        package mutating func appendInterpolation(_ value: Bool?) {
            appendInterpolation(value.map(PostgresValue.bool) ?? .null)
        }

        package mutating func appendInterpolation(_ value: Int64?) {
            appendInterpolation(value.map(PostgresValue.int64) ?? .null)
        }

        package mutating func appendInterpolation(_ value: Int) {
            appendInterpolation(.int64(Int64(value)))
        }

        package mutating func appendInterpolation(_ value: Double?) {
            appendInterpolation(value.map(PostgresValue.double) ?? .null)
        }

        package mutating func appendInterpolation(_ value: String?) {
            appendInterpolation(value.map(PostgresValue.text) ?? .null)
        }

        package mutating func appendInterpolation(_ value: [UInt8]?) {
            appendInterpolation(value.map(PostgresValue.bytes) ?? .null)
        }

        /// A part of the statement that is written in the program, as a list of columns is.
        package mutating func appendInterpolation(sql fragment: StaticString) {
            text += fragment.description
        }

        /// The name of a table, column or channel, quoted.
        package mutating func appendInterpolation(_ name: PostgresName) { text += name.quoted }
    }
}

/// The name of a table, column or channel.
package struct PostgresName: Sendable, Hashable, ExpressibleByStringLiteral {
    package let name: String

    package init(_ name: String) {
        self.name = name
    }

    package init(stringLiteral value: String) {
        self.init(value)
    }

    /// In double quotes, those in it doubled («4.1.1. Identifiers and Key Words»).
    package var quoted: String {
        // By scalars: a quotation mark may be part of a longer character.
        var text = String.UnicodeScalarView("\"".unicodeScalars)
        for scalar in name.unicodeScalars {
            text.append(scalar)
            if scalar == "\"" { text.append(scalar) }
        }
        text.append("\"")
        return String(text)
    }
}
