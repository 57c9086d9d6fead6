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
        if [ -n "$2" ]; then
            cp "$2/server.crt" "$2/server.key" "$folder/data/"
            chmod 600 "$folder/data/server.key"
            if [ "$(id -u)" = 0 ]; then chown postgres "$folder"/data/server.*; fi
            printf 'local all all trust\\nhostssl all all 127.0.0.1/32 trust\\n' \
                >"$folder/data/pg_hba.conf"
            options="$options -c ssl=on"
        fi
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

    /// - Parameter certificate: the server's own, and whoever does not encrypt is kept out; `nil`:
    ///   it does not encrypt.
    package init(certificate: TestCertificate? = nil) async throws {
        let port = try LoopbackPort.free()
        let (input, output) = (Pipe(), Pipe())
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = [
            "-c", Self.script, "postgres", "\(port)", certificate?.folder ?? "",
        ]
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
        try await Self.run([
            "psql", "-q", "-h", "127.0.0.1", "-p", "\(port)", "-U", "postgres", "-c",
            "CREATE DATABASE \(name)"
                + (template.map { " TEMPLATE \($0.split(separator: "/").last ?? "")" } ?? ""),
        ])
        return "postgresql://postgres@127.0.0.1:\(port)/\(name)"
    }

    /// Runs a program to its end.
    fileprivate static func run(_ arguments: [String], isQuiet: Bool = false) async throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = arguments
        if isQuiet { process.standardError = FileHandle.nullDevice }
        let status = try await withCheckedThrowingContinuation {
            (continuation: CheckedContinuation<Int32, any Error>) in
            process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do { try process.run() } catch { continuation.resume(throwing: error) }
        }
        guard status == 0 else {
            throw Failure(description: "\(arguments.first ?? "") ended with \(status)")
        }
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

/// A certificate that signs itself, for a server on the loopback.
package struct TestCertificate: Sendable {
    let folder: String

    /// What a client has to trust.
    package var path: String { folder + "/server.crt" }
    package var keyPath: String { folder + "/server.key" }

    /// - Parameter names: what the server is called, as openssl writes it.
    package init(for names: String = "IP:127.0.0.1") async throws {
        folder =
            FileManager.default.temporaryDirectory
            .appendingPathComponent("bloasis-certificate-" + UUID().uuidString).path
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        try await PostgresServer.run(
            [
                "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=" + names,
                "-keyout", keyPath, "-out", path,
            ], isQuiet: true)
    }

    package func remove() { try? FileManager.default.removeItem(atPath: folder) }
}
