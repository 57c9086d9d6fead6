package import SwiftProtobuf
import Synchronization

/// An answer, with the forms that doors gave it: each is made once, however often the same answer
/// is told.
package final class AnsweredMessage: Sendable {
    package let message: any Message
    /// By type; a door has one form of its own, so these are few.
    private let forms = Mutex<[ObjectIdentifier: any Sendable]>([:])

    package init(_ message: any Message) {
        self.message = message
    }

    /// The answer in a form, as it was made first.
    ///
    /// - Parameter make: called again by whoever comes while it is at work; must always make the
    ///   same.
    package func form<Form: Sendable>(
        _ make: (any Message) throws -> Form
    ) rethrows -> Form {
        let key = ObjectIdentifier(Form.self)
        if let known = forms.withLock({ $0[key] }) as? Form { return known }
        let made = try make(message)
        forms.withLock { $0[key] = made }
        return made
    }
}

extension AnsweredMessage {
    /// The answer as the API's JSON.
    package var json: [UInt8] {
        get throws { try form { JSONForm(utf8: Array(try WireJSON.text($0).utf8)) }.utf8 }
    }
}

private struct JSONForm {
    let utf8: [UInt8]
}
