/// An address of IPv4 or IPv6, and what kind of place it is.
package enum NetworkAddress: Hashable, Sendable {
    case v4(UInt32)
    case v6(UInt128)

    package enum Kind: Sendable, Hashable {
        /// Anywhere on the Internet.
        case ordinary
        /// In a network that the Internet does not reach: a private one, a carrier's own, or a
        /// range that is set aside for tests, documents and the like.
        case inside
        case loopback
        case linkLocal
        /// Where clouds tell a machine its secrets.
        case metadata
        /// `0.0.0.0/8` and `::`: this machine, on most systems.
        case unspecified
        /// To many, or to nobody.
        case multicastOrReserved
        /// Through a tunnel or a translator to an end that cannot be told, or may not be there.
        case tunnel
    }

    /// From numbers in any spelling that systems take: as `inet_aton` reads IPv4 (one to four
    /// parts, each decimal, octal with a leading 0 or hexadecimal with 0x), as RFC 4291 writes
    /// IPv6, without brackets; a zone (`%eth0`) is let pass.
    package init?(_ text: some StringProtocol) {
        if let address = NetworkAddress.v4Number(text) {
            self = .v4(address)
        } else if let address = NetworkAddress.v6Number(text.prefix { $0 != "%" }) {
            self = .v6(address)
        } else {
            return nil
        }
    }

    package var kind: Kind {
        switch self {
        case .v4(let address): NetworkAddress.kind(ofV4: address)
        case .v6(let address): NetworkAddress.kind(ofV6: address)
        }
    }
}

// MARK: - Kinds

extension NetworkAddress {
    /// Amazon, Google, Azure and most others answer at the link-local 169.254.169.254; these are
    /// the ones elsewhere.
    private static let metadataV4: Set<UInt32> = [
        0x6464_64C8,  // 100.100.100.200, Alibaba
        0xC000_00C0,  // 192.0.0.192, Oracle
        0xA83F_8110,  // 168.63.129.16, Azure
    ]
    private static let metadataV6: Set<UInt128> = [
        0xFD00_0EC2_0000_0000_0000_0000_0000_0254,  // Amazon
        0xFD20_00CE_0000_0000_0000_0000_0000_0254,  // Google
        0xFD00_00C1_0000_0000_0000_0000_A9FE_A9FE,  // Oracle
    ]

    /// Ranges of RFC 6890.
    private static func kind(ofV4 address: UInt32) -> Kind {
        if address == 0xA9FE_A9FE || metadataV4.contains(address) { return .metadata }
        return switch address >> 24 {
        case 0: .unspecified
        case 127: .loopback
        case 169 where address >> 16 & 0xFF == 254: .linkLocal
        case 224...: .multicastOrReserved
        case _ where insideV4.contains { address >> $0.shift == $0.prefix }: .inside
        default: .ordinary
        }
    }

    private static func kind(ofV6 address: UInt128) -> Kind {
        switch address {
        case 0: return .unspecified
        case 1: return .loopback
        case _ where metadataV6.contains(address): return .metadata
        case _ where address >> 118 == 0xFE80 >> 6: return .linkLocal
        case _ where address >> 120 == 0xFF: return .multicastOrReserved
        case _ where tunnels.contains { address >> $0.shift == $0.prefix }: return .tunnel
        case _ where address >> 112 == 0x2002: return kind(of6to4: address)
        default: return embeddedV4(address).map(kind(ofV4:)) ?? kind(ofUnicast: address)
        }
    }

    /// Teredo (RFC 4380), whose client's address is obscured, and the prefix for translators of a
    /// network's own (RFC 8215), who alone know where in it the IPv4 address stands.
    private static let tunnels: [(prefix: UInt128, shift: UInt128)] = [
        (0x2001_0000, 96), (0x0064_FF9B_0001, 80),
    ]

    /// The relay of 6to4 may have a global address alone (RFC 3056, section 2): behind a private
    /// one is whatever network this machine is in.
    private static func kind(of6to4 address: UInt128) -> Kind {
        let kind = kind(ofV4: UInt32(truncatingIfNeeded: address >> 80))
        return kind == .inside ? .tunnel : kind
    }

    /// Of 2000::/3, the unicast addresses that the Internet routes (RFC 4291), all but a few.
    private static func kind(ofUnicast address: UInt128) -> Kind {
        let isGlobal =
            address >> 125 == 1 && !insideV6.contains { address >> $0.shift == $0.prefix }
        return isGlobal ? .ordinary : .inside
    }

    /// Ranges that are not globally reachable, after IANA's registry of special-purpose addresses.
    private static let insideV4: [(prefix: UInt32, shift: UInt32)] = [
        (0x0A, 24), (0xAC1, 20), (0xC0A8, 16),  // RFC 1918
        (0x6440_0000 >> 22, 22),  // carriers', RFC 6598
        (0xC0_0000, 8),  // protocols', RFC 6890
        (0xC0_0002, 8), (0xC6_3364, 8), (0xCB_0071, 8),  // documents', RFC 5737
        (0xC0_5863, 8),  // relays' of 6to4, RFC 7526
        (0xC612_0000 >> 17, 17),  // benchmarks', RFC 2544
    ]
    private static let insideV6: [(prefix: UInt128, shift: UInt128)] = [
        (0x2001_0DB8, 96), (0x3FFF_0000 >> 12, 108),  // documents', RFC 3849 and 9637
        (0x2001_0002_0000, 80),  // benchmarks', RFC 5180
        (0x2001_0010 >> 4, 100), (0x2001_0020 >> 4, 100),  // names in place of places, RFC 7343
    ]

    /// The IPv4 address that packets to an IPv6 address end at: mapped and compatible ones (RFC
    /// 4291), and translated ones (RFC 6052, 7915).
    private static func embeddedV4(_ address: UInt128) -> UInt32? {
        switch address >> 32 {
        case 0, 0xFFFF, 0xFFFF_0000, 0x0064_FF9B_0000_0000_0000_0000:
            UInt32(truncatingIfNeeded: address)
        default: nil
        }
    }
}

// MARK: - Reading

extension NetworkAddress {
    private static func v4Number(_ text: some StringProtocol) -> UInt32? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...4).contains(parts.count) else { return nil }
        var address: UInt64 = 0
        for (index, part) in parts.enumerated() {
            guard let value = number(part) else { return nil }
            // The last part fills the bytes that are left.
            let bits = index == parts.count - 1 ? 8 * (5 - parts.count) : 8
            guard value < 1 << bits else { return nil }
            address = address << bits | value
        }
        return UInt32(address)
    }

    private static func number(_ text: some StringProtocol) -> UInt64? {
        let lower = text.lowercased()
        // Some systems take a bare prefix for 0.
        if lower == "0x" { return 0 }
        if lower.hasPrefix("0x") { return digits(lower.dropFirst(2), radix: 16) }
        if lower.hasPrefix("0"), lower.count > 1 { return digits(lower.dropFirst(), radix: 8) }
        return digits(lower[...], radix: 10)
    }

    private static func digits(_ text: some StringProtocol, radix: Int) -> UInt64? {
        // `init(_:radix:)` would take a sign.
        guard text.first?.isHexDigit == true else { return nil }
        return UInt64(text, radix: radix)
    }

    private static func v6Number(_ text: some StringProtocol) -> UInt128? {
        let halves = text.split(separator: "::", omittingEmptySubsequences: false)
        guard (1...2).contains(halves.count),
            let head = groups(halves[0], isLast: halves.count == 1)
        else { return nil }
        guard halves.count == 2 else {
            return head.count == 8 ? head.reduce(0) { $0 << 16 | UInt128($1) } : nil
        }
        guard let tail = groups(halves[1], isLast: true), head.count + tail.count < 8 else {
            return nil
        }
        let high = head.reduce(UInt128(0)) { $0 << 16 | UInt128($1) }
        let low = tail.reduce(UInt128(0)) { $0 << 16 | UInt128($1) }
        return head.isEmpty ? low : high << UInt128(16 * (8 - head.count)) | low
    }

    /// Groups of up to four hexadecimal digits; the last two may be written as IPv4.
    private static func groups(_ text: some StringProtocol, isLast: Bool) -> [UInt16]? {
        guard !text.isEmpty else { return [] }
        var groups: [UInt16] = []
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            if isLast, index == parts.count - 1, part.contains(".") {
                guard part.count(where: { $0 == "." }) == 3, let address = v4Number(part) else {
                    return nil
                }
                groups += [UInt16(address >> 16), UInt16(truncatingIfNeeded: address)]
            } else {
                guard part.utf8.count <= 4, let group = digits(part, radix: 16) else { return nil }
                groups.append(UInt16(group))
            }
        }
        return groups.count <= 8 ? groups : nil
    }
}
