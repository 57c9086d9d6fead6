import Market

/// What a service knows its customer by. Interpolation, logging and dumping do not show it.
package struct APIKey: Sendable, Equatable {
    /// The key itself; named so that every use is visible in review.
    package let exposed: String

    package init(_ text: String) {
        exposed = text
    }
}

extension APIKey: Concealed {
    package var description: String { KeyMask.mask }
}
