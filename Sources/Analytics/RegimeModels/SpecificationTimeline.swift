package import Market

/// Which specification classifies a series, and from when on: what it began with, and what was
/// promoted since.
package struct SpecificationTimeline: Sendable, Equatable {
    package struct Era: Sendable, Equatable {
        /// It answers about bars later than this one; `nil`: from the first bar on.
        package let after: Timestamp?
        package let specification: RegimeSpecification

        package func contains(_ instant: Timestamp) -> Bool {
            after.map { $0 < instant } ?? true
        }
    }

    /// Never empty; each later than the one before, and of another specification.
    package private(set) var eras: [Era]

    package init(_ specification: RegimeSpecification) {
        self.init(eras: [Era(after: nil, specification: specification)])
    }

    private init(eras: [Era]) {
        self.eras = eras
    }

    /// What answers about bars that come.
    package var current: RegimeSpecification { eras[eras.count - 1].specification }

    /// What answered before, where anything did: what a promotion is rolled back to.
    package var previous: RegimeSpecification? { eras.dropLast().last?.specification }

    /// In the order in which they began to answer.
    package var specifications: [RegimeSpecification] {
        eras.map(\.specification).reduce(into: []) { distinct, specification in
            if !distinct.contains(specification) { distinct.append(specification) }
        }
    }

    /// With another specification about bars later than `last`.
    ///
    /// - Parameter last: the latest bar that has an answer; an era that has answered nothing gives
    ///   way.
    package func promoting(
        _ specification: RegimeSpecification, after last: Timestamp
    ) -> SpecificationTimeline {
        var next = self
        while next.eras.count > 1, let after = next.eras.last?.after, after >= last {
            next.eras.removeLast()
        }
        if next.current != specification {
            next.eras.append(Era(after: last, specification: specification))
        }
        return next
    }
}

extension SpecificationTimeline {
    /// How eras are written where there is more than one.
    private struct Written: Codable {
        struct Era: Codable {
            /// Nanoseconds since 1970 UTC.
            let after: Int64?
            let specification: RegimeSpecification
        }

        let eras: [Era]
    }

    /// One text per timeline. A series that nothing was promoted for is written as its
    /// specification.
    package var canonicalJSON: String {
        guard eras.count > 1 else { return current.canonicalJSON }
        return CanonicalJSON.text(
            Written(
                eras: eras.map {
                    Written.Era(after: $0.after?.nanoseconds, specification: $0.specification)
                }))
    }

    /// - Throws: `SpecificationError` when the text is neither a timeline nor a specification, or a
    ///   value is invalid.
    package init(canonicalJSON text: String) throws(SpecificationError) {
        guard let written = try? CanonicalJSON.value(Written.self, from: text) else {
            self.init(try RegimeSpecification(canonicalJSON: text))
            return
        }
        let eras = written.eras.map {
            Era(after: $0.after.map(Timestamp.init(nanoseconds:)), specification: $0.specification)
        }
        for era in eras { try era.specification.validate() }
        guard let first = eras.first, first.after == nil,
            zip(eras, eras.dropFirst()).allSatisfy({ former, latter in
                guard let after = latter.after else { return false }
                return former.after.map { $0 < after } ?? true
            })
        else {
            throw SpecificationError(
                field: "eras", problem: "they are not in the order in which they began")
        }
        self.init(eras: eras)
    }
}
