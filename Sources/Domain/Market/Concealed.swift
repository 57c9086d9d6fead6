/// A value that must not be seen: interpolation, logging and dumping show only that it is there.
package protocol Concealed: CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{}

extension Concealed {
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
