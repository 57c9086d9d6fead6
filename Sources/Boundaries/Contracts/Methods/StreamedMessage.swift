package import SwiftProtobuf

/// A message of a server stream as a Server-Sent Event. A request for such a stream has a field
/// `after`, which takes that id.
package protocol StreamedMessage: Message {
    static var eventName: String { get }
    /// Resumes the stream after this message.
    var resumeID: String { get }
}

extension Bloasis_MarketRegime_RegimeChange: StreamedMessage {
    package static var eventName: String { "regime-change" }
    package var resumeID: String { String(sequence) }
}

/// A message with decimal strings that may be given as JSON numbers, which are taken by their text.
package protocol DecimalFields: Message {
    /// Names of the fields, in both spellings.
    static var decimals: Set<String> { get }
}

extension Bloasis_Trading_Fill: DecimalFields {}
