package import Market

/// Which specification classifies a series, and from when on: what it began with, and what was
/// promoted since; and which ran beside it.
package struct SpecificationTimeline: Sendable, Equatable {
    package struct Era: Sendable, Equatable {
        /// It answers about bars later than this one; `nil`: from the first bar on.
        package let after: Timestamp?
        package let specification: RegimeSpecification

        package func contains(_ instant: Timestamp) -> Bool {
            after.map { $0 < instant } ?? true
        }
    }

    /// A specification that classifies beside what answers, to be compared with it.
    package struct Shadow: Sendable, Equatable {
        /// It is asked about bars later than this one.
        package let after: Timestamp
        /// The last bar that it was asked about; `nil`: it goes on.
        package fileprivate(set) var through: Timestamp?
        package let specification: RegimeSpecification

        package func contains(_ instant: Timestamp) -> Bool {
            after < instant && through.map { instant <= $0 } ?? true
        }
    }

    /// Never empty; each later than the one before, and of another specification.
    package private(set) var eras: [Era]
    /// One at a time, each later than the one before.
    package private(set) var shadows: [Shadow] = []

    package init(_ specification: RegimeSpecification) {
        self.init(eras: [Era(after: nil, specification: specification)])
    }

    private init(eras: [Era], shadows: [Shadow] = []) {
        self.eras = eras
        self.shadows = shadows
    }

    /// What answers about bars that come.
    package var current: RegimeSpecification { eras[eras.count - 1].specification }

    /// What answered before, where anything did: what a promotion is rolled back to.
    package var previous: RegimeSpecification? { eras.dropLast().last?.specification }

    /// What runs beside it.
    package var shadow: Shadow? { shadows.last.flatMap { $0.through == nil ? $0 : nil } }

    /// In the order in which they began to answer; then those that only ran beside.
    package var specifications: [RegimeSpecification] {
        (eras.map(\.specification) + shadows.map(\.specification)).reduce(into: []) {
            distinct, specification in
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
        // What answers has nothing to be compared with.
        return next.shadow?.specification == next.current ? next.endingShadow(at: last) : next
    }

    /// With a specification beside what answers, in the place of one that ran there.
    ///
    /// - Parameter last: the latest bar that has an answer.
    /// - Precondition: it is not what answers.
    package func shadowing(
        _ specification: RegimeSpecification, after last: Timestamp
    ) -> SpecificationTimeline {
        precondition(specification != current, "it answers itself")
        var next = endingShadow(at: last)
        next.shadows.append(Shadow(after: last, specification: specification))
        return next
    }

    /// Without one beside what answers; one that was asked about nothing leaves no trace.
    ///
    /// - Parameter last: the latest bar that has an answer.
    package func endingShadow(at last: Timestamp) -> SpecificationTimeline {
        guard let shadow else { return self }
        var next = self
        next.shadows.removeLast()
        if shadow.after < last {
            var ended = shadow
            ended.through = last
            next.shadows.append(ended)
        }
        return next
    }

    /// The last bar that a specification says anything about; `nil`: it goes on.
    package func end(of specification: RegimeSpecification) -> Timestamp? {
        guard specification != current, specification != shadow?.specification else { return nil }
        let answered = eras.lastIndex { $0.specification == specification }
            .flatMap { eras[$0 + 1].after }
        let beside = shadows.last { $0.specification == specification }?.through
        return [answered, beside].compactMap(\.self).max()
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

        struct Shadow: Codable {
            let after: Int64
            let through: Int64?
            let specification: RegimeSpecification
        }

        let eras: [Era]
        /// Left out without any.
        let shadows: [Shadow]?
    }

    /// One text per timeline. A series that nothing was promoted for and nothing ran beside is
    /// written as its specification.
    package var canonicalJSON: String {
        guard eras.count > 1 || !shadows.isEmpty else { return current.canonicalJSON }
        return CanonicalJSON.text(
            Written(
                eras: eras.map {
                    Written.Era(after: $0.after?.nanoseconds, specification: $0.specification)
                },
                shadows: shadows.isEmpty
                    ? nil
                    : shadows.map {
                        Written.Shadow(
                            after: $0.after.nanoseconds, through: $0.through?.nanoseconds,
                            specification: $0.specification)
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
        let shadows = (written.shadows ?? []).map {
            Shadow(
                after: Timestamp(nanoseconds: $0.after),
                through: $0.through.map(Timestamp.init(nanoseconds:)),
                specification: $0.specification)
        }
        for era in eras { try era.specification.validate() }
        for shadow in shadows { try shadow.specification.validate() }
        guard let first = eras.first, first.after == nil,
            zip(eras, eras.dropFirst()).allSatisfy({ former, latter in
                guard let after = latter.after else { return false }
                return former.after.map { $0 < after } ?? true
            })
        else {
            throw SpecificationError(
                field: "eras", problem: "they are not in the order in which they began")
        }
        guard
            zip(shadows, shadows.dropFirst()).allSatisfy({ former, latter in
                former.through.map { $0 <= latter.after } ?? false
            }), shadows.allSatisfy({ shadow in shadow.through.map { shadow.after < $0 } ?? true })
        else {
            throw SpecificationError(
                field: "shadows", problem: "they are not one after the other")
        }
        self.init(eras: eras, shadows: shadows)
    }
}
