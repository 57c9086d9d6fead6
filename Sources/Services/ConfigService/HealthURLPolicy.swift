/// Which health URLs may be asked: whoever registers decides what the config-service sends requests
/// to, and must not reach with them what only its machine can.
///
/// A URL is looked at when it is registered and before each request, the addresses that its name
/// then stands for as well; redirects are not followed. Addresses of private networks are allowed:
/// that is where services are.
package struct HealthURLPolicy: Sendable, Equatable {
    /// Whether loopback may be asked: only by a config-service that nobody elsewhere reaches.
    let allowsLoopback: Bool

    /// - Parameter bindAddress: where the config-service listens.
    package init(bindAddress: String) {
        allowsLoopback =
            HealthURLPolicy.isLoopbackName(bindAddress.lowercased())
            || NetworkAddress(bindAddress)?.kind == .loopback
    }

    /// Why a URL may not be asked; `nil` when it may.
    package func objection(toURL url: String) -> String? {
        let host: String
        do {
            host = try HealthURLHost.of(url)
        } catch {
            return error.reason
        }
        if let address = NetworkAddress(host) { return objection(to: address) }
        if HealthURLPolicy.metadataNames.contains(host) {
            return HealthURLPolicy.objection(to: .metadata)
        }
        if HealthURLPolicy.isLoopbackName(host), !allowsLoopback {
            return HealthURLPolicy.objection(to: .loopback)
        }
        return nil
    }

    /// Why an address that a name stands for may not be asked; `nil` when it may.
    package func objection(toAddress text: String) -> String? {
        guard let address = NetworkAddress(text) else { return "its address cannot be read" }
        return objection(to: address)
    }

    private func objection(to address: NetworkAddress) -> String? {
        let kind = address.kind
        if kind == .loopback, allowsLoopback { return nil }
        return HealthURLPolicy.objection(to: kind)
    }

    private static func objection(to kind: NetworkAddress.Kind) -> String? {
        switch kind {
        case .ordinary: nil
        case .loopback:
            "it points at loopback, which only a config-service that listens on loopback may ask"
        case .linkLocal: "it points at a link-local address"
        case .metadata: "it points at a metadata service"
        case .unspecified: "it points at an unspecified address"
        case .multicastOrReserved: "it points at a multicast or reserved address"
        case .tunnel: "it points through a tunnel or a translator, whose end cannot be told"
        }
    }

    private static let metadataNames: Set<String> = [
        "metadata", "metadata.google.internal", "metadata.goog", "metadata.tencentyun.com",
        "instance-data", "instance-data.ec2.internal",
    ]

    /// RFC 6761, section 6.3, and the names that systems come with.
    private static func isLoopbackName(_ name: String) -> Bool {
        ["localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback"].contains(name)
            || name.hasSuffix(".localhost")
    }
}

/// Finds the host of a health URL; strict, so that whoever requests it finds the same one.
enum HealthURLHost {
    struct Refusal: Error {
        let reason: String
    }

    /// The host in lower case, an IPv6 address without brackets, a name without the root's dot.
    static func of(_ url: String) throws(Refusal) -> String {
        guard url.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\\") }) else {
            throw Refusal(reason: "it has characters that no URL has")
        }
        guard let scheme = ["http://", "https://"].first(where: { url.lowercased().hasPrefix($0) })
        else { throw Refusal(reason: "it begins with neither http:// nor https://") }
        let authority = url.dropFirst(scheme.count).prefix { !"/?#".contains($0) }
        guard !authority.contains("@") else {
            throw Refusal(reason: "it names a user: leave out what stands before the @")
        }
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else {
                throw Refusal(reason: "a [ without its ]")
            }
            try checkPort(authority[authority.index(after: end)...])
            let host = authority[..<end].dropFirst()
            guard !host.contains("%"), case .v6? = NetworkAddress(host) else {
                throw Refusal(reason: "what stands in brackets is no IPv6 address")
            }
            return host.lowercased()
        }
        let host = authority.prefix { $0 != ":" }
        try checkPort(authority[host.endIndex...])
        return try checked(host.lowercased())
    }

    private static func checkPort(_ text: Substring) throws(Refusal) {
        guard !text.isEmpty else { return }
        let digits = text.dropFirst()
        guard text.hasPrefix(":"), (1...5).contains(digits.utf8.count),
            digits.utf8.allSatisfy({ (48...57).contains($0) }), let port = Int(digits),
            (1...65_535).contains(port)
        else { throw Refusal(reason: "its port is not within 1 … 65535") }
    }

    /// A name, or numbers that are an address.
    private static func checked(_ host: String) throws(Refusal) -> String {
        let name = host.hasSuffix(".") ? String(host.dropLast()) : host
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        guard name.utf8.count <= 253, labels.allSatisfy({ isLabel($0) }) else {
            throw Refusal(reason: "its host is neither a name nor an address")
        }
        // A last label of digits makes it an address for whoever resolves it.
        let isNumeric =
            labels.last.map { last in
                last.allSatisfy(\.isNumber) || last.hasPrefix("0x")
            } ?? false
        guard !isNumeric || NetworkAddress(name) != nil else {
            throw Refusal(reason: "its host is no IPv4 address")
        }
        return name
    }

    private static func isLabel(_ label: Substring) -> Bool {
        (1...63).contains(label.utf8.count)
            && label.utf8.allSatisfy {
                switch $0 {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                    UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }
}
