import Foundation
import Synchronization

/// A PostgreSQL server of the test run's own, on a free loopback port; it ends with the run,
/// however that ends, because it watches the run's end of a pipe.
package final class PostgresServer: Sendable {
    package struct Failure: Error, CustomStringConvertible {
        package var description: String
    }

    /// One for all tests of a process: starting takes a second.
    package static let shared = Task { try await PostgresServer() }

    package let port: Int
    private let input: FileHandle
    private let databases = Atomic<Int>(0)

    // The end of standard input stops the server.
    private static let script = """
        set -eu
        run() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }
        control() {
            run "$bin/pg_ctl" -D "$folder/data" -l "$folder/log" "$@" >>"$folder/control" 2>&1
        }
        bin=$(pg_config --bindir)
        [ -x "$bin/initdb" ] || { echo "no initdb in $bin: install postgresql-15"; exit 1; }
        folder=$(mktemp -d)
        chmod 755 "$folder"
        trap 'control -m immediate stop || true; rm -rf "$folder"' EXIT
        touch "$folder/control" "$folder/log"
        if [ "$(id -u)" = 0 ]; then chown -R postgres "$folder"; fi
        run "$bin/initdb" -A trust -U postgres --no-sync --locale=C.UTF-8 -D "$folder/data" \
            >"$folder/log" 2>&1
        options="-p $1 -c listen_addresses=127.0.0.1 -k $folder -c fsync=off -c max_connections=200"
        control -w -o "$options" start || { cat "$folder/log"; exit 1; }
        echo ready
        cat >/dev/null
        """

    private init() async throws {
        let port = try LoopbackPort.free()
        let (input, output) = (Pipe(), Pipe())
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", Self.script, "postgres", "\(port)"]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        self.port = port
        self.input = input.fileHandleForWriting
        try await Self.expectReady(output.fileHandleForReading)
    }

    /// A new, empty database; gives its address.
    package func database() async throws -> String {
        let number = databases.wrappingAdd(1, ordering: .relaxed).newValue
        let name = "test\(number)"
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [
            "psql", "-q", "-h", "127.0.0.1", "-p", "\(port)", "-U", "postgres", "-c",
            "CREATE DATABASE \(name)",
        ]
        try await withCheckedThrowingContinuation { continuation in
            process.terminationHandler = { continuation.resume(with: Self.outcome(of: $0)) }
            do { try process.run() } catch { continuation.resume(throwing: error) }
        }
        return "postgresql://postgres@127.0.0.1:\(port)/\(name)"
    }

    private static func outcome(of process: Process) -> Result<Void, any Error> {
        guard process.terminationStatus == 0 else {
            return .failure(Failure(description: "psql ended with \(process.terminationStatus)"))
        }
        return .success(())
    }

    private static func expectReady(_ answers: FileHandle) async throws {
        let line = await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                var line = Data()
                while let byte = try? answers.read(upToCount: 1), let first = byte.first,
                    first != UInt8(ascii: "\n")
                {
                    line.append(first)
                }
                continuation.resume(returning: String(decoding: line, as: UTF8.self))
            }
        }
        guard line == "ready" else { throw Failure(description: "PostgreSQL: \(line)") }
    }
}
