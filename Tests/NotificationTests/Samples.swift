import Foundation
import Market
import Notices
import Ports
import Regimes
import Testing

@testable import Notification

/// What people are told, for tests.
enum Told {
    static let start = Timestamp(secondsSinceEpoch: 1_700_000_000) ?? .earliest

    static func notice(
        _ number: Int, reasoning: String = "by volatility", market: String = "SPX"
    ) throws -> Notice {
        let step = RegimeStep(
            series: Series(market: try #require(MarketName(market)), timeframe: .daily),
            previous: .normalBull, regime: .crisis, confidence: 0.9, isCalibrated: false,
            reasoning: reasoning, sequence: Int64(number), isRestatement: false)
        return Notice(
            eventID: EventID("e\(number)"), timestamp: start, matter: .change(step),
            event: #"{"number":\#(number)}"#)
    }

    static func delivery(
        _ webhook: Webhook, positions: ClosedRange<Int> = 7...7, attempt: Int = 1
    ) throws -> Delivery {
        let notices = try positions.map { position in
            ToldNotice(
                position: Int64(position), addressee: .everyone, notice: try notice(position),
                previous: nil, toldAt: start.advanced(bySeconds: Int64(position)))
        }
        return Delivery(
            webhook: webhook, addressee: .everyone, notices: notices, attempt: attempt)
    }

    static func secret(_ byte: UInt8, until end: Timestamp? = nil) throws -> WebhookSecret {
        try #require(WebhookSecret(Array(repeating: byte, count: 32), until: end))
    }

    static func webhook(
        _ number: Int = 1, _ format: WebhookFormat = .standard, url: String? = nil,
        secrets: [WebhookSecret]? = nil
    ) throws -> Webhook {
        Webhook(
            id: WebhookID("wh_\(number)"), url: url ?? "https://example.com/hooks/\(number)",
            format: format, secrets: try secrets ?? (format == .standard ? [secret(1)] : []))
    }

    static let wording = NotificationWording(dashboard: "https://dash.example")
}

/// `Fixtures/golden/deliveries.json`.
struct Golden: Decodable {
    struct Signature: Decodable, Sendable {
        var secret: String
        var id: String
        var timestamp: Int64
        var body: String
        var signature: String
    }

    struct Message: Decodable, Sendable {
        struct Item: Decodable, Sendable {
            var title: String
            var lines: [String]
            var link: String?
        }

        var id: String
        var timestamp: Int64
        var items: [Item]
        var mail: String?
        var chats: [String: String]

        func content() throws -> WebhookContent {
            WebhookContent(
                id: id, kind: "regime_change",
                timestamp: try #require(Timestamp(secondsSinceEpoch: timestamp)), data: "{}",
                items: items.map {
                    WebhookContent.Item(title: $0.title, lines: $0.lines, link: $0.link)
                })
        }
    }

    var signatures: [Signature]
    var messages: [Message]

    static func read() throws -> Golden {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
        let file = folder.appending(path: "../../Fixtures/golden/deliveries.json")
        return try JSONDecoder().decode(
            Golden.self, from: Data(contentsOf: file.standardizedFileURL))
    }
}
