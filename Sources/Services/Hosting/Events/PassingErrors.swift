import Ports

/// What passes by itself: the same is tried again for as long as it lasts.
package protocol PassingError: Error {}

extension Error {
    /// Whether a store, a bus or a queue is away, busy or full, which passes.
    package var passes: Bool {
        if let error = self as? StoreError { return error.isRetriable }
        if case .unavailable? = self as? EventBusError { return true }
        return self is any PassingError
    }
}
