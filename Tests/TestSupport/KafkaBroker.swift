import Foundation
import Synchronization

/// A broker of the test run's own that speaks Kafka's protocol (noida-db), on a free loopback port;
/// it ends with the run, however that ends, because it watches the run's end of a pipe.
///
/// It is not Kafka in every point: it may report partitions as lost that a member gave back, it
/// may leave a member unanswered that joins while another leaves (see CONTRIBUTING), and it loses
/// acknowledged records when it is killed (not when it is stopped).
package final class KafkaBroker: Sendable {
    package struct Failure: Error, CustomStringConvertible {
        package var description: String
    }

    /// One for all tests of a process that leave it running.
    package static let shared = Task { try await KafkaBroker() }

    package let port: Int
    private let input: FileHandle
    private let output: FileHandle
    private let names = Atomic<Int>(0)

    package var servers: String { "127.0.0.1:\(port)" }

    // The end of standard input stops the broker.
    private static let script = """
        set -eu
        port=$1
        program=$("$2") || { echo "no broker: run $2"; exit 1; }
        folder=$(mktemp -d)
        broker=
        halt() {
            [ -n "$broker" ] || return 0
            kill "$broker"
            wait "$broker" || true
            broker=
        }
        start() {
            : >"$folder/log"
            "$program" start --data-dir "$folder/data" --only kafka --kafka-port "$port" \
                >>"$folder/log" 2>&1 &
            broker=$!
            until grep -q "127.0.0.1:$port" "$folder/log"; do
                kill -0 "$broker" || { tr '\\n' ' ' <"$folder/log"; exit 1; }
                sleep 0.02
            done
        }
        trap 'halt; rm -rf "$folder"' EXIT
        trap 'exit 1' HUP INT TERM
        start
        echo done
        while read -r command; do
            case $command in
            start) start ;;
            stop) halt ;;
            esac
            echo done
        done
        """

    /// Threads that run tasks have signals blocked, and children inherit that: the broker would
    /// not hear that it is to stop.
    private static let unblocking = """
        import os, signal, sys
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        os.execvp(sys.argv[1], sys.argv[1:])
        """

    package init() async throws {
        let port = try LoopbackPort.free()
        let (input, output) = (Pipe(), Pipe())
        let installer = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Scripts/install-test-brokers.sh").standardizedFileURL
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [
            "python3", "-c", Self.unblocking, "/bin/sh", "-c", Self.script, "kafka", "\(port)",
            installer.path,
        ]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        self.port = port
        self.input = input.fileHandleForWriting
        self.output = output.fileHandleForReading
        try await expectDone()
    }

    /// A name that no other test has.
    package func name(_ stem: String) -> String {
        "\(stem)-\(names.wrappingAdd(1, ordering: .relaxed).newValue)"
    }

    /// Stops in good order; what was acknowledged stays.
    package func stop() async throws { try await command("stop") }

    /// Starts again on the same port, with the same data.
    package func start() async throws { try await command("start") }

    /// Stands between clients and this broker, which clients then know by the proxy's address.
    package func proxy() throws -> FaultProxy { try FaultProxy(toKafka: port) }

    private func command(_ word: String) async throws {
        try input.write(contentsOf: Data("\(word)\n".utf8))
        try await expectDone()
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
        guard line == "done" else { throw Failure(description: "the Kafka broker: \(line)") }
    }
}

extension FaultProxy {
    /// Before a broker, which clients then know by the proxy's address.
    convenience init(toKafka port: Int) throws {
        try self.init(to: port) { ByteRewriter(Self.address(port), by: Self.address($0)) }
    }

    /// As Kafka's protocol writes a host and a port.
    private static func address(_ port: Int) -> [UInt8] {
        let host = Array("127.0.0.1".utf8)
        let number = withUnsafeBytes(of: Int32(port).bigEndian) { Array($0) }
        return [0, UInt8(host.count)] + host + number
    }
}
