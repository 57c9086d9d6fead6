import Contracts
import HTTPTypes
package import Hosting
import Hummingbird
import NIOCore

/// Liveness, readiness and metrics: every door has them.
package struct OperationRoutes: Sendable {
    private let serviceName: String
    private let readiness: @Sendable () async throws -> [DependencyHealth]
    private let metrics: @Sendable () async throws -> String

    static let probePaths: Set<String> = ["/health", "/ready", "/metrics"]

    /// - Parameters:
    ///   - serviceName: what `/health` calls this process.
    ///   - readiness: asks every dependency; `/ready` is 503 when one is not healthy.
    ///   - metrics: Prometheus text.
    package init(
        serviceName: String, readiness: @escaping @Sendable () async throws -> [DependencyHealth],
        metrics: @escaping @Sendable () async throws -> String
    ) {
        self.serviceName = serviceName
        self.readiness = readiness
        self.metrics = metrics
    }

    func add(to routes: RouteTable) {
        routes.add(.get, "/health", isBrief: true) { _, _ in
            var json = JSONWriter()
            json.object { json in
                json.member("status", "healthy")
                json.member("service", serviceName)
            }
            return .json(json.text)
        }
        routes.add(.get, "/ready") { _, _ in ready(try await readiness()) }
        routes.add(.get, "/metrics") { _, _ in
            Response(
                status: .ok,
                headers: [.contentType: PrometheusRegistry.contentType],
                body: ResponseBody(byteBuffer: ByteBuffer(string: try await metrics())))
        }
    }

    private func ready(_ dependencies: [DependencyHealth]) -> Response {
        let failing = dependencies.filter { !$0.isHealthy }
        var json = JSONWriter()
        json.object { json in
            json.member("status", failing.isEmpty ? "ready" : "not_ready")
            json.member("service", serviceName)
            json.member("failing") { json in
                json.array(failing) { $0.string($1.name) }
            }
            json.member("dependencies") { json in
                json.array(dependencies) { json, dependency in
                    json.object { json in
                        json.member("name", dependency.name)
                        json.member("status", dependency.isHealthy ? "healthy" : "unhealthy")
                        json.member("detail", dependency.detail)
                    }
                }
            }
        }
        return .json(json.text, status: failing.isEmpty ? .ok : .serviceUnavailable)
    }
}
