import AsyncHTTPClient
import NIOCore
import NIOHTTP1
package import Ports

/// Fetches key sets.
package protocol KeySetFetcher: Sendable {
    /// The document behind a URL, within a bounded time.
    func document(at url: KeySetURL) async throws(KeySourceError) -> [UInt8]
}

/// Fetches over HTTP. Redirects are not followed: where keys come from was configured.
package struct HTTPKeySetFetcher: KeySetFetcher {
    /// For the whole answer.
    package static let standardLimit = Duration.seconds(5)

    private let limit: Duration

    package init(limit: Duration = standardLimit) {
        self.limit = limit
    }

    package func document(at url: KeySetURL) async throws(KeySourceError) -> [UInt8] {
        do {
            // The client's own deadline, not used here, ends with the answer's head.
            return try await withThrowingTaskGroup { tasks in
                tasks.addTask { try await fetch(url) }
                tasks.addTask {
                    try await Task.sleep(for: limit)
                    throw KeySourceError(
                        location: "\(url)",
                        problem: "no whole answer within \(limit): is the issuer up?")
                }
                defer { tasks.cancelAll() }
                return try await tasks.next() ?? []
            }
        } catch let error as KeySourceError {
            throw error
        } catch is NIOTooManyBytesError {
            throw KeySourceError(
                location: "\(url)",
                problem: "more than \(KeySetDocument.bytesLimit) bytes: is this a key set?")
        } catch {
            throw KeySourceError(
                location: "\(url)", problem: "no answer (\(error)): is the issuer up?")
        }
    }

    private func fetch(_ url: KeySetURL) async throws -> [UInt8] {
        var request = HTTPClientRequest(url: url.text)
        request.headers.add(name: "accept", value: "application/jwk-set+json, application/json")
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        // The schedule tries again; a caller need not wait for a server that is not there.
        configuration.connectionPool.retryConnectionEstablishment = false
        return try await HTTPClient.withHTTPClient(configuration: configuration) { client in
            let answer = try await client.execute(request, deadline: .distantFuture)
            guard answer.status == .ok else {
                throw KeySourceError(
                    location: "\(url)",
                    problem: "answered \(answer.status.code), not 200: check the URL; redirects "
                        + "are not followed")
            }
            let body = try await answer.body.collect(upTo: KeySetDocument.bytesLimit)
            return Array(body.readableBytesView)
        }
    }
}
