import Hosting
import Testing

@Suite("Redaction")
struct RedactionTests {
    @Test(
        "passwords in URLs are masked, nothing else",
        arguments: [
            ("postgresql://u:p@h:5432/d", "postgresql://u:<redacted>@h:5432/d"),
            ("redis://:p@h", "redis://:<redacted>@h"),
            ("a://u:p@q@h/x b://v:w:z@i", "a://u:<redacted>@h/x b://v:<redacted>@i"),
            ("http://h:8080/a@b:c", "http://h:8080/a@b:c"),
            ("http://user@h/", "http://user@h/"),
            ("no url: a:b@c", "no url: a:b@c"), ("://", "://"), ("", ""),
        ])
    func urls(text: String, masked: String) {
        #expect(Redaction.maskingPasswords(in: text) == masked)
    }

    @Test("a redacted value is seen by no form of printing")
    func redacted() {
        let secret = Redacted("hunter2")
        var dumped = ""
        dump(secret, to: &dumped)
        #expect(
            !"\(secret) \(String(reflecting: secret)) \([secret]) \(dumped)".contains("hunter2"))
        #expect(secret.exposed == "hunter2")
    }
}
