/// Where requests may go whose URLs somebody else chose, so that nobody reaches with them what only
/// the machine that makes them can.
///
/// A URL is looked at when it is given and before each request, the addresses that its name then
/// stands for as well; whoever requests it connects to one that was looked at, and follows no
/// redirect.
package struct DestinationPolicy: Sendable, Equatable {
    /// What of its surroundings may be asked; what is left out is refused, with what to do about
    /// it. Link-local addresses, metadata services, tunnels, and addresses of many or of nobody
    /// are refused always.
    package enum Surroundings: Sendable, Equatable {
        case allowed
        case refused(advice: String)
    }

    package let loopback: Surroundings
    /// Networks that the Internet does not reach.
    package let inside: Surroundings

    package init(loopback: Surroundings, inside: Surroundings) {
        self.loopback = loopback
        self.inside = inside
    }

    /// Why a URL may not be asked; `nil` when it may.
    package func objection(toURL url: String) -> String? {
        let host: String
        do {
            host = try URLHost.of(url)
        } catch {
            return error.reason
        }
        if let address = NetworkAddress(host) { return objection(to: address.kind) }
        if URLHost.isMetadata(host) { return objection(to: .metadata) }
        return URLHost.isLoopback(host) ? objection(to: .loopback) : nil
    }

    /// Why an address that a name stands for may not be asked; `nil` when it may.
    package func objection(toAddress text: String) -> String? {
        guard let address = NetworkAddress(text) else { return "its address cannot be read" }
        return objection(to: address.kind)
    }

    private func objection(to kind: NetworkAddress.Kind) -> String? {
        switch kind {
        case .ordinary: nil
        case .inside: inside.objection("it points inside the network")
        case .loopback: loopback.objection("it points at loopback")
        case .linkLocal: "it points at a link-local address"
        case .metadata: "it points at a metadata service"
        case .unspecified: "it points at an unspecified address"
        case .multicastOrReserved: "it points at a multicast or reserved address"
        case .tunnel: "it points through a tunnel or a translator, whose end cannot be told"
        }
    }
}

extension DestinationPolicy.Surroundings {
    fileprivate func objection(_ found: String) -> String? {
        switch self {
        case .allowed: nil
        case .refused(let advice): found + advice
        }
    }
}
