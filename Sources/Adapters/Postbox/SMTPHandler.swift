import NIOCore
import NIOSSL
import Notices
import WebCalls

/// Has a conversation on one connection. On its event loop throughout: once a server agreed on TLS,
/// nothing that it says in plain text is read.
final class SMTPHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var conversation: SMTPConversation
    private var reader = SMTPReplyReader()
    private let makeTLS: () throws -> NIOSSLClientHandler
    private let limit: Duration
    private let result: EventLoopPromise<DeliveryResult>
    private var timer: Scheduled<Void>?
    private var isOver = false

    init(
        _ conversation: SMTPConversation, within limit: Duration,
        result: EventLoopPromise<DeliveryResult>,
        makeTLS: @escaping () throws -> NIOSSLClientHandler
    ) {
        self.conversation = conversation
        self.limit = limit
        self.result = result
        self.makeTLS = makeTLS
    }

    func channelActive(context: ChannelHandlerContext) {
        let late = "the mail server did not answer within \(limit)"
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(limit)) {
            self.finish(self.conversation.failure(late), context)
        }
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        do {
            let replies = try reader.take(buffer.readableBytesView)
            for (index, reply) in replies.enumerated() where !isOver {
                // It is asked one thing at a time: what it says unasked answers nothing.
                let isLast = index == replies.count - 1
                try act(conversation.take(reply), isLast: isLast, context)
            }
        } catch let error as SMTPReplyReader.Malformed {
            finish(conversation.failure("the mail server sends \(error.reason)"), context)
        } catch {
            fail(error, context)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        finish(conversation.failure("the mail server closed the connection"), context)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail(error, context)
    }

    private func fail(_ error: any Error, _ context: ChannelHandlerContext) {
        finish(
            conversation.failure("the mail server: " + ConnectionProblem.reason(of: error)),
            context)
    }

    private func act(
        _ action: SMTPConversation.Action, isLast: Bool, _ context: ChannelHandlerContext
    ) throws {
        switch action {
        case .send(let bytes):
            guard isLast else {
                throw SMTPReplyReader.Malformed(reason: "more than it was asked")
            }
            send(bytes, context)
        case .startTLS:
            // What came along with the agreement was not said over TLS: somebody put it there.
            guard isLast, !reader.hasMore else {
                throw SMTPReplyReader.Malformed(reason: "more in plain text after STARTTLS")
            }
            try context.pipeline.syncOperations.addHandler(makeTLS(), position: .first)
            // It waits until both sides have agreed.
            try act(conversation.secured(), isLast: true, context)
        case .finish(let result, let farewell):
            if let farewell { send(farewell, context) }
            finish(result, context)
        }
    }

    private func send(_ bytes: [UInt8], _ context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
    }

    private func finish(_ result: DeliveryResult, _ context: ChannelHandlerContext) {
        guard !isOver else { return }
        isOver = true
        timer?.cancel()
        self.result.succeed(result)
        context.close(promise: nil)
    }
}

extension DeliveryResult {
    static func failed(reason: String) -> DeliveryResult {
        .failed(reason: reason, retryAfterSeconds: nil)
    }
}
