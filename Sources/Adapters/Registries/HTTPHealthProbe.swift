import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import Ports
import WebCalls

/// Asks over HTTP: any status of 200 to 299 is healthy, and redirects are not followed.
package struct HTTPHealthProbe: HealthProbe {
    /// Of an answer's body; what is longer is not read to its end.
    static let bodyLimitBytes = 64 << 10

    private let calls: PinnedCalls

    /// - Parameter objection: why an address may not be connected to; `nil` when it may.
    package init(objection: @escaping @Sendable (_ address: String) -> String?) {
        calls = PinnedCalls(objection: objection)
    }

    package func check(_ url: String, within limit: Duration) async throws {
        let late = ProbeFailure("no answer within \(limit)")
        let status = try await withLimit(limit, else: late) {
            try await ask(url, within: limit)
        }
        guard (200...299).contains(status) else { throw ProbeFailure("it answers \(status)") }
    }

    private func ask(_ url: String, within limit: Duration) async throws -> UInt {
        var request = HTTPClientRequest(url: url)
        request.headers.add(name: "User-Agent", value: "bloasis-config-service")
        do {
            return try await calls.call(request, connectingWithin: limit) { response in
                let status = response.status.code
                guard (200...299).contains(status) else { return status }
                var read = 0
                for try await part in response.body {
                    read += part.readableBytes
                    if read > HTTPHealthProbe.bodyLimitBytes { break }
                }
                return status
            }
        } catch let failure as PinnedCalls.Failure {
            switch failure {
            case .unreadableURL: throw ProbeFailure("its URL cannot be read")
            case .forbidden(let reason), .unreachable(let reason): throw ProbeFailure(reason)
            }
        }
    }
}
