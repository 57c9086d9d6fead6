import NIOCore
import NIOPosix
import NIOSSL
import Synchronization
import TestSupport

/// A mail server that answers as a test says.
final class MailStub: Sendable {
    enum Answer: Sendable {
        case say(String)
        /// A line in plain text, and TLS from then on.
        case sayAndSecure(String)
        case close
    }

    private let journal: Journal
    private let channel: any Channel

    fileprivate final class Journal: Sendable {
        let lines = Mutex<[String]>([])
    }

    /// - Parameters:
    ///   - tls: the server's certificate; `nil`: it has none.
    ///   - isImplicit: whether TLS begins with the first byte.
    ///   - answers: to lines that begin with a word, in place of the usual ones; to nothing, the
    ///     greeting; to `.`, the message.
    init(
        tls: NIOSSLContext? = nil, isImplicit: Bool = false, _ answers: [String: Answer] = [:]
    ) async throws {
        let journal = Journal()
        self.journal = journal
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let tls, isImplicit {
                        try pipeline.addHandler(NIOSSLServerHandler(context: tls))
                    }
                    try pipeline.addHandler(StubHandler(journal, tls, answers))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    var port: Int { channel.localAddress?.port ?? 0 }

    /// What it was told, line by line.
    var lines: [String] { journal.lines.withLock { $0 } }

    func close() async { try? await channel.close() }
}

private final class StubHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let journal: MailStub.Journal
    private let tls: NIOSSLContext?
    private let answers: [String: MailStub.Answer]
    private var line: [UInt8] = []
    private var isMessage = false

    private static let usual: [String: MailStub.Answer] = [
        "": .say("220 stub"), "EHLO": .say("250-stub\r\n250-STARTTLS\r\n250 AUTH PLAIN LOGIN"),
        "STARTTLS": .sayAndSecure("220 go"), "AUTH": .say("235 welcome"), "MAIL": .say("250 ok"),
        "RCPT": .say("250 ok"), "DATA": .say("354 go on"), ".": .say("250 queued"), "QUIT": .close,
    ]

    init(_ journal: MailStub.Journal, _ tls: NIOSSLContext?, _ answers: [String: MailStub.Answer]) {
        self.journal = journal
        self.tls = tls
        self.answers = answers
    }

    func channelActive(context: ChannelHandlerContext) { answer("", context) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        for byte in unwrapInboundIn(data).readableBytesView {
            guard byte == UInt8(ascii: "\n") else {
                line.append(byte)
                continue
            }
            let text = String(decoding: line.dropLast(), as: UTF8.self)
            line = []
            journal.lines.withLock { $0.append(text) }
            if isMessage {
                guard text == "." else { continue }
                isMessage = false
            }
            answer(String(text.prefix { $0 != " " }), context)
        }
    }

    private func answer(_ word: String, _ context: ChannelHandlerContext) {
        switch answers[word] ?? StubHandler.usual[word] {
        case .say(let text): say(text, context)
        case .sayAndSecure(let text):
            say(text, context)
            guard let tls else { return }
            try? context.pipeline.syncOperations.addHandler(
                NIOSSLServerHandler(context: tls), position: .first)
        case .close: context.close(promise: nil)
        case nil: say("500 what", context)
        }
        if word == "DATA" { isMessage = true }
    }

    private func say(_ text: String, _ context: ChannelHandlerContext) {
        guard !text.isEmpty else { return }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text + "\r\n")), promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}

extension TestCertificate {
    /// For a server that shows it.
    func serverContext() throws -> NIOSSLContext {
        try NIOSSLContext(
            configuration: .makeServerConfiguration(
                certificateChain: NIOSSLCertificate.fromPEMFile(path).map { .certificate($0) },
                privateKey: .privateKey(NIOSSLPrivateKey(file: keyPath, format: .pem))))
    }
}
