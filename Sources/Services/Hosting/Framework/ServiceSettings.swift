/// What a service is told by variables: typed, read and checked before the service is made.
package protocol ServiceSettings: Sendable {
    /// The rows that this type adds to the table; it may read any other row of the table too.
    static var keys: [ConfigurationKey] { get }

    /// Reads every variable. After a problem the reader goes on with a stand-in, so that all
    /// problems are found in one pass; what was read is then thrown away.
    init(_ reader: inout ConfigurationReader)
}

extension ServiceSettings {
    package static var keys: [ConfigurationKey] { [] }
}

/// Of a service that is told nothing.
package struct NoSettings: ServiceSettings {
    init() {}
    package init(_ reader: inout ConfigurationReader) {}
}

/// The values in force, by variable. It holds secrets; printing it shows none.
package struct ConfigurationValues: Sendable {
    struct Found {
        var text: String
        var source: String
    }

    let table: ConfigurationTable
    private let found: Redacted<[String: Found]>

    init(_ sources: ConfigurationSources, _ table: ConfigurationTable) {
        self.table = table
        let pairs = table.rows.compactMap { row in
            sources.find(row.name).map { (row.name, Found(text: $0.text, source: $0.source)) }
        }
        found = Redacted(Dictionary(uniqueKeysWithValues: pairs))
    }

    func find(_ name: String) -> Found? { found.exposed[name] }

    /// - Throws: every problem, each with its variable and where that was set.
    package func read<Settings: ServiceSettings>(
        _ type: Settings.Type
    ) throws(ConfigurationError) -> Settings {
        var reader = ConfigurationReader(self)
        let settings = Settings(&reader)
        guard reader.problems.isEmpty else { throw ConfigurationError(reader.problems) }
        return settings
    }
}

/// Reads variables one by one and keeps what is wrong with them.
package struct ConfigurationReader {
    private let values: ConfigurationValues
    package private(set) var problems: [String] = []

    init(_ values: ConfigurationValues) {
        self.values = values
    }

    /// A variable that may be unset.
    ///
    /// - Parameter expected: what the value must be, as a phrase that completes «must be …».
    package mutating func optional<Value>(
        _ name: String, as expected: String, _ parse: (String) -> Value?
    ) -> Value? {
        guard let row = values.table.row(named: name) else {
            problems.append("\(name) is not a variable: declare its row")
            return nil
        }
        guard let found = values.find(name) else { return nil }
        if let value = parse(found.text) { return value }
        let shown = row.isSecret ? "" : " '\(row.shown(found.text))'"
        problems.append("\(name) from \(found.source):\(shown) is not valid: must be \(expected)")
        return nil
    }

    /// A variable that must be set.
    ///
    /// - Parameter standIn: given after a problem.
    package mutating func value<Value>(
        _ name: String, as expected: String, standIn: Value, _ parse: (String) -> Value?
    ) -> Value {
        let known = problems.count
        if let value = optional(name, as: expected, parse) { return value }
        if problems.count == known { problems.append("\(name) not set: must be \(expected)") }
        return standIn
    }

    package mutating func text(_ name: String) -> String {
        value(name, as: "a text", standIn: "") { $0 }
    }

    package mutating func integer(_ name: String, in range: ClosedRange<Int>) -> Int {
        let expected = "a whole number from \(range.lowerBound) to \(range.upperBound)"
        return value(name, as: expected, standIn: range.lowerBound) { text in
            Int(text).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    /// A rule that joins several variables; the problem names them and says what to do.
    package mutating func require(_ isKept: Bool, _ problem: @autoclosure () -> String) {
        if !isKept { problems.append(problem()) }
    }
}
