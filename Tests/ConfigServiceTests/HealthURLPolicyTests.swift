import Ports
import Testing

@testable import ConfigService

@Suite("Which health URLs may be asked")
struct HealthURLPolicyTests {
    private let open = HealthURLPolicy(bindAddress: "0.0.0.0")
    private let local = HealthURLPolicy(bindAddress: "127.0.0.1")

    @Test(
        "loopback is allowed when the config-service listens on loopback",
        arguments: [
            ("127.0.0.1", true), ("127.8.8.8", true), ("localhost", true), ("LocalHost", true),
            ("::1", true), ("0.0.0.0", false), ("::", false), ("10.0.0.1", false),
            ("config", false),
        ])
    func loopbackBinding(address: String, allows: Bool) {
        #expect(HealthURLPolicy(bindAddress: address).allowsLoopback == allows)
    }

    @Test(
        "loopback, however it is written",
        arguments: [
            "http://127.0.0.1:8085/health", "http://localhost/", "https://LOCALHOST:1/h",
            "http://localhost.:80", "http://a.localhost/", "http://[::1]:8085/health",
            "http://2130706433/", "http://0x7f.1/", "http://0177.1/", "http://127.1",
            "http://[::ffff:127.0.0.1]/", "http://[::127.0.0.1]/", "http://ip6-loopback/",
            "http://127.0.0.1./", "http://[2002:7f00:1::]/", "http://[64:ff9b::127.0.0.1]/",
        ])
    func loopback(url: String) {
        #expect(open.objection(toURL: url)?.contains("loopback") == true)
        #expect(local.objection(toURL: url) == nil)
    }

    @Test(
        "what nobody may ask",
        arguments: [
            ("http://169.254.169.254/latest/meta-data", "metadata"),
            ("http://169.254.169.254./", "metadata"), ("http://2852039166/", "metadata"),
            ("http://0xa9fea9fe/", "metadata"), ("http://0251.0376.0251.0376/", "metadata"),
            ("http://[::ffff:169.254.169.254]/", "metadata"), ("http://[::ffff:a9fe:a9fe]", "meta"),
            ("http://[64:ff9b::a9fe:a9fe]/", "metadata"), ("http://[fd00:ec2::254]/", "metadata"),
            ("http://[FD00:0EC2:0::0254]/", "metadata"), ("http://[fd20:ce::254]/", "metadata"),
            ("http://100.100.100.200/", "metadata"), ("http://192.0.0.192/", "metadata"),
            ("http://168.63.129.16/", "metadata"), ("http://metadata.google.internal/", "metadata"),
            ("http://METADATA.google.internal.:80/x", "metadata"), ("http://metadata/", "metadata"),
            ("http://instance-data/", "metadata"), ("http://169.254.0.1/", "link-local"),
            ("http://169.254.255.255/", "link-local"), ("http://[fe80::1]/", "link-local"),
            ("http://[febf:ffff::1]/", "link-local"), ("http://0.0.0.0:8082/", "unspecified"),
            ("http://0/", "unspecified"), ("http://0.1.2.3/", "unspecified"),
            ("http://[::]/", "unspecified"), ("http://[0:0::0]:1/", "unspecified"),
            ("http://[::ffff:0.0.0.0]/", "unspecified"), ("http://224.0.0.1/", "multicast"),
            ("http://239.255.255.250/", "multicast"), ("http://255.255.255.255/", "reserved"),
            ("http://240.0.0.1/", "reserved"), ("http://[ff02::1]/", "multicast"),
            ("http://[2002:a9fe:a9fe::1]/", "metadata"), ("http://[2002:a9fe:1::1]/", "link-local"),
            ("http://[2002:e000:1::]/", "multicast"), ("http://[2002::1]/", "unspecified"),
        ])
    func never(url: String, word: String) {
        for policy in [open, local] {
            let objection = policy.objection(toURL: url)
            #expect(objection?.contains(word) == true, "\(objection ?? "allowed")")
        }
    }

    @Test(
        "tunnels and translators are refused from their first address to their last",
        arguments: [
            ("2001::", "2001:0:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff"),
            ("2002:a00::", "2002:aff:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("2002:ac10::", "2002:ac1f:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("2002:c0a8::", "2002:c0a8:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("2002:6440::", "2002:647f:ffff:ffff:ffff:ffff:ffff:ffff"),
        ])
    func tunnels(first: String, last: String) throws {
        for text in [first, last] {
            let objection = local.objection(toURL: "http://[\(text)]:8085/health")
            #expect(objection?.contains("tunnel") == true, "\(text): \(objection ?? "allowed")")
            #expect(open.objection(toAddress: text)?.contains("tunnel") == true)
        }
        guard case .v6(let before)? = NetworkAddress(first),
            case .v6(let after)? = NetworkAddress(last)
        else {
            Issue.record("not an address")
            return
        }
        #expect(NetworkAddress.v6(before - 1).kind != .tunnel)
        #expect(NetworkAddress.v6(after + 1).kind != .tunnel)
    }

    @Test(
        "what is no health URL",
        arguments: [
            ("", "neither http"), ("/health", "neither http"), ("ftp://h/", "neither http"),
            ("file:///etc/passwd", "neither http"), ("gopher://h", "neither http"),
            ("http:/h", "neither http"), ("http:///health", "neither a name"),
            ("http://", "neither a name"), ("http://:80/", "neither a name"),
            ("http://user@h/", "names a user"), ("http://u:p@169.254.169.254/", "names a user"),
            ("http://h\\@127.0.0.1/", "characters"), ("http://h /", "characters"),
            ("http://h\u{0}/", "characters"), ("http://h\r\nX: y/", "characters"),
            ("http://hé/", "characters"), ("http://h:0/", "port"), ("http://h:65536/", "port"),
            ("http://h:+80/", "port"), ("http://h:/", "port"), ("http://h:80:80/", "port"),
            ("http://[::1/", "without its ]"), ("http://[::1]x/", "port"),
            ("http://[1.2.3.4]/", "no IPv6"), ("http://[fe80::1%25eth0]/", "no IPv6"),
            ("http://[]/", "no IPv6"), ("http://%31%32%37.0.0.1/", "neither a name"),
            ("http://a..b/", "neither a name"), ("http://h../", "neither a name"),
            ("http://1.2.3.4.5/", "no IPv4"), ("http://256.1/", "no IPv4"),
            ("http://a.1/", "no IPv4"), ("http://08.8.8.8/", "no IPv4"),
            ("http://1.2.3.0xzz/", "no IPv4"), ("http://4294967296/", "no IPv4"),
        ])
    func unreadable(url: String, word: String) {
        let objection = local.objection(toURL: url)
        #expect(objection?.contains(word) == true, "\(objection ?? "allowed")")
    }

    @Test(
        "services' own URLs",
        arguments: [
            "http://trading:8085/health", "https://a.b-c.example.com/health?x=http://127.0.0.1",
            "HTTP://10.0.0.7:8085/health#x", "http://192.168.1.1", "http://172.16.0.1/",
            "http://[fd12:3456::1]:8085/health", "http://[2001:db8::1]", "http://h_1.svc.local.",
            "http://metadata-service/", "http://169.253.0.1/", "http://170.254.169.254/",
            "http://localhost.example.com/", "http://h/%20/?q=@", "http://[2002:808:808::1]/",
            "http://[64:ff9b::10.1.2.3]/",
        ])
    func allowed(url: String) {
        #expect(open.objection(toURL: url) == nil)
        #expect(local.objection(toURL: url) == nil)
    }

    @Test(
        "an address that a name stands for is looked at too",
        arguments: [
            ("127.0.0.1", "loopback"), ("::1", "loopback"), ("::ffff:127.0.0.1", "loopback"),
            ("169.254.169.254", "metadata"), ("fe80::1%eth0", "link-local"), ("0.0.0.0", "unspec"),
            ("nonsense", "cannot be read"),
        ])
    func resolved(address: String, word: String) {
        #expect(open.objection(toAddress: address)?.contains(word) == true)
        let isLoopback = word == "loopback"
        #expect((local.objection(toAddress: address) == nil) == isLoopback)
        #expect(open.objection(toAddress: "10.1.2.3") == nil)
    }
}
