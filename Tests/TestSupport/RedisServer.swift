import Foundation
import Synchronization
import Testing

/// A Redis server of the test run's own, on a loopback port that it keeps; it ends with the run,
/// however that ends, because it watches the run's end of a pipe.
package final class RedisServer: Sendable {
    package struct Failure: Error, CustomStringConvertible {
        package var description: String
    }

    /// One for all tests of a process that neither stop it nor mind other tests' keys.
    package static let shared = Task { try await RedisServer() }

    /// One life of the server.
    private struct Life {
        let pid: Int32
        let input: FileHandle
    }

    package let port: Int
    private let password: String?
    private let life = Mutex<Life?>(nil)

    // The end of standard input stops the server, even one that sleeps.
    private static let script = """
        set -eu
        port=$1
        shift
        exec 3<&0
        redis-server --port "$port" --bind 127.0.0.1 --save '' --appendonly no "$@" \
            >/dev/null 2>&1 3<&- &
        server=$!
        (read -r end <&3 || kill -KILL "$server") 2>/dev/null &
        watch=$!
        tries=0
        until redis-cli -p "$port" ping >/dev/null 2>&1; do
            tries=$((tries + 1))
            kill -0 "$server" && [ "$tries" -lt 500 ] || { echo "it did not start"; exit 1; }
            sleep 0.02
        done
        echo "$server"
        { wait "$server" || true; kill "$watch" || true; } 2>/dev/null
        """

    package init(password: String? = nil) async throws {
        port = try LoopbackPort.free()
        self.password = password
        try await start()
    }

    /// `redis://…`, with the password.
    package var url: String {
        "redis://" + (password.map { ":\($0)@" } ?? "") + "127.0.0.1:\(port)"
    }

    // MARK: - Its life

    /// Starts it, empty, on the same port.
    package func start() async throws {
        let (input, output) = (Pipe(), Pipe())
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        let options = password.map { ["--requirepass", $0] } ?? []
        process.arguments = ["-c", Self.script, "redis", "\(port)"] + options
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        let line = await Self.firstLine(output.fileHandleForReading)
        guard let pid = Int32(line) else { throw Failure(description: "redis-server: \(line)") }
        let life = Life(pid: pid, input: input.fileHandleForWriting)
        self.life.withLock { $0 = life }
    }

    /// Stops it in good order, or without mercy, and waits until it has gone.
    package func stop(mercifully: Bool = true) async throws {
        guard let life = life.withLock({ $0 }) else { return }
        if mercifully {
            // Not SIGTERM: whoever starts a process from a task hands on that task's thread's mask,
            // which keeps it out.
            _ = try await cli("shutdown", "nosave")
        } else {
            kill(life.pid, SIGKILL)
        }
        // Its shell's end is no sign: it is told when all have ended that were started meanwhile.
        try await eventually { !LoopbackPort.isTaken(port) }
        try life.input.close()
        self.life.withLock { $0 = nil }
    }

    /// It takes connections and requests, and answers none.
    package func pause() { signal(SIGSTOP) }
    package func resume() { signal(SIGCONT) }

    private func signal(_ number: Int32) {
        if let life = life.withLock({ $0 }) { kill(life.pid, number) }
    }

    // MARK: - An independent client

    /// What `redis-cli` prints.
    package func cli(_ arguments: String...) async throws -> String { try await cli(arguments) }

    package func cli(_ arguments: [String]) async throws -> String {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        let login = password.map { ["--no-auth-warning", "-a", $0] } ?? []
        process.arguments = ["redis-cli", "-p", "\(port)"] + login + arguments
        process.standardOutput = output
        try process.run()
        return await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                let data = (try? output.fileHandleForReading.readToEnd()) ?? Data()
                continuation.resume(
                    returning: String(decoding: data, as: UTF8.self)
                        .trimmingCharacters(in: .newlines))
            }
        }
    }

    private static func firstLine(_ answers: FileHandle) async -> String {
        await withCheckedContinuation { continuation in
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
    }
}
