import Contracts

/// Messages for chats, as JSON.
enum ChatMessage {
    /// Slack cuts messages that are far longer; nobody reads them.
    static let slackLimit = 4_000
    /// Longer ones are refused.
    static let discordLimit = 2_000
    static let telegramLimit = 4_096

    static let linkTitle = "Open the dashboard"

    static func slack(_ content: WebhookContent) -> String {
        let text = text(content, within: slackLimit, escape: slackEscaped) { url in
            "<\(slackEscaped(url))|\(linkTitle)>"
        }
        return json { $0.member("text", text) }
    }

    static func discord(_ content: WebhookContent) -> String {
        // In angle brackets a link is shown without a preview.
        let text = text(content, within: discordLimit, escape: markdownEscaped) { "<\($0)>" }
        return json { json in
            json.member("content", text)
            // Whoever is named in a text is not called.
            json.member("allowed_mentions") { json in
                json.object { $0.member("parse") { $0.array([String]()) { $0.string($1) } } }
            }
        }
    }

    static func telegram(_ content: WebhookContent, to chat: String) -> String {
        let text = text(content, within: telegramLimit, escape: { $0 }, link: { $0 })
        return json { json in
            json.member("chat_id", chat)
            json.member("text", text)
            json.member("link_preview_options") { json in
                json.object { $0.member("is_disabled", true) }
            }
        }
    }

    // MARK: - Text

    /// Notices one below the other, as many as there is room for, and how many there are besides.
    ///
    /// - Parameter limit: in UTF-16 units, of which no chat counts more than there are.
    private static func text(
        _ content: WebhookContent, within limit: Int, escape: (String) -> String,
        link: (String) -> String
    ) -> String {
        let notices = content.items.map { item in
            ([item.title] + item.lines).map(escape).joined(separator: "\n")
                + (item.link.map { "\n" + link($0) } ?? "")
        }
        let gap = "\n\n"
        for count in stride(from: notices.count, to: 0, by: -1) {
            let rest = notices.count - count
            let text =
                notices.prefix(count).joined(separator: gap)
                + (rest > 0 ? gap + "… and \(rest) more" : "")
            if text.utf16.count <= limit { return text }
        }
        return cut(escape(content.title), to: limit)
    }

    private static func cut(_ text: String, to limit: Int) -> String {
        guard text.utf16.count > limit else { return text }
        var scalars = String.UnicodeScalarView()
        var count = 1
        for scalar in text.unicodeScalars {
            count += UTF16.width(scalar)
            guard count <= limit else { break }
            scalars.append(scalar)
        }
        return String(scalars) + "…"
    }

    private static func slackEscaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
            .replacing(">", with: "&gt;")
    }

    private static func markdownEscaped(_ text: String) -> String {
        String(text.flatMap { "\\*_~`|<>[]#".contains($0) ? ["\\", $0] : [$0] })
    }

    private static func json(_ members: (inout JSONWriter) -> Void) -> String {
        var json = JSONWriter()
        json.object(members)
        return json.text
    }
}

/// `https://api.telegram.org/bot…/sendMessage?chat_id=…`: what a person gives as one URL.
enum TelegramURL {
    /// The URL without its query, and the chat; empty when there is none.
    static func parts(of url: String) -> (url: String, chat: String) {
        let parts = url.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let query = parts.count == 2 ? parts[1] : ""
        let name = "chat_id="
        let chat = query.hasPrefix(name) ? query.dropFirst(name.count) : ""
        return (String(parts[0]), String(chat))
    }

    /// Why a URL is not of that form; `nil` when it is.
    static func objection(to url: String) -> String? {
        let (method, chat) = parts(of: url)
        guard method.hasSuffix("/sendMessage") else { return "it does not end with /sendMessage" }
        let isChat =
            !chat.isEmpty
            && chat.utf8.allSatisfy {
                $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "@") || $0 == UInt8(ascii: "_")
                    || (0x30...0x39).contains($0) || (0x41...0x5A).contains($0)
                    || (0x61...0x7A).contains($0)
            }
        return isChat ? nil : "its query is not chat_id= and a chat, and nothing else"
    }
}
