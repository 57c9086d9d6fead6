import AsyncHTTPClient
import Contracts
import Foundation
import NIOCore
import NIOHTTP1
import Ports
import WebCalls

/// How long calls to a registry may take, and how large its answers may be.
package struct RegistryCallLimits: Sendable {
    /// To register and to deregister.
    package var change = Duration.seconds(5)
    /// To find a service, and to look whether an instance is known.
    package var discovery = Duration.seconds(3)
    package var answerBytes = 4 << 20

    package init() {}
}

/// A registry that answers over HTTP: where it is, and the connections to it, which it owns.
final class RegistryServer: Sendable {
    /// What kind of registry it is, and where; no secret.
    let name: String
    private let base: String
    private let answerBytes: Int
    private let client: HTTPClient

    enum Verb: String {
        case get = "GET"
        case post = "POST"
        case put = "PUT"
    }

    struct Answer: Sendable {
        let status: Int
        let body: [UInt8]
    }

    /// - Parameter address: `http://host:port`, with a path or without.
    /// - Throws: `RegistryError.unusableAddress`; it repeats nothing of the address.
    init(_ kind: String, at address: String, answerBytes: Int) throws(RegistryError) {
        guard let url = URL(string: address), let scheme = url.scheme?.lowercased(),
            ["http", "https"].contains(scheme)
        else {
            throw RegistryError.unusableAddress(
                reason: "it is no URL that begins with http:// or https://")
        }
        guard let host = url.host, !host.isEmpty else {
            throw RegistryError.unusableAddress(reason: "it names no host")
        }
        guard url.user == nil, url.password == nil, url.query == nil, url.fragment == nil else {
            throw RegistryError.unusableAddress(
                reason: "it holds more than a host, a port and a path")
        }
        let isBare = host.contains(":") && !host.hasPrefix("[")
        name =
            "\(kind) at " + (isBare ? "[\(host)]" : host) + (url.port.map { ":\($0)" } ?? "")
        var base = address[...]
        while base.hasSuffix("/") { base.removeLast() }
        self.base = String(base)
        self.answerBytes = answerBytes
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        // A refused connection is told at once.
        configuration.connectionPool.retryConnectionEstablishment = false
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    /// Ends the connections; calls are refused from now on. Must be called once.
    func close() async {
        try? await client.shutdown()
    }

    /// - Parameter limit: for all of it, the answer's body included.
    /// - Throws: `RegistryError`, `CancellationError`.
    func call(
        _ verb: Verb, _ path: String, headers: [(String, String)] = [],
        body: String? = nil, within limit: Duration
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: base + path)
        request.method = HTTPMethod(rawValue: verb.rawValue)
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        request.headers.add(name: "Accept", value: "application/json")
        if let body {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(string: body))
        }
        let late = RegistryError.timedOut(registry: name, limit: limit)
        do {
            return try await withLimit(limit, else: late) { [client, answerBytes, request] in
                let response = try await client.execute(
                    request, timeout: TimeAmount(limit) + .seconds(1))
                let content = try await response.body.collect(upTo: answerBytes)
                return Answer(status: Int(response.status.code), body: Array(buffer: content))
            }
        } catch {
            throw told(error, late: late)
        }
    }

    // MARK: - Answers

    /// - Throws: `RegistryError.refused` for any status but one of success.
    func requireSuccess(_ answer: Answer) throws(RegistryError) {
        guard (200...299).contains(answer.status) else {
            throw RegistryError.refused(
                registry: name, status: answer.status, detail: Excerpt.of(answer.body))
        }
    }

    /// - Throws: `RegistryError.refused`, `unreadable`.
    func json(of answer: Answer) throws(RegistryError) -> JSONValue {
        try requireSuccess(answer)
        do {
            return try JSONValue(parsing: answer.body)
        } catch {
            throw unreadable("it is not JSON: \(error)")
        }
    }

    /// - Throws: `RegistryError.refused`, `unreadable`.
    func instances(
        of answer: Answer, _ read: (JSONValue) throws(InstanceProblem) -> ServiceInstance
    ) throws(RegistryError) -> [ServiceInstance] {
        guard let elements = try json(of: answer).array else {
            throw unreadable("it is not an array")
        }
        do throws(InstanceProblem) {
            return try elements.map(read)
        } catch {
            throw unreadable("\(error)")
        }
    }

    func unreadable(_ reason: String) -> RegistryError {
        .unreadable(registry: name, reason: reason)
    }

    private func told(_ error: any Error, late: RegistryError) -> any Error {
        switch error {
        case is RegistryError, is CancellationError: error
        case is NIOTooManyBytesError: unreadable("more than \(answerBytes) bytes")
        case let error as HTTPClientError where error == .cancelled: CancellationError()
        case let error as HTTPClientError
        where error == .deadlineExceeded || error == .connectTimeout:
            late
        default:
            RegistryError.unreachable(registry: name, reason: ConnectionProblem.reason(of: error))
        }
    }
}
