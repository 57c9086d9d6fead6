import Foundation
import FoundationNetworking
import TestSupport

/// The serving program.
struct Server {
    let program: Program
    let port: Int
    let running: Running

    /// `host:port` of the gRPC door.
    var grpcAddress: String { "127.0.0.1:\(grpcPort)" }

    var grpcPort: Int { program.environment["GRPC_PORT"].flatMap { Int($0) } ?? 0 }

    /// An answer comes later on a machine that does other things; that it never comes is what is
    /// noticed.
    private static let answerLimit: TimeInterval = 240

    /// Ends it as an operator does.
    ///
    /// - Returns: the exit code.
    func stop() async throws -> Int32 {
        running.signal(SIGTERM)
        return await running.outcome().status
    }

    func url(_ path: String) -> URL {
        URL(string: "http://127.0.0.1:\(port)\(path)") ?? URL(fileURLWithPath: path)
    }

    func get(_ path: String, token: String? = nil) async throws -> (status: Int, body: String) {
        var request = URLRequest(url: url(path), timeoutInterval: Server.answerLimit)
        if let token { request.setValue("Bearer \(token)", forHTTPHeaderField: "authorization") }
        let (data, response) = try await URLSession.shared.data(for: request)
        return (
            (response as? HTTPURLResponse)?.statusCode ?? 0,
            String(decoding: data, as: UTF8.self)
        )
    }

    func post(
        _ path: String, _ json: String, method: String = "POST", token: String? = nil
    ) async throws -> (status: Int, body: String) {
        var request = URLRequest(url: url(path), timeoutInterval: Server.answerLimit)
        request.httpMethod = method
        request.httpBody = Data(json.utf8)
        request.setValue("application/json", forHTTPHeaderField: "content-type")
        if let token { request.setValue("Bearer \(token)", forHTTPHeaderField: "authorization") }
        let (data, response) = try await URLSession.shared.data(for: request)
        return (
            (response as? HTTPURLResponse)?.statusCode ?? 0,
            String(decoding: data, as: UTF8.self)
        )
    }

    struct Ended: Error {
        let status: Int32
        let errors: String
    }

    /// Starts a program on free ports and waits until it serves.
    ///
    /// - Parameter service: the one to serve; `nil`: all in one process.
    static func start(_ program: Program, service: String? = nil) async throws -> Server {
        var program = program
        let port = try LoopbackPort.free()
        program.environment["HTTP_PORT"] = String(port)
        program.environment["GRPC_PORT"] = String(try LoopbackPort.free(besides: port))
        let server = Server(
            program: program, port: port,
            running: try Running(program.process(["serve"] + (service.map { [$0] } ?? []))))
        if await !server.running.errors.wait(for: "Serving") {
            let outcome = await server.running.outcome()
            throw Ended(status: outcome.status, errors: outcome.errors)
        }
        return server
    }
}
