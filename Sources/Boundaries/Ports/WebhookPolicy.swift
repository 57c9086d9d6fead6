/// Where messages to webhooks may go: on the Internet, over TLS, unless whoever runs the server
/// says otherwise. Ports are not restricted.
package struct WebhookPolicy: Sendable, Equatable {
    private let destinations: DestinationPolicy
    private let allowsHTTP: Bool

    /// - Parameters:
    ///   - allowsInside: loopback and networks that the Internet does not reach, too.
    ///   - allowsHTTP: without TLS, too.
    package init(allowsInside: Bool = false, allowsHTTP: Bool = false) {
        let surroundings: DestinationPolicy.Surroundings =
            allowsInside
            ? .allowed : .refused(advice: ", which this server allows nobody's webhook to do")
        destinations = DestinationPolicy(loopback: surroundings, inside: surroundings)
        self.allowsHTTP = allowsHTTP
    }

    /// Why a URL may not be asked; `nil` when it may.
    package func objection(toURL url: String) -> String? {
        if !allowsHTTP, url.lowercased().hasPrefix("http://") {
            return "it begins with http://: use https://"
        }
        return destinations.objection(toURL: url)
    }

    /// Why an address that a name stands for may not be asked; `nil` when it may.
    package func objection(toAddress text: String) -> String? {
        destinations.objection(toAddress: text)
    }
}
