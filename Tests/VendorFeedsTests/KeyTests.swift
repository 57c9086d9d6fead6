import Foundation
import Market
import Ports
import TestSupport
import Testing
import WebCalls

@testable import VendorFeeds

@Suite("Keys stay secret")
struct KeyTests {
    private static let key = VendorServer.key
    /// As it stands in URLs.
    private static let encoded = "S3cret%20Key%2F42"

    private static func holdsKey(_ text: String) -> Bool {
        let text = text.lowercased()
        return text.contains(key.lowercased()) || text.contains(encoded.lowercased())
            || text.contains(#"key\/42"#)
    }

    @Test("interpolation, dumping and reflection do not show a key")
    func values() throws {
        let key = APIKey(Self.key)
        var settings = FeedSettings()
        settings.alphaVantageKey = key
        var dumped = ""
        dump(settings, to: &dumped)
        let vendor = try Vendor(.stooq, base: nil, key: key)
        for text in ["\(key)", "\(settings)", dumped, String(reflecting: vendor), "\(vendor)"] {
            #expect(!Self.holdsKey(text))
        }
        #expect("\(key)" == "<redacted>")
    }

    @Test(
        "a vendor's words are repeated without it",
        arguments: [
            ("key as S3cret Key/42 and", "key as <redacted> and"),
            ("S3CRET KEY/42", "<redacted>"),
            ("?apikey=S3cret%20Key%2F42&x", "?apikey=<redacted>&x"),
            ("S3cret Key/4", "S3cret Key/4"), ("a\n\tb\u{7}c", "a b c"), ("", ""),
            ("?k=S3cret+Key/42&x", "?k=<redacted>&x"),
            ("?k=S3cret+Key%2f42&x", "?k=<redacted>&x"),
            ("%533cret%20%4Bey%2F4%32!", "<redacted>!"),
            (#"{"k":"S3cret Key\/42"}"#, #"{"k":"<redacted>"}"#),
            (#"\u00533cret\u0020Key\u002f42"#, "<redacted>"),
            ("S3cret \n\t Key/42", "<redacted>"), ("S3cret Key/42\u{301}", "<redacted>\u{301}"),
            ("日本S3cret Key/42日本", "日本<redacted>日本"),
        ])
    func words(text: String, shown: String) {
        #expect(KeyMask(APIKey(Self.key)).masked(text) == shown)
    }

    @Test(
        "an answer that holds it is known for that",
        arguments: [
            ("S3cret Key/42", true), ("xs3CRET kEY/42x", true), ("a=S3cret%20Key%2F42", true),
            ("S3cret Key/4", false), ("S3S3cret Key/42", true), ("", false),
        ])
    func isIn(text: String, holds: Bool) {
        #expect(KeyMask(APIKey(Self.key)).isIn(Array(text.utf8)) == holds)
        #expect(!KeyMask(nil).isIn(Array(text.utf8)))
    }

    @Test(
        "a key is known however its characters may be written",
        arguments: [
            (#"a"b\c"#, #"x a\"b\\c y"#), (#"a"b\c"#, "xa%22b%5Ccy"), ("%25", "x%2525y"),
            ("+ +", "x%2B+%2By"), ("schlüssel", "xSCHLÜSSELy"), ("schlüssel", "xschl%c3%bcssely"),
            ("schlüssel", #"xschl\u00FCssely"#), ("a😀b", #"xa\uD83D\uDE00by"#),
            ("a😀b", "xa%F0%9F%98%80by"), ("aaab", "xaaaaby"),
        ])
    func forms(key: String, text: String) {
        let mask = KeyMask(APIKey(key))
        #expect(mask.isIn(Array(text.utf8)))
        let shown = mask.masked(text)
        #expect(shown.contains("<redacted>"))
        #expect(!shown.lowercased().contains("ssel") && !shown.contains("b"))
    }

    @Test("words are cut, never within a key", arguments: ["x", "日", "x\u{301}", " \n", "\u{FF}"])
    func length(filler: String) throws {
        let mask = KeyMask(APIKey(Self.key))
        for key in [Self.key, Self.encoded, #"\u00533cret\u0020Key\u002f42"#] {
            for count in [280...310, 590...610].joined() {
                let text = String(repeating: filler, count: count) + key + "yyyy"
                let vendor = try Vendor(.stooq, base: nil, key: APIKey(Self.key))
                let answer = VendorAnswer(
                    status: 200, body: Array(text.utf8), saidAt: FeedStory.now)
                let words = AnswerReading(vendor, try november().symbol).words(of: answer)
                #expect(words == mask.masked(text))
                #expect(words.unicodeScalars.count <= KeyMask.lengthLimit)
                #expect(!words.contains("S3") && !words.contains("0053"))
            }
        }
        #expect(KeyMask(APIKey("")).masked("x") == "x")
    }

    @Test("of a long answer the beginning is looked at, and a key across its end is not shown")
    func window() {
        let mask = KeyMask(APIKey(Self.key))
        for spare in 0...Self.key.utf8.count {
            let blank = String(repeating: " ", count: KeyMask.inputLimit - spare)
            let shown = mask.masked("a" + blank + Self.key + String(repeating: "y", count: 99))
            #expect(shown == "a" || shown == "a <redacted>")
        }
        let many = String(repeating: Self.key + " ", count: 10_000)
        #expect(mask.masked(many).unicodeScalars.count == KeyMask.lengthLimit)
        #expect(!Self.holdsKey(mask.masked(many)) && !mask.masked(many).contains("S3"))
    }

    @Test("no error of any answer that repeats the key shows it", arguments: FeedKind.allCases)
    func errors(kind: FeedKind) async throws {
        guard kind != .csv else { return }
        try await VendorWorld.with { world in
            for body in [
                #"{"Information": "We have detected your API key as KEY, premium endpoint"}"#,
                #"{"Error Message": "KEY is odd"}"#, #"{"Note": "KEY per day"}"#,
                #"{"Time Series (Daily)": {"KEY": {}}}"#,
                #"{"Time Series (Daily)": {"2020-11-23": {"1. open": "KEY"}}}"#,
                #"{"chart": {"error": {"code": "X", "description": "KEY"}}}"#,
                #"{"chart": {"result": [{"meta": {"exchangeTimezoneName": "KEY"}}]}}"#, "KEY",
                "Date,Open,High,Low,Close\n2020-11-23,KEY,1,1,1\n", "DATE,KEY\nKEY,1\n",
                "KEY,Close\n2020-11-23,KEY\n",
            ] {
                for (key, status) in [
                    (Self.key, 200), (Self.encoded, 200), (Self.key.uppercased(), 418),
                    (#"\u00533cret Key\/42"#, 418),
                    (Self.key, 401),
                ] {
                    let body = body.replacing("KEY", with: key)
                    world.server.reply(.answer(status: status, body: body))
                    if case .failure(let error) = try await world.ask(kind) {
                        #expect(!Self.holdsKey("\(error)\(error.reason)") || kind.isKeyless)
                    }
                }
            }
        }
    }

    @Test("it goes into the request alone, not into what is kept")
    func cache() async throws {
        try await withDirectory { directory in
            try await VendorWorld.with(cache: directory.path) { world in
                _ = try await world.ask(.alphaVantage).get()
                _ = try await world.ask(.stooq).get()
                #expect(world.server.targets.count == 2)
                #expect(world.server.targets.allSatisfy { $0.contains(Self.encoded) })
                // An answer that is fine but for repeating the key.
                world.server.reply(
                    .answer(
                        body: VendorServer.fixture("alpha_vantage_daily.json").replacing(
                            "Daily Time Series with", with: Self.key)))
                _ = try await world.ask(
                    .alphaVantage, at: FeedStory.now.advanced(bySeconds: 86_400)
                ).get()
                #expect(world.server.targets.count == 3)
            }
            let files = try FileManager.default.contentsOfDirectory(atPath: directory.path)
            #expect(files.count == 2)
            for file in files {
                let content = try Data(contentsOf: directory.appending(path: file))
                #expect(!Self.holdsKey(file + String(decoding: content, as: UTF8.self)))
            }
        }
    }
}

extension FeedKind {
    /// Vendors that are shown none cannot repeat it.
    fileprivate var isKeyless: Bool { self == .cboe || self == .yahoo }
}
