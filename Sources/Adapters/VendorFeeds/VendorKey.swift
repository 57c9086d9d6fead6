/// What a vendor knows its customer by. Interpolation, logging and dumping do not show it.
package struct VendorKey: Sendable, Equatable {
    /// The key itself; named so that every use is visible in review.
    let exposed: String

    package init(_ text: String) {
        exposed = text
    }
}

extension VendorKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { KeyMask.mask }
    package var debugDescription: String { KeyMask.mask }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
