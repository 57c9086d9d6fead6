import Foundation
import Synchronization
import TestSupport

/// A mail server in plain text, which takes what it is given and remembers its ids.
final class MailReceiver: Sendable {
    private final class Take: Sendable {
        let ids = Mutex<[String]>([])
    }

    private let server: RawServer
    private let take: Take

    /// The `Message-ID`s up to their hosts, of what was taken and answered, in order.
    var ids: [String] { take.ids.withLock { $0 } }

    /// What a program needs to hand in mail here.
    var settings: [String: String] {
        [
            "SMTP_HOST": "127.0.0.1", "SMTP_PORT": "\(server.port)", "SMTP_TLS": "off",
            "SMTP_FROM": "bloasis@example.com",
        ]
    }

    init() throws {
        let take = Take()
        server = try RawServer { peer in
            peer.send("220 mail\r\n".utf8)
            var bytes: [UInt8] = []
            while let more = peer.receive() {
                bytes += more
                guard let answer = MailReceiver.answer(bytes, take) else { continue }
                bytes = []
                guard peer.send(answer.utf8), !answer.hasPrefix("221") else { return }
            }
        }
        self.take = take
    }

    /// To whole lines; to a message once its end is there.
    private static func answer(_ bytes: [UInt8], _ take: Take) -> String? {
        let text = String(decoding: bytes, as: UTF8.self)
        guard text.hasSuffix("\r\n") else { return nil }
        switch text.prefix(4) {
        case "EHLO", "MAIL", "RCPT": return "250 ok\r\n"
        case "DATA": return "354 go on\r\n"
        case "QUIT": return "221 bye\r\n"
        default:
            guard text.hasSuffix("\r\n.\r\n") else { return nil }
            let id = text.firstMatch(of: /\r\nMessage-ID: <([^@>]+)@/).map { String($0.output.1) }
            take.ids.withLock { $0.append(id ?? "") }
            return "250 queued\r\n"
        }
    }
}
