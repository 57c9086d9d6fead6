package import AsyncHTTPClient
package import NIOCore

extension HTTPClient {
    /// A client whose requests are made once, and lead nowhere else: a redirection could take a key
    /// along, and whoever calls decides whether to try again.
    ///
    /// - Parameter silence: how long an answer may pause; `nil`: for as long as it takes.
    package static func once(
        connectingWithin limit: TimeAmount, silence: TimeAmount? = nil
    ) -> HTTPClient {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.timeout.connect = limit
        configuration.timeout.read = silence
        configuration.connectionPool.retryConnectionEstablishment = false
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }
}
