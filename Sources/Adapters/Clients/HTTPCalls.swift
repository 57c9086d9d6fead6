import AsyncHTTPClient
package import Contracts
import Foundation
import NIOCore
import NIOHTTP1
import Ports
package import SwiftProtobuf

/// Calls over HTTP, at the routes of the `google.api.http` rules.
package final class HTTPCalls: RemoteCalls {
    /// How long a call may take.
    static let callLimit = TimeAmount.seconds(30)
    /// How long a connection may take.
    static let connectLimit = TimeAmount.seconds(5)
    /// The largest answer.
    static let answerLimitBytes = 50 << 20
    /// Events of a stream that may wait for their reader.
    static let streamBufferLimit = 1_024

    private let base: String
    private let host: String
    private let descriptors: ServiceDescriptors
    private let client: HTTPClient
    private let token: String?

    /// - Parameters:
    ///   - base: `http://host:port` or `https://…`; a trailing `/` is stripped.
    ///   - token: a bearer token; a secret.
    /// - Throws: `RPCFault` INVALID_ARGUMENT for a base that is no such URL.
    package init(_ base: String, token: String? = nil, _ descriptors: ServiceDescriptors) throws {
        guard let url = URL(string: base), let host = url.host(), !host.isEmpty,
            ["http", "https"].contains(url.scheme?.lowercased() ?? ""), url.query() == nil,
            url.user() == nil
        else {
            throw RPCFault.invalidArgument(
                "'\(RequestReading.excerpt(base))' is no server: use http://host:port")
        }
        self.base = base.hasSuffix("/") ? String(base.dropLast()) : base
        self.host = url.port.map { "\(host):\($0)" } ?? host
        self.token = token
        self.descriptors = descriptors
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.timeout.connect = HTTPCalls.connectLimit
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    /// Closes the connections; no call is made after it.
    package func close() async {
        try? await client.shutdown()
    }

    package func unary<Asked: Message, Answered: Message>(
        _ service: String, _ name: String, _ asked: Asked
    ) async throws -> Answered {
        let request = try request("\(service)/\(name)", asked)
        let (status, body) = try await reaching {
            let response = try await client.execute(request, timeout: HTTPCalls.callLimit)
            let body = try await response.body.collect(upTo: HTTPCalls.answerLimitBytes)
            return (response.status, Array(body.readableBytesView))
        }
        guard status == .ok else { throw HTTPCalls.fault(status, body) }
        return try answer(body)
    }

    package func stream<Asked: Message, Answered: Message>(
        _ service: String, _ name: String, _ asked: Asked
    ) async throws -> AsyncThrowingStream<Answered, any Error> {
        let request = try request("\(service)/\(name)", asked)
        let response = try await reaching {
            try await client.execute(request, deadline: .distantFuture)
        }
        guard response.status == .ok else {
            let body = try await response.body.collect(upTo: HTTPCalls.answerLimitBytes)
            throw HTTPCalls.fault(response.status, Array(body.readableBytesView))
        }
        let (answers, continuation) = AsyncThrowingStream.makeStream(
            of: Answered.self, bufferingPolicy: .bufferingOldest(HTTPCalls.streamBufferLimit))
        let reading = Task {
            var events = EventLines()
            do {
                for try await part in response.body {
                    for event in try events.take(Array(part.readableBytesView)) {
                        if event.kind == "error" { throw HTTPCalls.fault(.ok, event.data) }
                        guard case .dropped = continuation.yield(try answer(event.data)) else {
                            continue
                        }
                        throw RPCFault(
                            .resourceExhausted, "the stream fell behind: resume after the last one")
                    }
                }
                continuation.finish()
            } catch let fault as RPCFault {
                continuation.finish(throwing: fault)
            } catch {
                continuation.finish(throwing: unavailable)
            }
        }
        continuation.onTermination = { _ in reading.cancel() }
        return answers
    }

    private var unavailable: RPCFault { .unavailable("Service unavailable: \(host)") }

    private func reaching<Answer>(
        _ call: () async throws -> Answer
    ) async throws -> Answer {
        do {
            return try await call()
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            // The library's words name no host.
            throw RPCFault.unavailable("Service unavailable: \(host) (\(error))")
        }
    }

    private func answer<Answered: Message>(_ body: [UInt8]) throws -> Answered {
        do {
            var options = JSONDecodingOptions()
            // A newer server may say more.
            options.ignoreUnknownFields = true
            return try Answered(jsonUTF8Bytes: body, options: options)
        } catch {
            throw RPCFault(
                .internalError, "\(host) answered what is no \(Answered.protoMessageName)")
        }
    }

    /// The fault that a body tells; what stands in between may answer in words of its own.
    private static func fault(_ status: HTTPResponseStatus, _ body: [UInt8]) -> RPCFault {
        let json = try? JSONSerialization.jsonObject(with: Data(body)) as? [String: Any]
        if let code = json?["code"] as? Int, let message = json?["message"] as? String,
            let known = RPCFault.Code(rawValue: Int32(clamping: code))
        {
            return RPCFault(known, message)
        }
        let code: RPCFault.Code =
            switch status.code {
            case 401: .unauthenticated
            case 403: .permissionDenied
            case 404: .notFound
            case 429: .resourceExhausted
            case 400..<500: .invalidArgument
            case 502, 503, 504: .unavailable
            default: .unknown
            }
        return RPCFault(code, "the server answered \(status.code) \(status.reasonPhrase)")
    }
}

// MARK: - Requests

extension HTTPCalls {
    private func request(
        _ method: String, _ asked: some Message
    ) throws -> HTTPClientRequest {
        guard let route = try descriptors.route(of: method) else {
            throw RPCFault(.unimplemented, "\(method) has no route over HTTP")
        }
        let bytes: [UInt8] = try asked.jsonUTF8Bytes()
        let json = try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any] ?? [:]
        let all = ParameterField.all(of: type(of: asked).protoMessageName, in: descriptors)
        var path = ""
        for segment in route.segments {
            switch segment {
            case .literal(let text): path += "/\(text)"
            case .variable(let name):
                let field = all.first { $0.name == name }
                let values = field.map { HTTPCalls.values(of: $0, in: json) } ?? []
                path += "/" + HTTPCalls.encoded(values.first ?? "")
            }
        }
        var request = HTTPClientRequest(url: base + path)
        request.method = HTTPMethod(rawValue: route.verb.rawValue)
        if let token { request.headers.add(name: "authorization", value: "Bearer \(token)") }
        if let trace = CallContext.current.trace {
            request.headers.add(name: TraceContext.header, value: trace.text)
        }
        switch route.body {
        case .none:
            let query = all.filter { !route.variables.contains($0.name) }.flatMap { field in
                HTTPCalls.values(of: field, in: json).map {
                    "\(field.jsonName)=\(HTTPCalls.encoded($0))"
                }
            }
            if !query.isEmpty { request.url += "?" + query.joined(separator: "&") }
        case .whole: HTTPCalls.add(body: json, to: &request)
        case .field(let name):
            let inner = descriptors.message(type(of: asked).protoMessageName)?.field
                .first { $0.name == name }
            HTTPCalls.add(body: inner.flatMap { json[$0.jsonName] } ?? [:], to: &request)
        }
        return request
    }

    private static func add(body: Any, to request: inout HTTPClientRequest) {
        request.headers.add(name: "content-type", value: "application/json")
        let data = try? JSONSerialization.data(withJSONObject: body)
        request.body = .bytes(ByteBuffer(bytes: data ?? Data()))
    }

    /// The texts of a field in proto3 JSON; none where it is not set.
    private static func values(of field: ParameterField, in json: [String: Any]) -> [String] {
        var value: Any? = json
        for name in field.jsonName.split(separator: ".") {
            value = (value as? [String: Any])?[String(name)]
        }
        switch value {
        case let text as String: return [text]
        case let number as NSNumber:
            return [field.kind == .bool ? (number.boolValue ? "true" : "false") : "\(number)"]
        case let list as [Any]: return list.map { "\($0)" }
        default: return []
        }
    }

    /// Percent-encoded but for what RFC 3986 leaves unreserved.
    private static func encoded(_ text: String) -> String {
        let unreserved = CharacterSet(
            charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
        return text.addingPercentEncoding(withAllowedCharacters: unreserved) ?? text
    }
}
