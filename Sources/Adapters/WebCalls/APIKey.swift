/// What a service knows its customer by. Interpolation, logging and dumping do not show it.
package struct APIKey: Sendable, Equatable {
    /// The key itself; named so that every use is visible in review.
    package let exposed: String

    package init(_ text: String) {
        exposed = text
    }
}

extension APIKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { KeyMask.mask }
    package var debugDescription: String { KeyMask.mask }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
