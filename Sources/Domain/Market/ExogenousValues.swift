/// Values from outside a market that were known with a bar, by name: `vix`, `term_spread` and so
/// on. A missing value is absent, so two sets that say the same are equal.
///
/// No values take no storage of their own: a bar without any costs one empty reference.
package struct ExogenousValues: Sendable {
    package struct Entry: Sendable {
        package let name: String
        /// Never NaN.
        package let value: Double
    }

    /// In the order of their names.
    package private(set) var entries: [Entry] = []

    /// Most values a bar may carry, and most bytes of a name.
    package static let countLimit = 32
    package static let nameLengthLimit = 32

    package init() {}

    /// NaN values are left out; of a name given twice the last value counts.
    package init(_ values: some Sequence<(String, Double)>) {
        for (name, value) in values { self[name] = value }
    }

    package init(_ values: [String: Double]) {
        self.init(values.lazy.map { ($0.key, $0.value) })
    }

    package var isEmpty: Bool { entries.isEmpty }

    /// NaN when the name has no value; setting NaN removes it.
    package subscript(name: String) -> Double {
        get { entries.first { $0.name == name }?.value ?? .nan }
        set {
            let slot = entries.firstIndex { $0.name >= name } ?? entries.endIndex
            let isKnown = slot < entries.endIndex && entries[slot].name == name
            switch (isKnown, newValue.isNaN) {
            case (true, true): entries.remove(at: slot)
            case (true, false): entries[slot] = Entry(name: name, value: newValue)
            case (false, false): entries.insert(Entry(name: name, value: newValue), at: slot)
            case (false, true): break
            }
        }
    }

    /// Whether a name is 1 to `nameLengthLimit` lower-case letters, digits and underscores, a
    /// letter first.
    package static func allows(name: String) -> Bool {
        guard let first = name.utf8.first, name.utf8.count <= nameLengthLimit else { return false }
        let letters = UInt8(ascii: "a")...UInt8(ascii: "z")
        return letters.contains(first)
            && name.utf8.allSatisfy { byte in
                letters.contains(byte) || byte == UInt8(ascii: "_")
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            }
    }

    /// The first thing wrong with these values, or `nil`.
    var fault: BarFault? {
        guard entries.count <= ExogenousValues.countLimit else { return .tooManyExogenous }
        for entry in entries {
            guard ExogenousValues.allows(name: entry.name) else {
                return .exogenousName(String(entry.name.prefix(ExogenousValues.nameLengthLimit)))
            }
            guard entry.value.isFinite else {
                return .notFinite(column: "exogenous.\(entry.name)")
            }
        }
        return nil
    }
}

extension ExogenousValues: Equatable {
    /// The same names with the same bits.
    package static func == (lhs: ExogenousValues, rhs: ExogenousValues) -> Bool {
        lhs.entries.elementsEqual(rhs.entries) { mine, theirs in
            mine.name == theirs.name && mine.value.bitPattern == theirs.value.bitPattern
        }
    }
}

extension ExogenousValues: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral elements: (String, Double)...) {
        self.init(elements)
    }
}
