package import Contracts
package import Hummingbird

/// Lets those open event streams who may.
package struct EventStreamDoor: Sendable {
    private let crossOrigin: CrossOrigin

    package init(_ configuration: HTTPConfiguration) {
        crossOrigin = CrossOrigin(allowed: configuration.allowedOrigins)
    }

    /// Why a stream is not opened for a request: PERMISSION_DENIED for a page from elsewhere.
    package func refusal(of request: Request) -> RPCFault? {
        crossOrigin.refusalOfStream(request)
    }
}
