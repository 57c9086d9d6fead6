/// A request about what is one user's own.
package protocol UserRequest {
    /// Whose; empty when the request does not say.
    var userID: String { get }
}

extension Bloasis_Trading_GetPortfolioRequest: UserRequest {}
extension Bloasis_Trading_OpenPaperPortfolioRequest: UserRequest {}
extension Bloasis_Trading_ListPaperPortfoliosRequest: UserRequest {}
extension Bloasis_Trading_ClosePaperPortfolioRequest: UserRequest {}
extension Bloasis_Trading_ListPaperDecisionsRequest: UserRequest {}

extension Bloasis_Trading_RecordFillRequest: UserRequest {
    package var userID: String { fill.userID }
}

extension Bloasis_Accounts_GetAccountRequest: UserRequest {}
extension Bloasis_Accounts_EndSessionsRequest: UserRequest {}

extension Bloasis_Notification_ListNotificationsRequest: UserRequest {}
extension Bloasis_Notification_StreamNotificationsRequest: UserRequest {}
extension Bloasis_Notification_AcknowledgeNotificationRequest: UserRequest {}
extension Bloasis_Notification_AcknowledgeNotificationsRequest: UserRequest {}
extension Bloasis_Notification_GetPreferencesRequest: UserRequest {}
extension Bloasis_Notification_UpdatePreferencesRequest: UserRequest {}
extension Bloasis_Notification_CreateWebhookRequest: UserRequest {}
extension Bloasis_Notification_ListWebhooksRequest: UserRequest {}
extension Bloasis_Notification_GetWebhookRequest: UserRequest {}
extension Bloasis_Notification_UpdateWebhookRequest: UserRequest {}
extension Bloasis_Notification_DeleteWebhookRequest: UserRequest {}
extension Bloasis_Notification_TestWebhookRequest: UserRequest {}
extension Bloasis_Notification_RotateWebhookSecretRequest: UserRequest {}
