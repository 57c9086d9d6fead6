/// Finds the host of a URL; strict, so that whoever requests it finds the same one.
package enum URLHost {
    /// Why a URL has no host that can be told; a phrase that begins with «it» or «its».
    package struct Refusal: Error {
        package let reason: String
    }

    /// The host in lower case, an IPv6 address without brackets, a name without the root's dot.
    package static func of(_ url: String) throws(Refusal) -> String {
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

    // MARK: - Names

    private static let metadataNames: Set<String> = [
        "metadata", "metadata.google.internal", "metadata.goog", "metadata.tencentyun.com",
        "instance-data", "instance-data.ec2.internal",
    ]

    /// Whether a host is the name of what tells machines in a cloud their secrets.
    package static func isMetadata(_ host: String) -> Bool { metadataNames.contains(host) }

    /// RFC 6761, section 6.3, and the names that systems come with.
    package static func isLoopback(_ host: String) -> Bool {
        ["localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback"].contains(host)
            || host.hasSuffix(".localhost")
    }
}
