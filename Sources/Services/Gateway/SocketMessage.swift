import Contracts
import Ports

/// The messages of the WebSocket, `{"type": …, "data": …}`.
enum SocketMessage {
    static func text(_ type: String, json data: String) -> String {
        var json = JSONWriter()
        json.string(type)
        return "{\"type\":\(json.text),\"data\":\(data)}"
    }

    static func error(_ fault: RPCFault) -> String { text("error", json: fault.statusJSON) }

    static func acknowledged(_ notification: String) -> String {
        text("acknowledged", json: notification)
    }

    /// What a client says: that a notification was read.
    ///
    /// - Parameter userID: who listens; whoever names nobody speaks of them.
    /// - Throws: INVALID_ARGUMENT for anything else.
    static func acknowledgement(
        _ text: [UInt8], by userID: String
    ) throws(RPCFault) -> Bloasis_Notification_AcknowledgeNotificationRequest {
        let value: JSONValue
        do {
            value = try JSONValue(parsing: text)
        } catch {
            throw .invalidArgument("the message is not JSON, \(error): \(form)")
        }
        guard let object = value.object, let type = object["type"]?.string else {
            throw .invalidArgument("the message has no type: \(form)")
        }
        guard type == "acknowledge" else {
            throw .invalidArgument(
                "nobody knows messages of type '\(RequestReading.excerpt(type))' here: \(form)")
        }
        guard let data = object["data"], data.object != nil else {
            throw .invalidArgument("the message has no data: \(form)")
        }
        var request = try WireJSON.message(
            Bloasis_Notification_AcknowledgeNotificationRequest.self,
            from: Array(data.text.utf8), subject: "data")
        if request.userID.isEmpty { request.userID = userID }
        return request
    }

    private static let form =
        #"send {"type":"acknowledge","data":{"notificationId":"…"}}"#
}
