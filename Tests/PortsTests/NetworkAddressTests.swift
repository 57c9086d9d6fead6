import TestSupport
import Testing

@testable import Ports

@Suite("Addresses")
struct NetworkAddressTests {
    @Test(
        "every spelling of an IPv4 address is that address",
        arguments: [
            ("127.0.0.1", 0x7F00_0001), ("127.1", 0x7F00_0001), ("2130706433", 0x7F00_0001),
            ("0x7f000001", 0x7F00_0001), ("0X7F.0.0.1", 0x7F00_0001), ("0177.0.0.01", 0x7F00_0001),
            ("017700000001", 0x7F00_0001), ("127.0.1", 0x7F00_0001), ("127.65535", 0x7F00_FFFF),
            ("0", 0), ("0x", 0), ("255.255.255.255", 0xFFFF_FFFF), ("4294967295", 0xFFFF_FFFF),
            ("169.254.43518", 0xA9FE_A9FE), ("0xA9.0376.0xa9.254", 0xA9FE_A9FE),
        ] as [(String, UInt32)])
    func v4(text: String, value: UInt32) {
        #expect(NetworkAddress(text) == .v4(value))
    }

    @Test(
        "an IPv6 address is read as RFC 4291 has it",
        arguments: [
            ("::", 0), ("::1", 1), ("1::", 1 << 112), ("0:0:0:0:0:0:0:1", 1),
            ("fe80::1%eth0", 0xFE80 << 112 | 1), ("::ffff:127.0.0.1", 0xFFFF_7F00_0001),
            ("::FFFF:7f00:1", 0xFFFF_7F00_0001),
            ("1:2:3:4:5:6:1.2.3.4", 0x0001_0002_0003_0004_0005_0006_0102_0304),
            ("fd00:ec2::254", 0xFD00_0EC2_0000_0000_0000_0000_0000_0254),
        ] as [(String, UInt128)])
    func v6(text: String, value: UInt128) {
        #expect(NetworkAddress(text) == .v6(value))
    }

    @Test(
        "anything else is no address",
        arguments: [
            "", ".", "1.", ".1", "1..2", "1.2.3.4.5", "256.1.1.1", "1.2.3.256", "1.2.65536",
            "4294967296", "08.0.0.1", "+1.0.0.1", "-1", "0x1g", "one", "1.2.3.4 ", "１.2.3.4",
            ":", ":::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "12345::", "::g",
            "1:2:3:4:5:6:7::8", "::1.2.3", "::1.2.3.256", "1.2.3.4::", "::+1",
        ])
    func none(text: String) {
        #expect(NetworkAddress(text) == nil)
    }

    @Test("any address in any spelling is of one kind", arguments: 0..<200)
    func spellings(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let edges: [UInt32] = [
            0, 0x7F00_0001, 0xA9FE_0000, 0xA9FE_A9FE, 0x6464_64C8, 0xE000_0001, 0x0A00_0001,
        ]
        let value =
            Bool.random(using: &generator)
            ? edges[Int.random(in: 0..<edges.count, using: &generator)]
            : UInt32.random(in: .min ... .max, using: &generator)
        let kind = NetworkAddress.v4(value).kind
        for _ in 0..<20 {
            let text = Self.spelling(of: value, &generator)
            let address = try #require(NetworkAddress(text), "\(text)")
            #expect(address.kind == kind, "\(text)")
        }
        let groups = [value >> 16, value & 0xFFFF].map { String($0, radix: 16) }
        let mapped = try #require(NetworkAddress("::ffff:" + groups.joined(separator: ":")))
        #expect(mapped.kind == kind)
    }

    /// One of the ways to write an IPv4 address.
    private static func spelling(of value: UInt32, _ generator: inout SplitMix64) -> String {
        let parts = Int.random(in: 1...4, using: &generator)
        let bytes = (0..<parts - 1).map { value >> UInt32(24 - 8 * $0) & 0xFF }
        let rest = UInt64(value) & (1 << UInt64(8 * (5 - parts)) - 1)
        return (bytes.map(UInt64.init) + [rest]).map { part in
            switch Int.random(in: 0..<3, using: &generator) {
            case 0: String(part)
            case 1: (Bool.random(using: &generator) ? "0x" : "0X") + String(part, radix: 16)
            default: "0" + String(part, radix: 8)
            }
        }.joined(separator: ".")
    }

    @Test(
        "networks that the Internet does not reach, from their first address to their last",
        arguments: [
            ("10.0.0.0", "10.255.255.255"), ("172.16.0.0", "172.31.255.255"),
            ("192.168.0.0", "192.168.255.255"), ("100.64.0.0", "100.127.255.255"),
            ("192.0.0.0", "192.0.0.191"), ("192.0.2.0", "192.0.2.255"),
            ("198.51.100.0", "198.51.100.255"), ("203.0.113.0", "203.0.113.255"),
            ("198.18.0.0", "198.19.255.255"), ("192.88.99.0", "192.88.99.255"),
            ("fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), ("fec0::", "feff::"),
            ("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff"), ("100::", "100::ffff"),
            ("2001:2::", "2001:2:0:ffff:ffff:ffff:ffff:ffff"), ("2001:10::", "2001:2f:ffff::"),
            ("::ffff:10.0.0.1", "::ffff:192.168.0.1"), ("64:ff9b::10.0.0.1", "::172.16.0.1"),
            ("4000::", "5fff::"),
        ])
    func inside(first: String, last: String) throws {
        for text in [first, last] {
            #expect(try #require(NetworkAddress(text)).kind == .inside, "\(text)")
        }
    }

    @Test(
        "what is next to them is anywhere",
        arguments: [
            "9.255.255.255", "11.0.0.0", "172.15.255.255", "172.32.0.0", "192.167.255.255",
            "192.169.0.0", "100.63.255.255", "100.128.0.0", "191.255.255.255", "192.0.1.0",
            "192.0.3.0", "198.17.255.255", "198.20.0.0", "198.51.99.255", "203.0.114.0",
            "192.88.98.255", "223.255.255.255", "1.1.1.1", "2000::", "2001:db7:ffff::",
            "2001:db9::", "3ffe:ffff::", "3fff:1000::", "2606:4700:4700::1111",
            "64:ff9b::1.1.1.1", "2001:30::",
        ])
    func outside(text: String) throws {
        #expect(try #require(NetworkAddress(text)).kind == .ordinary)
    }
}

@Suite("Where webhooks may point")
struct WebhookPolicyTests {
    @Test("inside and without TLS only where that is allowed", arguments: [false, true])
    func switches(isAllowed: Bool) {
        let inside = WebhookPolicy(allowsInside: isAllowed)
        let http = WebhookPolicy(allowsHTTP: isAllowed)
        for host in ["127.0.0.1", "localhost", "[::1]", "10.0.0.1", "[fd00::1]", "2130706433"] {
            #expect((inside.objection(toURL: "https://\(host)/x") == nil) == isAllowed, "\(host)")
        }
        for address in ["127.0.0.1", "::1", "10.0.0.1", "fd00::1", "::ffff:10.0.0.1"] {
            #expect((inside.objection(toAddress: address) == nil) == isAllowed, "\(address)")
        }
        #expect((http.objection(toURL: "HTTP://example.com/") == nil) == isAllowed)
        #expect(inside.objection(toURL: "http://10.0.0.1/") != nil)
        #expect(http.objection(toURL: "http://10.0.0.1/") != nil)
    }

    @Test(
        "never what nobody should ask",
        arguments: [
            "169.254.169.254", "169.254.1.1", "0.0.0.0", "224.0.0.1", "255.255.255.255",
            "[fe80::1]", "[ff02::1]", "[::]", "[2001::1]", "[2002:a00:1::]", "100.100.100.200",
            "[::ffff:169.254.169.254]", "metadata.google.internal", "0xa9fea9fe",
        ])
    func never(host: String) {
        let policy = WebhookPolicy(allowsInside: true, allowsHTTP: true)
        #expect(policy.objection(toURL: "https://\(host)/") != nil)
    }

    @Test("an address is allowed or not, however it is written", arguments: 0..<100)
    func spellings(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        let policy = WebhookPolicy()
        for _ in 0..<50 {
            let value = UInt32.random(in: .min ... .max, using: &generator)
            let bytes = [24, 16, 8, 0].map { value >> $0 & 0xFF }
            let dotted = bytes.map(String.init).joined(separator: ".")
            let isAllowed = policy.objection(toAddress: dotted) == nil
            #expect(isAllowed == (NetworkAddress.v4(value).kind == .ordinary))
            for text in ["::ffff:\(dotted)", "64:ff9b::\(dotted)", "\(value)"] {
                #expect((policy.objection(toAddress: text) == nil) == isAllowed, "\(text)")
            }
            #expect((policy.objection(toURL: "https://\(dotted)/") == nil) == isAllowed)
        }
    }
}
