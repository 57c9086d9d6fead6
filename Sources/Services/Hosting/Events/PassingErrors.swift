package import Contracts
import Ports

/// What passes by itself: the same is tried again for as long as it lasts.
package protocol PassingError: Error {}

/// What a service said that can answer again: an event that needs its answer waits for it.
package struct PassingFault: PassingError, CustomStringConvertible {
    package let fault: RPCFault

    package init(_ fault: RPCFault) {
        self.fault = fault
    }

    package var description: String { fault.message }
}

extension Error {
    /// Whether a store, a bus or a queue is away, busy or full, which passes.
    package var passes: Bool {
        if let error = self as? StoreError { return error.isRetriable }
        if case .unavailable? = self as? EventBusError { return true }
        return self is any PassingError
    }
}
