import Foundation
import Logging
import Market
import Synchronization
import Testing

@testable import Hosting

private final class Lines: Sendable {
    private let stored = Mutex<[String]>([])
    var all: [String] { stored.withLock { $0 } }
    func append(_ line: String) { stored.withLock { $0.append(line) } }
}

@Suite("Log lines")
struct LineLogHandlerTests {
    private let lines = Lines()

    private func logger(_ format: LogFormat = .json, level: Logger.Level = .info) -> Logger {
        let instant = Timestamp(rfc3339: "2019-01-02T03:04:05.678901234Z")
        return Logger(label: "test") { [lines] _ in
            LineLogHandler(
                service: "market-regime", level: level, format: format,
                now: { instant ?? Timestamp(nanoseconds: 0) },
                write: { line, _ in lines.append(line) })
        }
    }

    private func object(_ line: String?) throws -> [String: Any] {
        let parsed = try JSONSerialization.jsonObject(with: Data((line ?? "").utf8))
        return try #require(parsed as? [String: Any])
    }

    @Test("one JSON object a line, fixed fields first, metadata by key")
    func jsonLine() {
        logger().info(
            "Regime changed",
            metadata: [
                "regime": "crisis", "duration_ms": .stringConvertible(12),
                "ok": .stringConvertible(true),
            ])
        #expect(
            lines.all == [
                #"{"timestamp":"2019-01-02T03:04:05.678Z","level":"info","#
                    + #""service":"market-regime","message":"Regime changed","#
                    + #""duration_ms":12,"ok":true,"regime":"crisis"}"#
            ])
    }

    @Test("whatever is logged, the line parses and gives it back")
    func escaping() throws {
        let nasty = "a\"b\\c\nd\re\tf\u{0}\u{1B}[31m\u{7F}\u{2028}é日本🙂 \u{301}/"
        logger().info("\(nasty)", metadata: [nasty: .string(nasty)])
        let line = try #require(lines.all.first)
        #expect(!line.contains { $0.isNewline && $0 != "\u{2028}" })
        let object = try object(line)
        #expect(object["message"] as? String == nasty)
        #expect(object[nasty] as? String == nasty)
    }

    @Test("nested metadata is JSON, a reserved key is renamed, numbers that JSON lacks are texts")
    func metadata() throws {
        logger().info(
            "x",
            metadata: [
                "message": "mine", "list": ["a", .stringConvertible(1.5)],
                "map": ["k": ["deep": ["deeper": ["deepest": "v"]]]],
                "nan": .stringConvertible(Double.nan),
            ])
        let object = try object(lines.all.first)
        #expect(object["message"] as? String == "x")
        #expect(object["metadata.message"] as? String == "mine")
        #expect((object["list"] as? [Any])?.count == 2)
        #expect(object["map"] is [String: Any])
        #expect(object["nan"] as? String == "nan")
    }

    @Test("handler, provider and event metadata merge, the nearest wins; an error is a field")
    func merging() throws {
        var handler = LineLogHandler(
            service: "s", level: .info, format: .json, now: { Timestamp(nanoseconds: 0) },
            write: { [lines] line, _ in lines.append(line) })
        handler.metadata = ["a": "handler", "b": "handler", "c": "handler"]
        handler.metadataProvider = Logger.MetadataProvider { ["b": "provider", "c": "provider"] }
        #expect(handler[metadataKey: "a"] == "handler")
        let logger = Logger(label: "x") { _ in handler }
        logger.error("m", error: ConfigurationError(["broken"]), metadata: ["c": "event"])
        let object = try object(lines.all.first)
        #expect(object["a"] as? String == "handler")
        #expect(object["b"] as? String == "provider")
        #expect(object["c"] as? String == "event")
        #expect(object["error"] as? String == "broken")
    }

    @Test("the level is honoured")
    func levels() {
        let logger = logger(level: .warning)
        for level in Logger.Level.allCases { logger.log(level: level, "x") }
        #expect(lines.all.count == 3)
    }

    @Test("a long text is cut, a text at the limit is not")
    func limits() throws {
        let full = String(repeating: "x", count: LogEntry.textLimit)
        logger().info("\(full)")
        logger().info("\(full)y")
        #expect(try object(lines.all.first)["message"] as? String == full)
        #expect(try object(lines.all.last)["message"] as? String == full + "…")
    }

    @Test("the readable form neither breaks lines nor drives the terminal")
    func readable() {
        logger(.text).warning("a\nb", metadata: ["k": "plain", "q": "two words", "e": "\u{1B}[2J"])
        #expect(
            lines.all == [
                "03:04:05.678Z WARNING  market-regime: a\\nb e=\\u001b[2J k=plain q=\"two words\""
            ])
    }

    @Test("auto is text on a terminal only")
    func auto() {
        #expect(LogFormat.auto.resolved(isTerminal: true) == .text)
        #expect(LogFormat.auto.resolved(isTerminal: false) == .json)
        #expect(LogFormat.json.resolved(isTerminal: true) == .json)
    }

    @Test("the wall clock is later than this test was written, and does not stand still")
    func wallClock() {
        let start = WallClock.now
        #expect(start > Timestamp(nanoseconds: 1_700_000_000_000_000_000))
        var later = WallClock.now
        while later == start { later = WallClock.now }
        #expect(later > start)
    }
}
