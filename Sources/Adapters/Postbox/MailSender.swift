import NIOCore
import NIOPosix
import NIOSSL
package import Notices
package import Ports
import WebCalls

/// Hands mail in at a mail server, each message over a connection of its own.
package struct MailSender: MailCourier {
    package static let connectLimit: Duration = .seconds(5)
    /// Of one message once connected: some servers are slow on purpose, or look into it before they
    /// take it. Both limits are over before another process may send the message.
    package static let wholeLimit: Duration = .seconds(45)

    private let server: MailServer
    private let tls: NIOSSLContext?
    private let limit: Duration

    package var sender: String { server.sender }

    /// - Throws: when the file of authorities cannot be read.
    package init(_ server: MailServer) throws {
        try self.init(server, within: MailSender.wholeLimit)
    }

    init(_ server: MailServer, within limit: Duration) throws {
        self.server = server
        self.limit = limit
        guard server.security != .off else {
            tls = nil
            return
        }
        var configuration = TLSConfiguration.makeClientConfiguration()
        if let authorities = server.authorities { configuration.trustRoots = .file(authorities) }
        tls = try NIOSSLContext(configuration: configuration)
    }

    package func send(_ mail: Mail) async throws -> DeliveryResult {
        do {
            return try await converse(mail)
        } catch  where error is CancellationError || Task.isCancelled {
            throw CancellationError()
        } catch {
            return .unable(reason: "the mail server: " + ConnectionProblem.reason(of: error))
        }
    }

    private func converse(_ mail: Mail) async throws -> DeliveryResult {
        let loop = MultiThreadedEventLoopGroup.singleton.any()
        let result = loop.makePromise(of: DeliveryResult.self)
        let channel: any Channel
        do {
            channel = try await ClientBootstrap(group: loop)
                .connectTimeout(TimeAmount(MailSender.connectLimit))
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture { try prepare(channel, mail, result) }
                }
                .connect(host: server.host, port: server.port).get()
        } catch {
            // Nobody is left who would.
            result.fail(error)
            throw error
        }
        let outcome = try await withTaskCancellationHandler {
            try await result.futureResult.get()
        } onCancel: {
            channel.close(promise: nil)
        }
        // Who closed the connection was not the server.
        switch outcome {
        case .failed, .unable: try Task.checkCancellation()
        case .delivered, .rejected, .refused: break
        }
        return outcome
    }

    private func prepare(
        _ channel: any Channel, _ mail: Mail, _ result: EventLoopPromise<DeliveryResult>
    ) throws {
        let handler = SMTPHandler(
            SMTPConversation(mail, to: server), within: limit, result: result, makeTLS: makeTLS)
        if server.security == .implicit {
            try channel.pipeline.syncOperations.addHandler(makeTLS())
        }
        try channel.pipeline.syncOperations.addHandler(handler)
    }

    private struct NoTLS: Error {}

    /// The certificate must be for the host as it is configured, and of somebody who is trusted.
    private func makeTLS() throws -> NIOSSLClientHandler {
        guard let tls else { throw NoTLS() }
        let isNumeric = (try? SocketAddress(ipAddress: server.host, port: 0)) != nil
        return try NIOSSLClientHandler(
            context: tls, serverHostname: isNumeric ? nil : server.host)
    }
}
