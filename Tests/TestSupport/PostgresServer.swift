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
    private let output: FileHandle
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
        echo done
        while read -r command; do
            case $command in
            start) control -w -o "$options" start ;;
            kill) control -m immediate stop ;;
            esac
            echo done
        done
        """

    package init() async throws {
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
        self.output = output.fileHandleForReading
        try await expectDone()
    }

    /// Ends all of its processes without mercy, as a crash does; what was committed stays.
    package func kill() async throws { try await command("kill") }

    /// Starts again on the same port, with the same data.
    package func start() async throws { try await command("start") }

    private func command(_ word: String) async throws {
        try input.write(contentsOf: Data("\(word)\n".utf8))
        try await expectDone()
    }

    /// A new database; gives its address.
    ///
    /// - Parameter template: the address of the database that it is a copy of, which nobody may be
    ///   connected to; `nil`: it is empty.
    package func database(copying template: String? = nil) async throws -> String {
        let number = databases.wrappingAdd(1, ordering: .relaxed).newValue
        let name = "test\(number)"
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [
            "psql", "-q", "-h", "127.0.0.1", "-p", "\(port)", "-U", "postgres", "-c",
            "CREATE DATABASE \(name)"
                + (template.map { " TEMPLATE \($0.split(separator: "/").last ?? "")" } ?? ""),
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

    private func expectDone() async throws {
        let line = await withCheckedContinuation { continuation in
            DispatchQueue.global().async { [output] in
                var line = Data()
                while let byte = try? output.read(upToCount: 1), let first = byte.first,
                    first != UInt8(ascii: "\n")
                {
                    line.append(first)
                }
                continuation.resume(returning: String(decoding: line, as: UTF8.self))
            }
        }
        guard line == "done" else { throw Failure(description: "PostgreSQL: \(line)") }
    }
}
