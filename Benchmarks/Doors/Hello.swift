import Hummingbird
import Logging

/// Hummingbird as its first page has it: a router, a route, no middleware. It logs nothing.
struct Hello {
    let port: Int
    let answer: [UInt8]

    func run() async throws {
        let body = ByteBuffer(bytes: answer)
        let router = Router()
        router.get("v1/market-regime/current") { _, _ in
            Response(
                status: .ok, headers: [.contentType: "application/json; charset=utf-8"],
                body: ResponseBody(byteBuffer: body))
        }
        var logger = Logger(label: "hello")
        logger.logLevel = .critical
        let application = Application(
            router: router,
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: port)),
            onServerRunning: { _ in Main.tellListening() },
            logger: logger)
        try await application.run()
    }
}
