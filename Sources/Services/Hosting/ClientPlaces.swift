package import Contracts
import Synchronization

/// Places for what clients hold open: so many in all, and so many for each client, so that one
/// cannot take those of all.
package final class ClientPlaces: Sendable {
    /// After so long it is worth asking again for a place.
    private static let retrySeconds = 5

    private struct State {
        var taken = 0
        /// Of those who have some.
        var byClient: [String: Int] = [:]
    }

    private let what: String
    private let limit: Int
    private let clientLimit: Int
    private let state = Mutex(State())

    /// - Parameters:
    ///   - what: is open in a place, for who gets none: `event streams`.
    ///   - limit: of all clients.
    ///   - clientLimit: of one address.
    package init(for what: String, limit: Int, perClient clientLimit: Int) {
        self.what = what
        self.limit = limit
        self.clientLimit = clientLimit
    }

    /// Takes a place until it is given back.
    ///
    /// - Parameter client: the address that it comes from.
    /// - Throws: RESOURCE_EXHAUSTED.
    package func take(for client: String) throws(RPCFault) -> Place {
        let refusal = state.withLock { state -> String? in
            let own = state.byClient[client] ?? 0
            if own >= clientLimit { return "\(own) \(what) of this address" }
            if state.taken >= limit { return "\(state.taken) \(what)" }
            state.taken += 1
            state.byClient[client] = own + 1
            return nil
        }
        if let refusal {
            throw RPCFault(
                .resourceExhausted, "\(refusal) are open already: close one, or poll",
                retryAfterSeconds: ClientPlaces.retrySeconds)
        }
        return Place(of: client, in: self)
    }

    fileprivate func giveBack(_ client: String) {
        state.withLock { state in
            state.taken -= 1
            let left = (state.byClient[client] ?? 0) - 1
            state.byClient[client] = left > 0 ? left : nil
        }
    }

    /// One of them; given back once, at the latest when nobody has it any more.
    package final class Place: Sendable {
        private let client: String
        private let places: ClientPlaces
        private let isHeld = Mutex(true)

        fileprivate init(of client: String, in places: ClientPlaces) {
            self.client = client
            self.places = places
        }

        package func giveBack() {
            let wasHeld = isHeld.withLock { held in
                defer { held = false }
                return held
            }
            if wasHeld { places.giveBack(client) }
        }

        deinit { giveBack() }
    }
}
