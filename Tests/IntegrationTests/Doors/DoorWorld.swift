import Foundation
import TestSupport
import Testing

/// A server with something to answer, on a store of its own, and what must hold after a fault.
struct DoorWorld {
    let server: Server
    private let residentBefore: Int

    /// What clients say that no log may hold.
    static let secret = "s3cret"
    /// What the server may hold in memory besides what it held before the fault.
    static let growthLimitMebibytes = 256

    init() async throws {
        server = try await Server.start(try await Program.backfilled("--emit"))
        try await DoorWorld.expectWell(server)
        residentBefore = try DoorWorld.resident(server)
    }

    func connect() throws -> RawConnection { try RawConnection(to: server.port) }

    /// What is answered to some bytes until the end of the connection.
    func answer(to bytes: [UInt8], endSending: Bool = false) async throws -> String {
        let connection = try connect()
        connection.send(bytes)
        if endSending { connection.endSending() }
        return String(decoding: await connection.rest(), as: UTF8.self)
    }

    /// The server answers its probe and a real question, over connections of their own.
    static func expectWell(_ server: Server) async throws {
        for (path, expected) in [
            ("/health", #""status":"healthy""#), ("/v1/market-regime/current", #""regime":""#),
        ] {
            let connection = try RawConnection(to: server.port)
            connection.send("GET \(path) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            let told = String(decoding: await connection.rest(), as: UTF8.self)
            #expect(told.hasPrefix("HTTP/1.1 200 ") && told.contains(expected), "\(told)")
        }
    }

    func expectMemoryBounded(_ fault: String) throws {
        let growth = try DoorWorld.resident(server) - residentBefore
        #expect(growth <= Self.growthLimitMebibytes, "\(fault): \(growth) MiB more")
    }

    /// The server is well, is not swollen, ends in good order, and has kept to itself what it was
    /// told; clients' faults are none of its own.
    func end() async throws {
        defer { server.program.remove() }
        try await Self.expectWell(server)
        try expectMemoryBounded("at the end")
        server.running.signal(SIGTERM)
        let outcome = await server.running.outcome()
        #expect(outcome.status == 0, "\(outcome.errors.suffix(2_000))")
        let log = outcome.errors.split(separator: "\n")
        #expect(log.filter { $0.contains(Self.secret) }.isEmpty)
        #expect(log.filter { $0.contains(#""level":"error""#) }.isEmpty)
    }

    /// What a server holds in memory, in MiB.
    static func resident(_ server: Server) throws -> Int {
        let status = try String(
            contentsOfFile: "/proc/\(server.running.processIdentifier)/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") })
        return try #require(line.split { !$0.isNumber }.first.flatMap { Int($0) }) / 1_024
    }
}
