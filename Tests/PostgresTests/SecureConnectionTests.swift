import Postgres
import Synchronization
import TestSupport
import Testing

@Suite("Connections over TLS", .serialized, .timeLimit(.minutes(5)))
struct SecureConnectionTests {
    /// Runs a test with a server that nobody may talk to in the clear, and a database of it.
    private func withServer(_ body: (TestCertificate, String) async throws -> Void) async throws {
        let certificate = try await TestCertificate()
        defer { certificate.remove() }
        let server = try await PostgresServer(certificate: certificate)
        defer { withExtendedLifetime(server) {} }
        try await body(certificate, try await server.database())
    }

    private func open(_ url: String) async throws -> PostgresConnection {
        try await PostgresConnection.open(try PostgresTarget(url: url), within: Database.patience)
    }

    @Test func everythingWorksAsInTheClear() async throws {
        try await withServer { certificate, url in
            let verified = "sslmode=verify-full&sslrootcert=\(certificate.path)"
            for options in ["sslmode=require", verified] {
                let connection = try await open("\(url)?\(options)")
                let encrypted = try await connection.count(
                    "select count(*) from pg_stat_ssl where pid = pg_backend_pid() and ssl")
                #expect(encrypted == 1)
                try await expectLongAnswers(connection)
                try await expectCopies(connection)
                await #expect(throws: PostgresError.self) {
                    try await connection.run("select pg_sleep(600)", within: .milliseconds(100))
                }
                #expect(try await connection.count("select 5") == 5)
                await connection.close()
            }
        }
    }

    /// Rows of every size around that of a record, and far above it.
    private func expectLongAnswers(_ connection: PostgresConnection) async throws {
        for size in [8_000, 16_000, 16_384, 17_000, 100_001, 1_000_000] {
            let rows = try await connection.ask(
                "select repeat('x', \(size)::int) from generate_series(1, 3)")
            let sizes = try rows.map { try $0.value(0, as: String.self).utf8.count }
            #expect(sizes == [size, size, size])
        }
        let rows = try await connection.ask(
            "select repeat('y', 1000) from generate_series(1, 5000)")
        #expect(rows.count == 5_000)
    }

    private func expectCopies(_ connection: PostgresConnection) async throws {
        try await connection.ask("drop table if exists texts")
        try await connection.ask("create table texts (text text)")
        let count = 2_000
        let next = Atomic<Int>(0)
        let copied = try await connection.copy(
            into: "texts", ["text"], within: Database.patience
        ) {
            guard next.wrappingAdd(1, ordering: .relaxed).oldValue < count else { return nil }
            return [.text(String(repeating: "z", count: 1_000))]
        }
        #expect(copied == count)
        #expect(try await connection.count("select count(*) from texts") == Int64(count))
    }

    @Test func whomNobodyVouchesForIsRefused() async throws {
        try await withServer { _, url in
            let other = try await TestCertificate()
            defer { other.remove() }
            let secret = url.replacing("//postgres@", with: "//postgres:s3cret@")
            let options = "sslmode=verify-full&sslrootcert=\(other.path)"
            let error = await #expect(throws: PostgresError.self) {
                try await open("\(secret)?\(options)")
            }
            let text = "\(try #require(error))"
            #expect(text.contains("certificate verify failed"), "\(text)")
            #expect(!text.contains("s3cret"), "\(text)")
        }
    }

    @Test func whoDoesNotEncryptIsRefused() async throws {
        try await withServer { _, url in
            let error = await #expect(throws: PostgresError.self) {
                try await open("\(url)?sslmode=disable")
            }
            let text = "\(try #require(error))"
            #expect(text.contains("no encryption"), "\(text)")
        }
    }
}
