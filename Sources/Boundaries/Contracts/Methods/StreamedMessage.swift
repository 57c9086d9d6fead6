package import SwiftProtobuf

/// A message of a server stream as a Server-Sent Event. A request for such a stream has a field
/// `after`, which takes that id.
package protocol StreamedMessage: Message {
    var eventName: String { get }
    /// What the event says.
    var eventData: any Message { get }
    /// Resumes the stream after this message; `nil` where that is as it was before it.
    var resumeID: String? { get }

    /// The message that was told as an event.
    ///
    /// - Parameters:
    ///   - name: of the event.
    ///   - data: JSON.
    /// - Returns: `nil` for an event of which nothing is known here.
    static func read(
        _ name: String, _ data: [UInt8], _ options: JSONDecodingOptions
    ) throws -> Self?
}

extension Bloasis_MarketRegime_RegimeChange: StreamedMessage {
    package var eventName: String { "regime-change" }
    package var eventData: any Message { self }
    package var resumeID: String? { String(sequence) }

    package static func read(
        _ name: String, _ data: [UInt8], _ options: JSONDecodingOptions
    ) throws -> Self? {
        try Self(jsonUTF8Bytes: data, options: options)
    }
}

extension Bloasis_Notification_NotificationEvent: StreamedMessage {
    package var eventName: String { type }
    package var eventData: any Message { hasResumed ? resumed : notification }
    package var resumeID: String? {
        // Also of how it begins: who has heard nothing yet goes on there, too.
        let id = hasResumed ? resumed.start : notification.notificationID
        return id.isEmpty ? nil : id
    }

    package static func read(
        _ name: String, _ data: [UInt8], _ options: JSONDecodingOptions
    ) throws -> Self? {
        var event = Self()
        event.type = name
        switch name {
        case "resumed":
            event.resumed = try Bloasis_Notification_Resumption(
                jsonUTF8Bytes: data, options: options)
        case "notification":
            event.notification = try Bloasis_Notification_Notification(
                jsonUTF8Bytes: data, options: options)
        default: return nil
        }
        return event
    }
}

extension Bloasis_Notification_Resumption {
    /// What the stream goes on after; empty where nobody said.
    package var start: String { after.isEmpty || isAhead ? last : after }

    /// Whether more was told once than is known of now, as where an older store was restored.
    package var isAhead: Bool {
        guard let after = Int64(after), let last = Int64(last) else { return false }
        return after > last
    }
}

/// A message with decimal strings that may be given as JSON numbers, which are taken by their text.
package protocol DecimalFields: Message {
    /// Names of the fields, in both spellings.
    static var decimals: Set<String> { get }
}

extension Bloasis_Trading_Fill: DecimalFields {}
