import Foundation
import FoundationNetworking
import Synchronization
import Testing

/// A server that speaks as S3 does (PyPI's moto), of the test run's own, on a free loopback port;
/// it ends with the run, however that ends, because it watches the run's end of a pipe.
///
/// It takes any key and any signature: those are held against Amazon's published examples.
package final class MotoServer: Sendable {
    package struct Failure: Error, CustomStringConvertible {
        package var description: String
    }

    /// One for all tests of a process; each has a bucket of its own.
    package static let shared = Task { try await MotoServer() }

    package let port: Int
    private let input: FileHandle
    private let buckets = Atomic<Int>(0)

    // The end of standard input stops the server.
    private static let script = """
        set -eu
        python=$("$1")
        exec 3<&0
        "$python" -m moto.server -H 127.0.0.1 -p "$2" >/dev/null 2>&1 3<&- &
        server=$!
        read -r end <&3 || kill -KILL "$server"
        """

    private init() async throws {
        port = try LoopbackPort.free()
        let installer = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Scripts/install-test-objects.sh").standardizedFileURL
        let pipe = Pipe()
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", Self.script, "moto", installer.path, "\(port)"]
        process.standardInput = pipe
        try process.run()
        input = pipe.fileHandleForWriting
        try await eventually(within: .seconds(120)) { [port] in LoopbackPort.isTaken(port) }
    }

    package var url: String { "http://127.0.0.1:\(port)" }

    /// Makes a bucket, as its owner does.
    package func bucket() async throws -> String {
        let name = "test-\(buckets.add(1, ordering: .relaxed).newValue)"
        guard let url = URL(string: "\(url)/\(name)") else {
            throw Failure(description: "\(self.url) is no URL")
        }
        var request = URLRequest(url: url)
        request.httpMethod = "PUT"
        let scope = "20260101/us-east-1/s3/aws4_request"
        request.setValue(
            "AWS4-HMAC-SHA256 Credential=test/\(scope)", forHTTPHeaderField: "authorization")
        let (_, response) = try await URLSession.shared.data(for: request)
        guard (response as? HTTPURLResponse)?.statusCode == 200 else {
            throw Failure(description: "moto made no bucket: \(response)")
        }
        return name
    }
}
