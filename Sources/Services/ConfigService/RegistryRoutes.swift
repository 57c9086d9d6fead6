import Contracts
package import HTTPServing
import HTTPTypes
import Hosting
import Hummingbird
import Logging
import Market
import NIOCore
import Ports

/// The registry over HTTP, under `/api/v1/registry`. What is refused is told as `{"detail": …}`.
package struct RegistryRoutes: Sendable {
    package static let base = "/api/v1/registry"

    private let registry: LiveRegistry
    private let policy: HealthURLPolicy
    private let access: AccessControl
    private let now: @Sendable () -> Timestamp
    private let bodyTimeout: Duration

    /// A body that has not come whole by then is refused with 408.
    static let bodyTimeout = Duration.seconds(10)

    /// - Parameters:
    ///   - access: who may ask, by `RegistryCall`.
    ///   - now: what tokens' ends are measured by.
    init(
        _ registry: LiveRegistry, policy: HealthURLPolicy, access: AccessControl = .off,
        now: @escaping @Sendable () -> Timestamp,
        bodyTimeout: Duration = RegistryRoutes.bodyTimeout
    ) {
        self.registry = registry
        self.policy = policy
        self.access = access
        self.now = now
        self.bodyTimeout = bodyTimeout
    }

    package func add(to routes: RouteTable) {
        let base = RegistryRoutes.base
        routes.add(.post, base + "/register") { request, context in
            try await answer(.change, context) { try await register(request) }
        }
        routes.add(.post, base + "/deregister") { request, context in
            try await answer(.change, context) { try await deregister(request) }
        }
        routes.add(.get, base + "/services") { _, context in
            try await answer(.read, context) { list(registry.instances()) }
        }
        routes.add(.get, base + "/services/{name}") { _, context in
            try await answer(.read, context) {
                list(name(context).map { registry.instances(of: $0) } ?? [])
            }
        }
        routes.add(.get, base + "/services/{name}/url") { _, context in
            try await answer(.read, context) { url(name(context)) }
        }
    }

    /// Nothing is read of the request of somebody who may not make it.
    private func answer(
        _ call: RegistryCall, _ context: HTTPContext, _ answer: () async throws -> Response
    ) async throws -> Response {
        try await telling(context.logger) {
            _ = try await access.caller(
                of: call.rawValue, authorization: CallContext.current.authorizations, at: now())
            return try await answer()
        }
    }

    // MARK: - Calls

    private func register(_ request: Request) async throws -> Response {
        do {
            try request.requireJSON()
        } catch {
            let type = RequestReading.excerpt(error.type)
            return .detail(
                "the body must be JSON, and not '\(type)': send content-type: application/json",
                status: .unsupportedMediaType)
        }
        let body = try await body(of: request)
        let registration = try ServiceRegistration(requestBody: body, policy: policy)
        try await registry.register(registration)
        var json = JSONWriter()
        json.object { $0.member(RegistryField.instanceID, registration.instanceID) }
        return .json(json.text, status: .created)
    }

    /// Idempotent: an instance that is not there is out already.
    private func deregister(_ request: Request) async throws -> Response {
        let query = FormQuery(request.uri.query ?? "")
        let service = query.value(RegistryField.serviceName)
        let instanceID = query.value(RegistryField.instanceID)
        guard let service, let instanceID else {
            let missing = [
                (RegistryField.serviceName, service), (RegistryField.instanceID, instanceID),
            ].filter { $0.1 == nil }
            throw InputRefusal(
                problems: missing.map { name, _ in
                    InputProblem(
                        location: ["query", name],
                        message: "\(name) is missing: it is a parameter of the query",
                        kind: "missing")
                })
        }
        await registry.deregister(service: service, instanceID: instanceID)
        var json = JSONWriter()
        json.object { $0.member("status", "ok") }
        return .json(json.text)
    }

    private func list(_ instances: [ServiceInstance]) -> Response {
        var json = JSONWriter()
        json.array(instances) { $1.write(to: &$0) }
        return .json(json.text)
    }

    private func url(_ service: String?) -> Response {
        guard let url = service.flatMap({ registry.url(of: $0) }) else {
            return .detail("No healthy instances found", status: .notFound)
        }
        var json = JSONWriter()
        json.object { $0.member("url", url) }
        return .json(json.text)
    }

    // MARK: - Requests

    /// `nil` for a segment that no name can be.
    private func name(_ context: HTTPContext) -> String? {
        context.parameters.get("name").flatMap { FormQuery.decode($0, plusIsSpace: false) }
    }

    private func body(of request: Request) async throws -> [UInt8] {
        Array(
            buffer: try await request.collectBody(
                upTo: RegistrationLimits.bodyBytes, within: bodyTimeout))
    }

    // MARK: - Refusals

    private func telling(
        _ logger: Logger, _ answer: () async throws -> Response
    ) async throws -> Response {
        do {
            return try await answer()
        } catch let refusal as AccessRefusal {
            return .refusal(refusal)
        } catch let refusal as InputRefusal {
            // What was sent is not repeated: it may hold secrets.
            let problems = refusal.problems.map(\.message).joined(separator: "; ")
            logger.notice("Request refused", metadata: ["problems": "\(problems)"])
            return .refusal(refusal)
        } catch is RegistryState.Full {
            let limit = RegistryState.instanceLimit
            logger.warning("Registry is full", metadata: ["limit": "\(limit)"])
            return .detail(
                "the registry is full: \(limit) instances; deregister some, or wait until dead "
                    + "ones expire", status: .serviceUnavailable)
        } catch is NIOTooManyBytesError {
            return .detail(
                "the body is too large: \(RegistrationLimits.bodyBytes) bytes at the most",
                status: .contentTooLarge)
        } catch let slow as BodyTooSlow {
            return .detail(
                "the body did not come within \(slow.timeout)", status: .requestTimeout)
        }
    }
}

extension Response {
    fileprivate static func detail(_ text: String, status: HTTPResponse.Status) -> Response {
        var json = JSONWriter()
        json.object { $0.member("detail", text) }
        return .json(json.text, status: status)
    }

    fileprivate static func refusal(_ refusal: AccessRefusal) -> Response {
        switch refusal {
        case .denied(let reason): return .detail(reason, status: .forbidden)
        case .unavailable(let reason): return .detail(reason, status: .serviceUnavailable)
        case .unauthenticated(let reason):
            var response = Response.detail(reason, status: .unauthorized)
            response.headers[.wwwAuthenticate] = "Bearer"
            return response
        }
    }

    fileprivate static func refusal(_ refusal: InputRefusal) -> Response {
        var json = JSONWriter()
        json.object { json in
            json.member("detail") { json in
                json.array(refusal.problems) { json, problem in
                    json.object { json in
                        json.member("loc") { json in
                            json.array(problem.location) { $0.string($1) }
                        }
                        json.member("msg", problem.message)
                        json.member("type", problem.kind)
                    }
                }
            }
        }
        return .json(json.text, status: .unprocessableContent)
    }
}

/// The query of a request as forms write it (`application/x-www-form-urlencoded`).
struct FormQuery {
    private let parameters: [(name: String, value: String)]

    init(_ text: String) {
        parameters = text.split(separator: "&").compactMap { part in
            let halves = part.split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = FormQuery.decode(halves[0], plusIsSpace: true),
                let value = FormQuery.decode(halves.count > 1 ? halves[1] : "", plusIsSpace: true)
            else { return nil }
            return (name, value)
        }
    }

    /// The last value of a parameter; `nil` when none is given or none can be decoded.
    func value(_ name: String) -> String? {
        parameters.last { $0.name == name }?.value
    }

    /// Percent-encoding of RFC 3986; `nil` for a broken escape or bytes that are not UTF-8.
    static func decode(_ text: some StringProtocol, plusIsSpace: Bool) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "+") where plusIsSpace: bytes.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                let digits = rest.prefix(2).compactMap {
                    Character(Unicode.Scalar($0)).hexDigitValue
                }
                guard digits.count == 2 else { return nil }
                bytes.append(UInt8(digits[0] << 4 | digits[1]))
                rest = rest.dropFirst(2)
            default: bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
